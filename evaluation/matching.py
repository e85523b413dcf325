"""Matches what was found in a text with what is there, and counts, text by text.

Strict: the same place and type. Overlap: the same type, and the shared part is at least half of
both. A finding that lies by half or more on an optional place counts neither way. Characters are
counted without regard to type: whatever is covered is hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from evaluation.annotated import Annotated, Place
from evaluation.types import load_types
from pipelines.privacy.spans import Span


class Counts(NamedTuple):
    """Counts of one type in one text; they add up over texts."""

    true: int = 0
    found: int = 0
    strict: int = 0
    overlap: int = 0


class Matched(NamedTuple):
    """One text, scored.

    ``missed`` are the true places that no finding of their type overlaps by half, ``wrong`` the
    findings that overlap none; ``alarms`` counts findings in a text in which nothing personal
    stands, else 0.
    """

    by_type: dict[str, Counts]
    personal_characters: int
    covered_characters: int
    covered_personal_characters: int
    missed: tuple[Place, ...]
    wrong: tuple[Place, ...]
    alarms: int
    plain_words: int


def match(text: Annotated, spans: Sequence[Span]) -> Matched:
    """Score what a detector found in a text."""
    ours = load_types().ours
    found = [Place(s.start, s.end, ours(s.type)) for s in spans]
    counted = [f for f in found if f in text.places or not _is_optional(f, text.optional)]
    strict = set(text.places) & set(counted)
    pairs, wrong = _pair(text.places, counted)
    kinds = {p.type for p in text.places} | {f.type for f in counted}
    by_type = {
        kind: Counts(
            sum(p.type == kind for p in text.places),
            sum(f.type == kind for f in counted),
            sum(p.type == kind for p in strict),
            sum(p.type == kind for p in pairs),
        )
        for kind in kinds
    }
    neither = _characters(text.optional) - _characters(text.places)
    personal = _characters(text.places)
    covered = _characters(found) - neither
    is_plain = not text.places and not text.optional
    return Matched(
        by_type,
        len(personal),
        len(covered),
        len(personal & covered),
        tuple(p for p in text.places if p not in pairs),
        tuple(wrong),
        len(found) if is_plain else 0,
        len(text.text.split()) if is_plain else 0,
    )


def _pair(places: Sequence[Place], found: Sequence[Place]) -> tuple[set[Place], list[Place]]:
    """The true places that have a finding of their own, and the findings left over.

    Equal places are paired before overlapping ones.
    """
    free = list(found)
    paired: set[Place] = set()
    for place in sorted(places, key=lambda p: p not in free):
        partner = place if place in free else next((f for f in free if _half(place, f)), None)
        if partner is not None:
            free.remove(partner)
            paired.add(place)
    return paired, free


def _half(place: Place, found: Place) -> bool:
    shared = _shared(place, found)
    return (
        place.type == found.type
        and shared * 2 >= place.end - place.start
        and shared * 2 >= found.end - found.start
    )


def _shared(one: Place, other: Place) -> int:
    return max(0, min(one.end, other.end) - max(one.start, other.start))


def _is_optional(found: Place, optional: Iterable[Place]) -> bool:
    return any(
        place.type == found.type and _shared(found, place) * 2 >= found.end - found.start
        for place in optional
    )


def _characters(places: Iterable[Place]) -> set[int]:
    return {at for place in places for at in range(place.start, place.end)}
