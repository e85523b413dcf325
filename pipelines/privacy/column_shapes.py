"""Cheap shapes of values, to see that a column starts to hold something else.

Vectorised and without the detector: it runs on every file that lands.

Privacy: values in; counts by kind out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

SHAPES: Final[Mapping[str, str]] = {
    "EMAIL": r"^[^\s@]+@[^\s@]+\.[A-Za-z]{2,}$",
    "PHONE": r"^(?:\+|00)[1-9][\d ()./-]{8,18}$|^0[1-9](?:[ ().-]{0,2}\d){8}$",
    "IBAN": r"^[A-Z]{2}\d{2} ?(?:[A-Z0-9]{4} ?){2,7}[A-Z0-9]{0,4}$",
    "POSTCODE": r"^[1-9]\d{3} ?[A-Za-z]{2}$",
    "IP_ADDRESS": r"^\d{1,3}(?:\.\d{1,3}){3}$",
    "PERSON": r"^\p{Lu}[\p{L}.'’-]*(?: (?:van|de|der|den|el|ten|ter|von|la|[\p{Lu}][\p{L}.'’-]*)){1,4}$",
    "DATE": r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}$",
    "FREE_TEXT": r"^\S+(?:\s+\S+){5,}",
}
"""How a whole value looks that is of a kind."""
PROFILED_ROWS: Final = 2_000
"""Rows at the head of a file that are looked at."""
_ENOUGH: Final = 20
_SELDOM, _OFTEN = 0.05, 0.2

Profile = tuple[int, dict[str, int]]
"""How many values were filled, and how many of them have each shape."""


def shape_counts(column: pl.Series) -> Profile:
    """The profile of a text column."""
    filled = column.drop_nulls()
    filled = filled.filter(filled != "")
    if filled.is_empty():
        return 0, {}
    counts = {kind: int(filled.str.contains(pattern).sum()) for kind, pattern in SHAPES.items()}
    return len(filled), {kind: count for kind, count in counts.items() if count}


def added(one: Profile, other: Profile) -> Profile:
    """Both together."""
    kinds = one[1].keys() | other[1].keys()
    return one[0] + other[0], {k: one[1].get(k, 0) + other[1].get(k, 0) for k in sorted(kinds)}


def new_kinds(before: Profile, now: Profile) -> list[str]:
    """Kinds that under 5 % of the values had before, and at least 20 % have now.

    Fewer than 20 values on either side say nothing.
    """
    if before[0] < _ENOUGH or now[0] < _ENOUGH:
        return []
    return [
        kind
        for kind, count in sorted(now[1].items())
        if count >= _OFTEN * now[0] and before[1].get(kind, 0) < _SELDOM * before[0]
    ]
