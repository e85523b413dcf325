"""Finds persons in a text whom its record is about or who belong to the same account.

Owns the matching of a text with sketches (:mod:`pipelines.privacy.name_sketches`) and the tag
``subject`` or ``third_party`` of each place. Knows no store and unseals nothing.

Privacy: a text and what was found in it in, places out; a bounded cache of words stays in memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
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
    TOKEN_BYTES,
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
from pipelines.privacy.named_places import NOTHING, Clues, Groups, find_clues
from pipelines.privacy.normal_text import normal_text
from pipelines.privacy.number_forms import NUMBER_TYPES, NumbersOf, tags_of_number
from pipelines.privacy.spans import Span, resolve
from pipelines.privacy.text_words import TextWords

Party = Literal["subject", "third_party"]
SUBJECT: Final = 0
"""Place of the record's own subject among the known persons; -1 stands for nobody of them."""
NOBODY: Final = -1
_WORD = re.compile(r"[^\W\d_]+")
_JOINS = frozenset((" ", "-", "'", "’", ". ", "."))
_TAG_OF_TYPE: Final[dict[str, Tag]] = {
    kind: tag for tag, kind in NUMBER_TYPES.items() if tag != "address"
}
_NOBODY: frozenset[int] = frozenset()
_CACHED = 60_000


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
        subject: The sketches of the subject, joined; empty when nobody is known.
        others: Those of each other person, joined.
    """

    __slots__ = ("_all", "_each", "count")

    def __init__(self, subject: bytes, others: Iterable[bytes] = ()) -> None:
        # eight bytes of a keyed hash are looked for as they stand: no dictionary per row of a chunk
        self._each = (subject, *others)
        self._all = b"".join(self._each)
        self.count = len(self._each)

    def __contains__(self, token: bytes) -> bool:
        return token in self._all

    def __bool__(self) -> bool:
        return bool(self._all)

    def bearers(self, token: bytes) -> frozenset[int]:
        """Whose sketch has a token."""
        if token not in self._all:
            return _NOBODY
        return frozenset(i for i, sketch in enumerate(self._each) if token in sketch)

    def __repr__(self) -> str:
        return f"KnownPersons({self.count})"


class _Facts(NamedTuple):
    """Tokens under which a word may be known: as a given name, as a surname, and its slips."""

    tokens: bytes
    infix: bytes | None
    bits: int

    @property
    def given(self) -> bytes:
        return self.tokens[:TOKEN_BYTES]

    @property
    def family(self) -> bytes:
        return self.tokens[TOKEN_BYTES : 2 * TOKEN_BYTES]

    @property
    def slips(self) -> Iterator[bytes]:
        return tokens_of(self.tokens[2 * TOKEN_BYTES :])


class _Hit(NamedTuple):
    """A word that is a known person's."""

    given: frozenset[int]
    family: frozenset[int]
    is_slip: bool

    @property
    def persons(self) -> frozenset[int]:
        return self.given | self.family


