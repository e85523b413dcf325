"""Finds persons in a text whom its record is about or who belong to the same account.

Owns the matching of a text with sketches (:mod:`pipelines.privacy.name_sketches`) and the tag
``subject`` or ``third_party`` of each place. Knows no store and unseals nothing.

Privacy: a text and what was found in it in, places out; a bounded cache of words stays in memory.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from operator import itemgetter
from typing import Final, Literal, NamedTuple

import numpy as np

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
_DIGIT = re.compile(r"\d")
_BEFORE_DIGITS = 6  # four letters, a dash and a plus, as _NUMBER has them
_END = itemgetter(2)
_HOUSE = re.compile(r"(?<=[A-Za-z.] )\d{1,5}(?: ?-?[A-Za-z]\b)?")
_JOINS = frozenset((" ", "-", "'", "’", ". ", "."))
_NUMBER_TYPES: Final[tuple[tuple[Tag, str], ...]] = (
    ("phone", "PHONE"), ("postcode", "POSTCODE"), ("birth", "DATE_OF_BIRTH"),
    ("number", "CUSTOMER_NUMBER"), ("iban", "IBAN"),
)  # fmt: skip
_TYPE_OF_TAG: Final = dict(_NUMBER_TYPES)
_TAG_OF_TYPE: Final = {kind: tag for tag, kind in _NUMBER_TYPES}
_LETTERS_BEHIND = " abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NOBODY: frozenset[int] = frozenset()
_CACHED = 100_000
_SIEVE_BITS = 24


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

    For many texts, :meth:`among` first sets aside the words that are nobody's name.
    """

    def __init__(self, key: SketchKey) -> None:
        self._key = key
        self._facts: dict[str, _Facts] = {}
        self._strangers: frozenset[str] = frozenset()

    def among(self, words: Iterable[str], sketches: Iterable[bytes]) -> PersonMatcher:
        """A matcher for texts of these words and these persons; it finds the same, sooner.

        Each different word is held against all the persons once; most words are nobody's name
        and are passed over in each text.

        Args:
            words: Of the texts that will be tagged. Others are looked up when they are met.
            sketches: Of all persons whom the texts may name.
        """
        narrowed = PersonMatcher(self._key)
        known = sorted(set(chain.from_iterable(map(_WORD.findall, words))))
        facts = [self.facts(word) for word in known]
        are_known = _sieve(b"".join(f.tokens for f in facts), b"".join(sketches))
        strangers: list[str] = []
        start = 0
        for word, found in zip(known, facts, strict=True):
            end = start + len(found.tokens) // TOKEN_BYTES
            if not are_known[start:end].any():
                strangers.append(word)
            elif end - start > 2:
                near = zip(found.slips, are_known[start + 2 : end], strict=True)
                kept = b"".join(token for token, is_known in near if is_known)
                plain = found.tokens[: 2 * TOKEN_BYTES]
                narrowed._facts[word] = found._replace(tokens=plain + kept)
            start = end
        narrowed._strangers = frozenset(strangers)
        return narrowed

    def may_name(self, word: str) -> bool:
        """Whether a word, or a part of it between digits, may be a known person's name."""
        if word in self._strangers:
            return False
        return word.isalpha() or not self._strangers.issuperset(_WORD.findall(word))

    def knows_none_of(self, text: str) -> bool:
        """Whether every word of a text is known to be nobody's name here."""
        return bool(self._strangers) and self._strangers.issuperset(_WORD.findall(text))

    def tag(self, text: str, spans: Iterable[Span], known: KnownPersons | None) -> list[TaggedSpan]:
        """The places of a text, by place and without overlaps, each with whose it is.

        Args:
            text: As it was detected in.
            spans: What the detector found.
            known: Whom the text may name; None or nobody leaves all to third parties.
        """
        found = resolve(spans)
        if not known:
            return [TaggedSpan(*s, "third_party", NOBODY) for s in found]
        seen = normal_text(text)
        reading = _Reading(self, seen.text, known)
        places = [*reading.names(), *reading.numbers()]
        own = [Span(*seen.place(start, end), kind, 0.9) for start, end, kind in places]
        return [self._tagged(text, span, known) for span in _merged(text, found, own)]

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

    def hit(self, word: str, known: KnownPersons) -> _Hit | None:
        """Whose name a word is; a slip of one letter counts where no list knows the word."""
        if word in self._strangers:
            return None
        facts = self.facts(word)
        given, family = known.bearers(facts.given), known.bearers(facts.family)
        if given or family:
            return _Hit(given, family, is_slip=False)
        near = _NOBODY.union(*map(known.bearers, facts.slips))
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
        infix = token("infix", plain) if plain in INFIXES else None
        return _Facts(token("given", plain) + token("family", plain) + b"".join(slips), infix, bits)

    def initial(self, letter: str) -> bytes:
        """The token of an initial."""
        return self._key.token("initial", name_form(fold(letter)))

    def _tagged(self, text: str, span: Span, known: KnownPersons) -> TaggedSpan:
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
        tags = (tag,) if tag else _tags_of_number(number)
        for tag in tags:
            if bearers := known.bearers(self.token(tag, number)):
                return bearers
        return _NOBODY


