"""The attacker: what published aggregates, their slices and differences tell about few persons.

To point it at a ``kpi_`` table, say of every figure that is *shown* what it adds up: a ``Told`` with
the table's figure, the values that the row stands at (grain, period, channel …), and its parts. A
part is one contribution, ``(person, …)``: a person in a campaign and a month, a person's order.
Parts come from the source rows, never from the model; one of nobody known begins with ``None``.
Then ``attack`` does what somebody with the publication can do:

- looks at a figure;
- adds up the figures of a slice, that is all shown rows with the same one or two values;
- takes one of these sums from another one that holds it, or takes two from a third.

Whatever is left about 1 to k-1 persons is a finding. Figures of which one counts part of the other
(sent, delivered) are told as a third one, ``sent - delivered``, with the parts of the difference,
wherever both are shown. Tables whose rows add up the same parts (campaigns, months) are given
together, under the same figure; it finds what they give away between them.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import NamedTuple

Part = tuple[Hashable, ...]


class Told(NamedTuple):
    """One figure of one row that is shown."""

    figure: str
    where: Mapping[str, Hashable]
    parts: frozenset[Part]


class _Sum(NamedTuple):
    name: str
    parts: frozenset[Part]


def attack(told: Iterable[Told], k: int) -> list[str]:
    """What is told about few persons: figure and rows, never a person.

    Args:
        told: All that is shown, with what it adds up.
        k: Fewest persons that anything may be about.

    Returns:
        A line per finding, sorted; empty where nothing is given away.
    """
    by_figure: dict[str, list[Told]] = defaultdict(list)
    for one in told:
        by_figure[one.figure].append(one)
    found = set()
    for figure, rows in by_figure.items():
        sums = _sums(rows)
        found |= {f"{figure}: {s.name}" for s in sums if _is_few(s.parts, k)}
        for whole, part in itertools.permutations(sums, 2):
            if part.parts and part.parts < whole.parts:
                rest = whole.parts - part.parts
                if _is_few(rest, k):
                    found.add(f"{figure}: {whole.name} less {part.name}")
                elif (
                    len(_persons(rest)) < 4 * k
                ):  # a second one can only matter where little is left
                    found |= {
                        f"{figure}: {whole.name} less {part.name} and {other.name}"
                        for other in sums
                        if other.parts and other.parts < rest and _is_few(rest - other.parts, k)
                    }
    return sorted(found)


def _persons(parts: frozenset[Part]) -> set[Hashable]:
    return {part[0] for part in parts if part[0] is not None}


def _is_few(parts: frozenset[Part], k: int) -> bool:
    return 0 < len(_persons(parts)) < k


def _sums(rows: list[Told]) -> list[_Sum]:
    """Every row, and every slice of one or two values whose rows do not overlap."""
    found: dict[frozenset[Part], _Sum] = {}
    for row in rows:
        found.setdefault(row.parts, _Sum(_named(row.where), row.parts))
    slices: dict[tuple[tuple[str, Hashable], ...], list[Told]] = defaultdict(list)
    for row in rows:
        values = sorted(row.where.items(), key=str)
        for size in (1, 2):
            for chosen in itertools.combinations(values, size):
                slices[chosen].append(row)
    for chosen, members in slices.items():
        parts = frozenset[Part]().union(*(m.parts for m in members))
        if len(members) > 1 and len(parts) == sum(len(m.parts) for m in members):
            found.setdefault(parts, _Sum("all of " + _named(dict(chosen)), parts))
    return list(found.values())


def _named(where: Mapping[str, Hashable]) -> str:
    return ", ".join(f"{name} {value}" for name, value in where.items())