class PersonMatcher:
    """Tags what was found in texts, and finds the known persons that a detector missed.

    For many texts, :meth:`clues` first tells in which of them, and by which words.
    """

    def __init__(self, key: SketchKey) -> None:
        self._key = key
        self._facts: dict[str, _Facts] = {}
        self._earlier: dict[str, _Facts] = {}

    def clues(
        self, words: TextWords, groups: Groups, held: Iterable[tuple[int, bytes]]
    ) -> dict[int, Clues]:
        """What of each text may be one of its known persons, by place of the text.

        Args:
            words: Of the texts.
            groups: Whom each text may name.
            held: The sketches of persons, joined, by group.

        Returns:
            No place where nothing is; nor those of ``words.strange``, which are to be looked at
            without clues.
        """
        return find_clues(words, groups, held, lambda word: self.facts(word).tokens, self.token)

    def tag(
        self,
        text: str,
        spans: Sequence[Span],
        known: KnownPersons | None,
        clues: Clues | None = None,
    ) -> list[TaggedSpan]:
        """The places of a text, by place and without overlaps, each with whose it is.

        Args:
            text: As it was detected in.
            spans: What the detector found.
            known: Whom the text may name; None or nobody leaves all to third parties.
            clues: What :meth:`clues` told of the text, which spares looking for it; None: all
                of the text is looked at.
        """
        found = resolve(spans)
        if not known:
            return [TaggedSpan(*s, "third_party", NOBODY) for s in found]
        if clues == NOTHING:
            return [self._tagged(text, span, known, named=False) for span in found]
        seen = normal_text(text)
        reading = _Reading(self, seen.text, known, clues)
        places = [*reading.names(), *reading.numbers()]
        own = [Span(*seen.place(start, end), kind, 0.9) for start, end, kind in places]
        return [self._tagged(text, span, known) for span in _merged(text, found, own)]

    def facts(self, word: str) -> _Facts:
        """What is known of a word as it is written."""
        found = self._facts.get(word)
        if found is None:
            if len(self._facts) > _CACHED:  # what is still met moves on to the next thousands
                self._earlier, self._facts = self._facts, {}
            found = self._facts[word] = self._earlier.get(word) or self._made(word)
        return found

    def token(self, tag: Tag, value: str) -> bytes:
        """The token of a number, an address or an e-mail address."""
        return self._key.token(tag, value)

    def hit(self, word: str, known: KnownPersons) -> _Hit | None:
        """Whose name a word is; a slip of one letter counts where no list knows the word."""
        facts = self.facts(word)
        given, family = known.bearers(facts.given), known.bearers(facts.family)
        if given or family:
            return _Hit(given, family, is_slip=False)
        near = _NOBODY.union(*map(known.bearers, facts.slips))
        return _Hit(near, near, is_slip=True) if near else None

    def _made(self, word: str) -> _Facts:
        token, tokens = self._key.token, self._key.tokens
        plain = name_form(fold(word)[:LONGEST_NAME_WORD])
        bits = lexicon().features(word)
        slips: list[bytes] = []
        if len(plain) >= SHORTEST_WITH_SLIP - 1 and not bits & (WORD | PLACE | BLOCKED):
            slips += tokens("near", with_gap(plain) | with_any_gap(plain))
            forms = swapped(plain).union(less_one_letter(plain))
            long = [form for form in forms if len(form) >= SHORTEST_WITH_SLIP]
            slips += tokens("given", long) + tokens("family", long)
        infix = token("infix", plain) if plain in INFIXES else None
        return _Facts(token("given", plain) + token("family", plain) + b"".join(slips), infix, bits)

    def initial(self, letter: str) -> bytes:
        """The token of an initial."""
        return self._key.token("initial", name_form(fold(letter)))

    def _tagged(self, text: str, span: Span, known: KnownPersons, named: bool = True) -> TaggedSpan:
        """Whose a place is; ``named``: whether a whole word of the text may be a known person's."""
        if not named and span.type == "PERSON" and _is_of_whole_words(text, span):
            return TaggedSpan(*span, "third_party", NOBODY)
        value = normal_text(text[span.start : span.end]).text
        persons = (
            self._bearers(value, known)
            if span.type == "PERSON"
            else self._owners(span, value, known)
        )
        if SUBJECT in persons:
            return TaggedSpan(*span, "subject", SUBJECT)
        person = next(iter(persons)) if len(persons) == 1 else NOBODY
        return TaggedSpan(*span, "third_party", person)

    def _bearers(self, name: str, known: KnownPersons) -> frozenset[int]:
        """The known persons whom every word of a name fits; initials and infixes may be missing."""
        persons: frozenset[int] | None = None
        is_named = False
        for match in _WORD.finditer(name):
            word = match.group()
            facts = self.facts(word)
            if facts.infix is not None or facts.bits & TITLE:
                continue
            if (hit := self.hit(word, known)) is not None:
                fits, is_named = hit.persons, True
            elif len(word) == 1:
                if word == "s" and name[match.start() - 1] in "'’":
                    continue
                fits = known.bearers(self.initial(word))
            else:
                return _NOBODY
            persons = fits if persons is None else persons & fits
        return persons if persons and is_named else _NOBODY

    def _owners(self, span: Span, value: str, known: KnownPersons) -> frozenset[int]:
        """The known persons whose address or number a place is."""
        if span.type == "EMAIL":
            return known.bearers(self.token("email", email_key(value) or ""))
        if span.type == "IBAN":
            return known.bearers(self.token("iban", (iban_key(value) or "").lower()))
        if span.type == "ADDRESS":
            words, digits = fold(value), re.search(r"\d+ ?[A-Za-z]?\b", value)
            street = " ".join(w for w in words.split() if len(w) > 1)
            house = compact(digits.group()) if digits else ""
            return known.bearers(self.token("address", f"{street} {house}"))
        number = compact(value)
        tag = _TAG_OF_TYPE.get(span.type)
        for likely in (tag,) if tag else tags_of_number(number):
            if bearers := known.bearers(self.token(likely, number)):
                return bearers
        return _NOBODY


class _Reading:
    """One text held against the tokens of the persons that it may name."""

    def __init__(
        self, matcher: PersonMatcher, text: str, known: KnownPersons, clues: Clues | None = None
    ) -> None:
        self.matcher = matcher
        self.text = text
        self.known = known
        self.clues = clues

    @cached_property
    def words(self) -> list[tuple[str, int, int]]:
        """Each word with its place."""
        return [(m.group(), m.start(), m.end()) for m in _WORD.finditer(self.text)]

    def names(self) -> list[tuple[int, int, str]]:
        """The places of names, each as long as words belong to it."""
        hits = self._hits()
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
        if self.clues:
            return [(start, end, NUMBER_TYPES[tag]) for start, end, tag in self.clues.numbers]
        token, known = self.matcher.token, self.known
        found: list[tuple[int, int, str]] = []
        for options in NumbersOf(self.text):
            for start, end, tag, value in options:
                if token(tag, value) in known:
                    found.append((start, end, NUMBER_TYPES[tag]))
                    break
        return found

    def _hits(self) -> dict[int, _Hit]:
        """The words that are a known person's, by their index."""
        hit, known = self.matcher.hit, self.known
        words = enumerate(self.words) if self.clues is None or self.clues.words else ()
        wanted = self.clues.words if self.clues else None
        return {
            index: found
            for index, (word, _, _) in words
            if (wanted is None or word in wanted) and (found := hit(word, known)) is not None
        }

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
        is_initial = len(word) == 1 and self.matcher.initial(word) in self.known
        return self._infix(index) or (is_initial and word.isupper())

    def _infix(self, index: int) -> bool:
        infix = self.matcher.facts(self.words[index][0]).infix
        return infix is not None and infix in self.known

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


def _is_of_whole_words(text: str, span: Span) -> bool:
    """Whether a place begins and ends where words do, as far as letters tell."""
    start, end = span.start, span.end
    return not (text[start - 1 : start].isalpha() and text[start].isalpha()) and not (
        text[end - 1].isalpha() and text[end : end + 1].isalpha()
    )


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