class _Reading:
    """One text held against the tokens of the persons that it may name."""

    def __init__(self, matcher: PersonMatcher, text: str, known: KnownPersons) -> None:
        self.matcher = matcher
        self.text = text
        self.known = known

    @cached_property
    def words(self) -> list[tuple[str, int, int]]:
        """Each word with its place."""
        return [(m.group(), m.start(), m.end()) for m in _WORD.finditer(self.text)]

    def names(self) -> list[tuple[int, int, str]]:
        """The places of names, each as long as words belong to it."""
        hit, known = self.matcher.hit, self.known
        if self.matcher.knows_none_of(self.text):
            return []
        hits = {i: h for i, (w, _, _) in enumerate(self.words) if (h := hit(w, known)) is not None}
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
        first = _DIGIT.search(self.text)
        if first is None:
            return []
        start = max(0, first.start() - _BEFORE_DIGITS)
        token, known = self.matcher.token, self.known
        found: list[tuple[int, int, str]] = []
        for match in _NUMBER.finditer(self.text, start):
            # "0612345678 om" may be a number and a word, "1234 AB" is one thing
            whole = match.group()
            for form in dict.fromkeys((whole, whole.rstrip(_LETTERS_BEHIND))):
                number = compact(form)
                tags = (t for t in _tags_of_number(number) if token(t, number) in known)
                if (tag := next(tags, None)) is not None:
                    found.append((match.start(), match.start() + len(form), _TYPE_OF_TAG[tag]))
                    break
        for match in _HOUSE.finditer(self.text, start):
            behind = bisect_left(self.words, match.start(), key=_END)
            words = self.words[max(0, behind - 4) : behind]
            street, house = [fold(word) for word, _, _ in words], compact(match.group())
            for place in range(len(words)):
                if token("address", f"{' '.join(street[place:])} {house}") in known:
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


def _tags_of_number(number: str) -> Iterator[Tag]:
    """As what a number of this form, compact, may be in a sketch."""
    length, is_digits = len(number), number.isdigit()
    if is_digits and length >= 7:
        yield "phone"
    if length <= 10:
        yield "postcode"
    if is_digits and 6 <= length <= 8:
        yield "birth"
    if length >= 5:
        yield "number"
    if length >= 14 and not is_digits:
        yield "iban"


def _sieve(wanted: bytes, sketches: bytes) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which wanted tokens may be among the sketches; one in forty that is not passes too."""
    asked, held = (np.frombuffer(b, dtype=np.uint64) for b in (wanted, sketches))
    passed = np.ones(len(asked), dtype=np.bool_)
    for shift in (64 - _SIEVE_BITS, 64 - 2 * _SIEVE_BITS):
        bits = np.zeros(1 << _SIEVE_BITS, dtype=np.bool_)
        mask = np.uint64((1 << _SIEVE_BITS) - 1)
        bits[(held >> np.uint64(shift)) & mask] = True
        passed &= bits[(asked >> np.uint64(shift)) & mask]
    return passed


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
