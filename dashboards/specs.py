"""The parts that a page can have, each naming the table and the figures that it needs.

A published file that lacks any of these is refused as a whole (``requirements``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Role = Literal["marketer", "sales", "support", "steward"]
EVERYBODY: frozenset[Role] = frozenset({"marketer", "sales", "support", "steward"})
MARKETING: frozenset[Role] = frozenset({"marketer", "steward"})
SALES: frozenset[Role] = frozenset({"sales", "steward"})
SUPPORT: frozenset[Role] = frozenset({"support", "steward"})
CUSTOMERS: frozenset[Role] = frozenset({"marketer", "sales", "steward"})
STEWARD: frozenset[Role] = frozenset({"steward"})


@dataclass(frozen=True)
class Part:
    """What all parts have in common."""

    title: str
    table: str
    columns: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    roles: frozenset[Role] = EVERYBODY
    follows: tuple[str, ...] = ()
    """Columns that have to be as they are of the chosen campaign."""
    remark: str = ""
    """A sentence of the catalogue that stands with it."""


@dataclass(frozen=True)
class Cards(Part):
    """Figures of the period against those of other periods."""


@dataclass(frozen=True)
class Trend(Part):
    """Figures over time; ``split`` makes a line of each value of a column."""

    kind: Literal["line", "bar"] = "line"
    split: str = ""


@dataclass(frozen=True)
class Across(Part):
    """Figures side by side for the values of a column; ``split`` makes a bar of each of another.

    Of a table with several instants in the period it shows the last one.
    """

    category: str = ""
    split: str = ""


@dataclass(frozen=True)
class Funnel(Part):
    """Figures of one row, each part of the one before."""


@dataclass(frozen=True)
class Facts(Part):
    """Figures of one row as a list."""


@dataclass(frozen=True)
class Grid(Part):
    """Rows; no columns means all that a reader looks at. ``link`` opens a page for each."""

    link: str = ""
    is_series: bool = False
    is_latest: bool = False
    """Only the last instant that has something to show."""
    ignores_period: bool = False
    order: tuple[str, ...] = ()
    """Columns that rows are ordered by when the reader asks for none; ``-`` before one turns it."""


@dataclass(frozen=True)
class Matrix(Part):
    """One figure, the first column, by two others: a row for each value of ``down``."""

    down: str = ""
    across: str = ""


@dataclass(frozen=True)
class Publication(Part):
    """What was published, when and from which run; needs no table."""


@dataclass(frozen=True)
class Checks(Part):
    """What the checks of the last run found; needs no table."""


@dataclass(frozen=True)
class Page:
    """One page: where it is, who may see it, what can be chosen on it, what it consists of."""

    identity: str
    path: str
    parts: tuple[Part, ...]
    roles: frozenset[Role] = EVERYBODY
    filters: tuple[str, ...] = ()
    has_period: bool = True
    opens_with: Literal["newest", "all"] = "newest"
    """The period that is shown when none is chosen."""
    needs: str = ""

    @property
    def compares(self) -> bool:
        """Whether it has figures that are held against other periods."""
        return any(isinstance(part, Cards) for part in self.parts)
