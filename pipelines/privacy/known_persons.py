"""Finds persons in a text whom its record is about or who belong to the same account.

Owns the matching of a text with sketches (:mod:`pipelines.privacy.name_sketches`) and the tag
``subject`` or ``third_party`` of each place. Knows no store and unseals nothing.

Privacy: a text and what was found in it in, places out; a bounded cache of words stays in memory.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

from pii_rules.recognizers.lexicon import (
    ACTS,
    BLOCKED,
    FAMILY,
    GIVEN,
    INFIXES,
    PLACE,
    SPEAKS,
    TITLE,
    WORD,
    lexicon,
)  # fmt: skip
from pipelines.common.normalise import email_key, fold, iban_key
from pipelines.privacy.name_sketches import (
    LONGEST_NAME_WORD,
    SHORTEST_WITH_SLIP,
    SketchKey,
    Tag,
    compact,
    less_one_letter,
    name_form,
    swapped,
    tokens_of,
    with_any_gap,
    with_gap,
)
from pipelines.privacy.normal_text import normal_text
from pipelines.privacy.spans import Span, resolve

Party = Literal["subject", "third_party"]
SUBJECT: Final = 0
"""Place of the record's own subject among the known persons; -1 stands for nobody of them."""
NOBODY: Final = -1
_WORD = re.compile(r"[^\W\d_]+")
_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])(?:[A-Za-z]{1,4}[-/]?)?\+?\d(?:[ ()./\-]{0,2}\d){3,17}(?: ?[A-Za-z]{2})?(?![0-9A-Za-z])"
)
_HOUSE = re.compile(r"(?<=[A-Za-z.] )\d{1,5}(?: ?-?[A-Za-z]\b)?")
_JOINS = frozenset((" ", "-", "'", "’", ". ", "."))
_NUMBER_TYPES: Final[tuple[tuple[Tag, str], ...]] = (
    ("phone", "PHONE"), ("postcode", "POSTCODE"), ("birth", "DATE_OF_BIRTH"),
    ("number", "CUSTOMER_NUMBER"), ("iban", "IBAN"),
)  # fmt: skip
_LETTERS_BEHIND = " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CACHED = 100_000


class TaggedSpan(NamedTuple):
    """A place of personal data, whose it is, and which of the known persons (-1: none)."""

    start: int
    end: int
    type: str
    score: float
    party: Party
    person: int

    @property
    def span(self) -> Span:
        """The place alone."""
        return Span(self.start, self.end, self.type, self.score)


class KnownPersons:
    """The sketches of those whom a text may name, the record's own subject first.

    Args:
        subject: Sketches of the subject, one per record of them; empty when nobody is known.
        others: Sketches of each other person.
    """

    __slots__ = ("count", "tokens")

    def __init__(self, subject: Iterable[bytes], others: Sequence[Iterable[bytes]] = ()) -> None:
        found: dict[bytes, set[int]] = defaultdict(set)
        for person, sketches in enumerate((subject, *others)):
            for sketch in sketches:
                for token in tokens_of(sketch):
                    found[token].add(person)
        self.tokens: Mapping[bytes, frozenset[int]] = {t: frozenset(p) for t, p in found.items()}
        self.count = 1 + len(others)

    def __repr__(self) -> str:
        return f"KnownPersons({self.count})"


class _Facts(NamedTuple):
    """Tokens under which a word may be known."""

    given: bytes
    family: bytes
    initial: bytes
    infix: bytes | None
    slips: tuple[bytes, ...]
    bits: int


class _Hit(NamedTuple):
    """A word that is a known person's."""

    given: frozenset[int]
    family: frozenset[int]
    is_slip: bool

    @property
    def persons(self) -> frozenset[int]:
        return self.given | self.family


_NONE: frozenset[int] = frozenset()


