"""Replaces what was found by typed placeholders, or cuts it out.

Privacy: a text and its spans in, the text without what the spans cover out. Pure functions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

from pii_rules.recognizers.lexicon import INFIXES, fold
from pii_rules.recognizers.registry import load_registry
from pipelines.common.normalise import email_key, iban_key, phone_key
from pipelines.privacy.known_persons import TaggedSpan
from pipelines.privacy.spans import Span, resolve

CUSTOMER = "<CUSTOMER>"
"""Stands for the record's own subject, whatever of it is written."""

_MOST_NAMESAKES = 32


@lru_cache(maxsize=1)
def _placeholders() -> Mapping[str, str]:
    return load_registry().placeholders


def redact(text: str, spans: Iterable[Span], subject_names: Collection[str] | None = None) -> str:
    """The text with each span replaced by a typed placeholder.

    The same value has the same number within a text: ``<PERSON_1>`` is ``<PERSON_1>`` throughout,
    also where a later mention is only a part of the name ("Sanne" after "Sanne de Vries").

    Args:
        text: The text as it was detected in.
        spans: Places in code points; overlaps are resolved, none may reach past the text.
        subject_names: Known values of the record's own subject (names, e-mail, telephone); where
            one is found it becomes ``<CUSTOMER>``.

    Privacy: direct identifiers in; out only what the detector missed.
    """
    known = {_subject_key(value) for value in subject_names or () if value.strip()}
    numbering = _Numbering()

    def placeholder(span: Span) -> str:
        key = value_key(span.type, text[span.start : span.end])
        if known and _is_subject(span.type, key, known):
            return CUSTOMER
        return numbering.placeholder(span.type, key)

    return _replaced(text, [(s.start, s.end, placeholder(s)) for s in resolve(spans)])


def redact_tagged(text: str, places: Iterable[TaggedSpan]) -> str:
    """As :func:`redact`, with ``<CUSTOMER>`` wherever a place is the subject's.

    A known person has one number however they are called in the text.

    Args:
        text: The text as it was detected in.
        places: By place, without overlaps.
    """
    places = list(places)
    kinds = [p.type for p in places if p.party != "subject"]
    if len(kinds) == len(set(kinds)):  # nobody to be told apart from: all are the first
        names = _placeholders()
        return _replaced(
            text,
            [
                (
                    p.start,
                    p.end,
                    CUSTOMER if p.party == "subject" else f"<{names.get(p.type, p.type)}_1>",
                )
                for p in places
            ],
        )
    numbering = _Numbering()
    return _replaced(
        text,
        [
            (
                p.start,
                p.end,
                CUSTOMER
                if p.party == "subject"
                else numbering.placeholder(
                    p.type,
                    value_key(p.type, text[p.start : p.end]),
                    p.person if p.type == "PERSON" and p.person > 0 else None,
                ),
            )
            for p in places
        ],
    )


def _replaced(text: str, places: Iterable[tuple[int, int, str]]) -> str:
    out: list[str] = []
    at = 0
    for start, end, placeholder in places:
        out += (text[at:start], placeholder)
        at = end
    out.append(text[at:])
    return "".join(out)


def cut(text: str, spans: Iterable[Span]) -> str:
    """The text with each span taken out and ``[…]`` put there, for an erasure.

    Nothing tells any more what kind of thing stood there, or that two places were the same.
    """
    out: list[str] = []
    place = 0
    for span in resolve(spans):
        out.append(text[place : span.start])
        if not (out[-1] == "" and len(out) > 1):
            out.append("[…]")
        place = span.end
    out.append(text[place:])
    return "".join(out)


class _Numbering:
    """Numbers of placeholders within one text."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}
        self._persons: dict[int, int] = {}
        self._counts: dict[str, int] = {}
        self._names: dict[int, list[str]] = {}
        self._by_word: dict[str, set[int]] = {}

    def placeholder(self, kind: str, key: str, person: int | None = None) -> str:
        number = self._persons.get(person) if person is not None else None
        if number is None:
            number = self._numbers.get((kind, key))
        if number is None and kind == "PERSON":
            number = self._partial(key)
        if number is None:
            number = self._counts[kind] = self._counts.get(kind, 0) + 1
        if person is not None:
            self._persons.setdefault(person, number)
        if (kind, key) not in self._numbers:
            self._numbers[kind, key] = number
            if kind == "PERSON":
                # what is a part of a longer name of the same person says nothing more
                names = [n for n in self._names.get(number, ()) if not _part_of(n, key)]
                is_part = any(_part_of(key, n) for n in names)
                self._names[number] = names if is_part else [*names, key]
                for word in _whole_words(key):
                    self._by_word.setdefault(word, set()).add(number)
        return f"<{_placeholders().get(kind, kind)}_{number}>"

    def _partial(self, key: str) -> int | None:
        """The number of the one person of whose name this is a part, or the other way round.

        A word that more than ``_MOST_NAMESAKES`` bear tells nobody apart and is not looked
        through, so that a text of thousands of names takes no square of the time.
        """
        near: set[int] = set()
        for word in _whole_words(key):
            bearers = self._by_word.get(word, set())
            if len(bearers) <= _MOST_NAMESAKES:
                near |= bearers
        found = [
            number
            for number in near
            if all(_part_of(key, other) or _part_of(other, key) for other in self._names[number])
        ]
        return found[0] if len(found) == 1 else None


def _whole_words(key: str) -> list[str]:
    return [w for w in key.split() if w not in INFIXES and len(w) > 1 and not w.endswith(".")]


def value_key(kind: str, value: str) -> str:
    """What makes two findings of a kind the same: case, spacing and notation do not count."""
    if kind == "EMAIL":
        return email_key(value) or fold(value)
    if kind == "PHONE":
        return phone_key(value) or "".join(c for c in value if c.isdigit())
    if kind == "IBAN":
        return iban_key(value) or value
    return " ".join(fold(value).replace(".", ". ").split())


def _subject_key(value: str) -> str:
    if "@" in value:
        return email_key(value) or fold(value)
    digits = sum(c.isdigit() for c in value)
    if digits >= 8:
        return phone_key(value) or iban_key(value) or value
    return " ".join(fold(value).replace(".", ". ").split())


def _is_subject(kind: str, key: str, known: Collection[str]) -> bool:
    if key in known:
        return True
    return kind == "PERSON" and any(_part_of(key, name) for name in known)


def _part_of(part: str, whole: str) -> bool:
    """Whether all words of a name stand in another; initials stand for given names."""
    words = [w for w in part.split() if w not in INFIXES]
    names = [w for w in whole.split() if w not in INFIXES]
    if not words or len(words) > len(names):
        return False
    full = [w for w in words if not w.endswith(".") and len(w) > 1]
    initials = [w for w in words if w.endswith(".") or len(w) == 1]
    return (
        bool(full)
        and all(w in names for w in full)
        and all(any(n.startswith(w.rstrip(".")) for n in names) for w in initials)
    )
