"""Says of what kind a missed place is, in words that give nothing of the text away."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from evaluation.annotated import Annotated, Place
from evaluation.matching import Matched
from pipelines.privacy.spans import Span

_TITLE = re.compile(
    r"\b(mevrouw|mevr|meneer|heer|dhr|hr|mw|fam|familie|prof|drs?|ir|ing|mr|mrs|ms|sir|oma|opa|tante)"
    r"\.?\s*$",
    re.IGNORECASE,
)
_INFIX = re.compile(
    r"(^|\s)(van|von|de|den|der|ter|ten|te|v\.?d\.?|v/d|'t|el|al|la|da|dos|los|op|uit|ap|y)\s",
    re.IGNORECASE,
)
_INITIALS = re.compile(r"^([A-Za-z]{1,3}\.\s?)+\s?\S|^[A-Z]\.?\s")


class Miss(NamedTuple):
    """The class of a missed place."""

    type: str
    language: str
    channel: str
    kind: str
    fate: str


def count_misses(
    texts: Sequence[Annotated], matched: Sequence[Matched], found: Sequence[Sequence[Span]]
) -> Counter[Miss]:
    """How often each class of place was missed.

    Privacy: texts in, classes out.
    """
    return Counter(
        Miss(place.type, text.language, text.channel, describe(text.text, place), _fate(place, at))
        for text, score, at in zip(texts, matched, found, strict=True)
        for place in score.missed
    )


def count_wrong(texts: Sequence[Annotated], matched: Sequence[Matched]) -> Counter[Miss]:
    """How often each class of finding was wrong, and what stands there.

    Privacy: texts in, classes out.
    """
    return Counter(
        Miss(place.type, text.language, text.channel, describe(text.text, place), what)
        for text, score in zip(texts, matched, strict=True)
        for place in score.wrong
        for what in [_truth(place, text)]
    )


def _truth(found: Place, text: Annotated) -> str:
    touched = [p for p in text.places if p.start < found.end and found.start < p.end]
    if any(p.type == found.type for p in touched):
        return "too much or too little of a true one"
    if touched:
        return "something personal of another type"
    return (
        "nothing, beside true ones" if text.places else "nothing, in a text without personal data"
    )


def describe(text: str, place: Place) -> str:
    """What is special about a place: case, form, letters, where it stands."""
    value = text[place.start : place.end]
    traits = _person_traits(value) if place.type == "PERSON" else _value_traits(value)
    return ", ".join([*traits, _surroundings(text, place)])


def _person_traits(value: str) -> Iterable[str]:
    letters = [c for c in value if c.isalpha()]
    if value == value.lower():
        yield "lower case"
    elif len(letters) > 2 and value == value.upper():
        yield "upper case"
    words = value.split()
    if len(letters) <= 2:
        yield "one or two letters"
    elif "," in value:
        yield "surname first"
    elif _INITIALS.match(value):
        yield "initials"
    elif _INFIX.search(value):
        yield "with infix"
    elif len(words) == 1:
        yield "one word"
    else:
        yield "several words"
    if any("-" in word.strip("-") for word in words):
        yield "hyphen"
    if not value.isascii():
        yield "letters with marks"


def _value_traits(value: str) -> Iterable[str]:
    if value == value.lower() and any(c.isalpha() for c in value):
        yield "lower case"
    if any(c.isdigit() for c in value):
        yield "with blanks" if " " in value else "in one piece"
        if re.search(r"[./()–-]", value):
            yield "with signs"
    else:
        yield "several words" if " " in value else "one word"


def _surroundings(text: str, place: Place) -> str:
    before = text[: place.start]
    line_start = before.rfind("\n") + 1
    line_end = text.find("\n", place.end)
    line = text[line_start : line_end if line_end >= 0 else len(text)]
    if _TITLE.search(before[-12:]):
        return "behind a title"
    if text.count("\n") and line.strip(" ,.") == text[place.start : place.end].strip(" ,."):
        return "alone on a line"
    if re.search(r":\s?$", before):
        return "behind a label"
    if place.start == 0:
        return "at the beginning"
    if not text[place.end :].strip(" .!)"):
        return "at the end"
    return "in running text"


def _fate(place: Place, found: Sequence[Span]) -> str:
    covered = {at for s in found for at in range(s.start, s.end)}
    share = len(covered & set(range(place.start, place.end))) / (place.end - place.start)
    if share == 0:
        return "open"
    if share < 1:
        return "partly covered"
    return "covered, under another type or together with something else"