class PersonMatcher:
    """Tags what was found in texts, and finds the known persons that a detector missed.

    One word costs a look-up; its hashes are made once. About 15 µs for a text of 80 characters.
    """

    def __init__(self, key: SketchKey) -> None:
        self._key = key
        self._facts: dict[str, _Facts] = {}

    def tag(self, text: str, spans: Iterable[Span], known: KnownPersons | None) -> list[TaggedSpan]:
        """The places of a text, by place and without overlaps, each with whose it is.

        Args:
            text: As it was detected in.
            spans: What the detector found.
            known: Whom the text may name; None or nobody leaves all to third parties.
        """
        found = resolve(spans)
        if known is None or not known.tokens:
            return [TaggedSpan(*s, "third_party", NOBODY) for s in found]
        seen = normal_text(text)
        reading = _Reading(self, seen.text, known.tokens)
        places = [*reading.names(), *reading.numbers()]
        own = [Span(*seen.place(start, end), kind, 0.9) for start, end, kind in places]
        merged = _merged(text, found, own)
        return [self._tagged(text, span, known.tokens) for span in merged]

    def facts(self, word: str) -> _Facts:
        """What is known of a word as it is written."""
        found = self._facts.get(word)
        if found is None:
            if len(self._facts) > _CACHED:
                self._facts.clear()
            found = self._facts[word] = self._made(word)
        return found

    def token(self, tag: Tag, value: str) -> bytes:
        """The token of a number, an address or an e-mail address."""
        return self._key.token(tag, value)

    def hit(self, word: str, tokens: Mapping[bytes, frozenset[int]]) -> _Hit | None:
        """Whose name a word is; a slip of one letter counts where no list knows the word."""
        facts = self.facts(word)
        given, family = tokens.get(facts.given, _NONE), tokens.get(facts.family, _NONE)
        if given or family:
            return _Hit(given, family, is_slip=False)
        if not facts.slips:
            return None
        near = _NONE.union(*(tokens.get(t, _NONE) for t in facts.slips))
        return _Hit(near, near, is_slip=True) if near else None

    def _made(self, word: str) -> _Facts:
        token = self._key.token
        plain = name_form(fold(word)[:LONGEST_NAME_WORD])
        bits = lexicon().features(word)
        slips: list[bytes] = []
        if len(plain) >= SHORTEST_WITH_SLIP - 1 and not bits & (WORD | PLACE | BLOCKED):
            slips += [token("near", f) for f in sorted(with_gap(plain) | with_any_gap(plain))]
            forms = swapped(plain).union(less_one_letter(plain))
            for form in sorted(f for f in forms if len(f) >= SHORTEST_WITH_SLIP):
                slips += (token("given", form), token("family", form))
        return _Facts(
            token("given", plain), token("family", plain), token("initial", plain[:1]),
            token("infix", plain) if plain in INFIXES else None, tuple(slips), bits,
        )  # fmt: skip

    def _tagged(self, text: str, span: Span, tokens: Mapping[bytes, frozenset[int]]) -> TaggedSpan:
        value = normal_text(text[span.start : span.end]).text
        persons = (
            self._bearers(value, tokens) if span.type == "PERSON" else self._owners(span, value, tokens)
        )  # fmt: skip
        if SUBJECT in persons:
            return TaggedSpan(*span, "subject", SUBJECT)
        person = next(iter(persons)) if len(persons) == 1 else NOBODY
        return TaggedSpan(*span, "third_party", person)

    def _bearers(self, name: str, tokens: Mapping[bytes, frozenset[int]]) -> frozenset[int]:
        """The known persons whom every word of a name fits; initials and infixes may be missing."""
        persons: frozenset[int] | None = None
        is_named = False
        for match in _WORD.finditer(name):
            word = match.group()
            facts = self.facts(word)
            if facts.infix is not None or facts.bits & TITLE:
                continue
            if (hit := self.hit(word, tokens)) is not None:
                fits, is_named = hit.persons, True
            elif len(word) == 1:
                if word == "s" and name[match.start() - 1] in "'’":
                    continue
                fits = tokens.get(facts.initial, _NONE)
            else:
                return _NONE
            persons = fits if persons is None else persons & fits
        return persons if persons and is_named else _NONE

    def _owners(
        self, span: Span, value: str, tokens: Mapping[bytes, frozenset[int]]
    ) -> frozenset[int]:
        """The known persons whose address or number a place is."""
        if span.type == "EMAIL":
            return tokens.get(self.token("email", email_key(value) or ""), _NONE)
        if span.type == "IBAN":
            return tokens.get(self.token("iban", (iban_key(value) or "").lower()), _NONE)
        if span.type == "ADDRESS":
            words, digits = fold(value), re.search(r"\d+ ?[A-Za-z]?\b", value)
            street = " ".join(w for w in words.split() if len(w) > 1)
            return tokens.get(
                self.token("address", f"{street} {compact(digits.group()) if digits else ''}"),
                _NONE,
            )
        number = compact(value)
        for tag, kind in _NUMBER_TYPES:
            if kind == span.type or span.type not in {k for _, k in _NUMBER_TYPES}:
                return tokens.get(self.token(tag, number), _NONE)
        return _NONE


