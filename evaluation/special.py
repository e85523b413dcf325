"""Scores the flags of special categories, which are of a text and not of a place in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from evaluation.annotated import Annotated
from pii_rules.special_categories import CueFinder

_OURS = {"union_membership": "union"}


class FlagScore(NamedTuple):
    """Pairs of a text and a category: true, found, and found rightly; and the texts without any."""

    true: int
    found: int
    right: int
    unmarked_texts: int
    unmarked_texts_flagged: int


def score_flags(texts: Sequence[Annotated]) -> FlagScore:
    """How the cues do on texts whose special categories are marked.

    Privacy: texts in, counts out.
    """
    finder = CueFinder()
    flagged = [
        {_OURS.get(flag.category, flag.category) for flag in finder.flags(text.text)}
        for text in texts
    ]
    marked = [set(text.special) for text in texts]
    unmarked = [found for found, true in zip(flagged, marked, strict=True) if not true]
    return FlagScore(
        sum(map(len, marked)),
        sum(map(len, flagged)),
        sum(len(found & true) for found, true in zip(flagged, marked, strict=True)),
        len(unmarked),
        sum(map(bool, unmarked)),
    )