class _Reading:
    """One text held against the tokens of the persons that it may name."""

    def __init__(
        self, matcher: PersonMatcher, text: str, tokens: Mapping[bytes, frozenset[int]]
    ) -> None:
        self.matcher = matcher
        self.text = text
        self.tokens = tokens
        self.words = [(m.group(), m.start(), m.end()) for m in _WORD.finditer(text)]

    def names(self) -> list[tuple[int, int, str]]:
        """The places of names, each as long as words belong to it."""
        hit, tokens = self.matcher.hit, self.tokens
        hits = {i: h for i, (w, _, _) in enumerate(self.words) if (h := hit(w, tokens)) is not None}
        found: list[tuple[int, int, str]] = []
        after = 0
        for index in sorted(hits):
            if index < after:
                continue
            first, last = self._chain(index, hits)
            after = last + 1
            if self._is_certain(first, last, index, hits):
                found.append((self.words[first][1], self.words[last][2], "PERSON"))
        return found

    def numbers(self) -> list[tuple[int, int, str]]:
        """The places of numbers and addresses."""
        if not any(c.isdigit() for c in self.text):
            return []
        token, tokens = self.matcher.token, self.tokens
        found: list[tuple[int, int, str]] = []
        for match in _NUMBER.finditer(self.text):
            # "0612345678 om" may be a number and a word, "1234 AB" is one thing
            whole = match.group()
            for form in dict.fromkeys((whole, whole.rstrip(_LETTERS_BEHIND))):
                kinds = [k for t, k in _NUMBER_TYPES if token(t, compact(form)) in tokens]
                if kinds:
                    found.append((match.start(), match.start() + len(form), kinds[0]))
                    break
        ends = [end for _, _, end in self.words]
        for match in _HOUSE.finditer(self.text):
            behind = bisect_left(ends, match.start())
            words = self.words[max(0, behind - 4) : behind]
            for place in range(len(words)):
                street = fold(" ".join(w[0] for w in words[place:]))
                if token("address", f"{street} {compact(match.group())}") in tokens:
                    found.append((words[place][1], match.end(), "ADDRESS"))
                    break
        return found

    def _chain(self, index: int, hits: Mapping[int, _Hit]) -> tuple[int, int]:
        """First and last word of the name around a word."""
        first = last = index
        while first and self._joined(first - 1, first) and self._leads(first - 1):
            first -= 1
        while True:
            step = last + 1
            while step < len(self.words) and self._joined(step - 1, step) and self._infix(step):
                step += 1
            if step not in hits or not self._joined(step - 1, step):
                return first, last
            last = step

    def _leads(self, index: int) -> bool:
        """Whether a word before a name is an infix or an initial of a known person."""
        word = self.words[index][0]
        is_initial = len(word) == 1 and self.matcher.facts(word).initial in self.tokens
        return self._infix(index) or (is_initial and word.isupper())

    def _infix(self, index: int) -> bool:
        infix = self.matcher.facts(self.words[index][0]).infix
        return infix is not None and infix in self.tokens

    def _joined(self, left: int, right: int) -> bool:
        return self.text[self.words[left][2] : self.words[right][1]] in _JOINS

    def _is_certain(self, first: int, last: int, index: int, hits: Mapping[int, _Hit]) -> bool:
        """Whether this is the name and not the word that it also is ("de bakker", "Groot feest")."""
        named = [hits[i] for i in range(first, last + 1) if i in hits]
        if len(named) > 1:
            return bool(frozenset.intersection(*(h.persons for h in named)))
        hit = named[0]
        word, start, _ = self.words[index]
        bits = self.matcher.facts(word).bits
        if hit.is_slip:
            return not bits & (GIVEN | FAMILY) and len(word) >= SHORTEST_WITH_SLIP
        if (first < index and hit.family) or self._is_addressed(first, last):
            return True
        is_word = bool(bits & (WORD | PLACE | BLOCKED))
        if word[:1].isupper():
            return not is_word or not self._opens_sentence(start)
        return not is_word and len(word) > 2

    def _is_addressed(self, first: int, last: int) -> bool:
        """Whether a title stands before it, or somebody speaks or acts: "mevr. bakker", "Bakker belt"."""
        bits = self.matcher.facts
        if first and bits(self.words[first - 1][0]).bits & TITLE:
            return True
        if not self.words[first][0][:1].isupper() or last + 1 >= len(self.words):
            return False
        gap = self.text[self.words[last][2] : self.words[last + 1][1]]
        after = self.words[last + 1][0]
        return gap == " " and after.islower() and bool(bits(after).bits & (SPEAKS | ACTS))

    def _opens_sentence(self, start: int) -> bool:
        before = self.text[max(0, start - 4) : start].rstrip(" \t\"'“‘(-•*")
        return not before or before[-1] in ".!?\n\r:;"


def _merged(text: str, found: Sequence[Span], own: Sequence[Span]) -> list[Span]:
    """Findings joined with known names: a name cut in two ("Quirina", "Verborgen") becomes one."""
    if not own:
        return list(found)
    persons = sorted(
        [(s, False) for s in found if s.type == "PERSON"]
        + [(s, True) for s in own if s.type == "PERSON"]
    )
    joined: list[tuple[Span, bool]] = []
    for span, is_own in persons:
        if joined:
            last, last_own = joined[-1]
            touches = span.start < last.end or (
                (is_own or last_own) and text[last.end : span.start] in ("", " ", "-")
            )
            if touches:
                whole = last._replace(
                    end=max(last.end, span.end), score=max(last.score, span.score)
                )
                joined[-1] = whole, is_own or last_own
                continue
        joined.append((span, is_own))
    others = [s for s in (*found, *own) if s.type != "PERSON"]
    return resolve([*(s for s, _ in joined), *others])
