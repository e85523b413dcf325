"""Which figures of a table with totals may be shown: none about few persons, nor by subtraction.

Units (campaigns) stand beside periods that add them up. What somebody can work out about a period
is what is left of it when the units and the shorter periods that are shown are taken off; that
rest has to be about nobody or about ``k`` persons. So has every difference of two figures that
stand side by side (sent and delivered). Knows counts and one-way hashes of pseudonyms only.

Privacy: pseudonymous (hashed) in, names of figures and periods out.
Source: docs/decisions/0020-kpi-disclosure.md and 0075-campaign-disclosure.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final, NamedTuple

GRAINS: Final = ("month", "quarter", "year", "all")
Leaf = frozenset[int] | None
"""Persons of one unit in one month; None is k or more."""


class Condition(NamedTuple):
    """Whom something is about: who has all of these roles (bits) and none of those."""

    having: int
    lacking: int = 0

    def holds(self, roles: int) -> bool:
        """Whether somebody with these roles is one of them."""
        return roles & self.having == self.having and not roles & self.lacking


class Figure(NamedTuple):
    """A figure, whom it is about, and whom its difference with another one is about."""

    name: str
    about: Condition
    differences: Mapping[str, Condition] = {}


class Cell(NamedTuple):
    """Persons of a unit with the same roles; of a month, or of all time. Hashes only below k."""

    unit: str
    month: date | None
    roles: int
    size: int
    persons: tuple[int, ...] = ()


class Period(NamedTuple):
    """A period by its grain and first day; all time has none."""

    grain: str
    start: date | None


Shown = dict[str, set[str]]
Fixed = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Table:
    """What one kind of figures is made of.

    Attributes:
        figures: In order of importance: a later one gives way to an earlier one.
        units: Cells of all time by unit.
        months: Cells by unit and month, of the same persons.
        whole: Whom a period as a whole is about; where these are few, all of it is hidden.
        k: Fewest persons that something may be about.
        year_start: Month in which a fiscal year begins, 1 to 12.
        fixed_units: What sealed units show; that stands.
        fixed_periods: What sealed periods show; that stands.
    """

    figures: Sequence[Figure]
    units: Sequence[Cell]
    months: Sequence[Cell]
    k: int
    whole: Condition
    year_start: int = 1
    fixed_units: Fixed = field(default_factory=dict)
    fixed_periods: Mapping[Period, frozenset[str]] = field(default_factory=dict)


class Decision(NamedTuple):
    """Names of the figures that are shown of each unit and of each period."""

    units: Shown
    periods: dict[Period, set[str]]


def decide(table: Table) -> Decision:
    """What may be shown.

    Units are decided by themselves. Where what is hidden in a month is about few, the figure of
    the smallest unit nearby is hidden as well, so that the month need not be. Then periods are
    decided from below.

    Returns:
        Figures shown, by unit and by period; periods are those in which anybody is known.
    """
    leaves = _Leaves(table)
    shown = _units(table)
    for figure in table.figures:
        _hide_helpers(table, figure, shown, leaves)
    return Decision(shown, _Periods(table, shown, leaves).decide())


def start_of(grain: str, month: date | None, year_start: int = 1) -> date | None:
    """First day of the period of a grain that a month is in; years begin in a month of theirs."""
    if grain == "all" or month is None:
        return None
    months = {"month": 1, "quarter": 3, "year": 12}[grain]
    shift = (year_start - 1) % months
    number = (month.year * 12 + month.month - 1 - shift) // months * months + shift
    return date(number // 12, number % 12 + 1, 1)


def _chosen(
    figures: Sequence[Figure], is_few: Callable[[Figure, str], bool], fixed: frozenset[str] | None
) -> set[str]:
    """The figures of one row, one after the other; ``is_few`` is told the figure beside it."""
    if fixed is not None:
        return set(fixed)
    shown: set[str] = set()
    for figure in figures:
        if not any(is_few(figure, beside) for beside in ("", *(shown & figure.differences.keys()))):
            shown.add(figure.name)
    return shown


def _units(table: Table) -> Shown:
    cells: dict[str, list[Cell]] = defaultdict(list)
    for cell in (*table.months, *table.units):
        cells.setdefault(cell.unit, [])
    for cell in table.units:
        cells[cell.unit].append(cell)

    def few(unit: str, condition: Condition) -> bool:
        return 0 < sum(c.size for c in cells[unit] if condition.holds(c.roles)) < table.k

    shown: Shown = {}
    for unit in cells:
        fixed = table.fixed_units.get(unit)
        if fixed is None and few(unit, Condition(0)):
            shown[unit] = set()
            continue

        def is_few(figure: Figure, beside: str, unit: str = unit) -> bool:
            return few(unit, _about(figure, beside))

        shown[unit] = _chosen(table.figures, is_few, fixed)
    return shown


def _about(figure: Figure, beside: str) -> Condition:
    return figure.differences[beside] if beside else figure.about


class _Leaves:
    """Persons of each unit and month by condition, made when first asked for."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._made: dict[Condition, dict[str, dict[date | None, Leaf]]] = {}
        self._counted: dict[tuple[int, Condition], dict[tuple[str, date | None], int]] = {}

    def of(self, condition: Condition) -> dict[str, dict[date | None, Leaf]]:
        """By unit and month; who is not there has nobody."""
        if condition not in self._made:
            made: dict[str, dict[date | None, Leaf]] = {}
            for cell in self._table.months:
                if condition.holds(cell.roles) and cell.size:
                    months = made.setdefault(cell.unit, {})
                    months[cell.month] = self._joined(months.get(cell.month, frozenset()), cell)
            self._made[condition] = made
        return self._made[condition]

    def _joined(self, leaf: Leaf, cell: Cell) -> Leaf:
        if leaf is None or cell.size >= self._table.k:
            return None
        persons = leaf | frozenset(cell.persons)
        return None if len(persons) >= self._table.k else persons

    def is_few(
        self, condition: Condition, months: Iterable[date | None], known: Callable[[str], bool]
    ) -> bool:
        """Whether what is left of these months without the known units is about few.

        What is left is at least the persons of units that are not known. Where there are none, it
        is those units that reach beyond the months and so cannot be taken off: none of these may
        have few persons in them. So sums of months are as safe as each of them.
        """
        wanted = set(months)
        rest: set[int] = set()
        has_few_beyond = False
        for unit, leaves in self.of(condition).items():
            inside = [leaf for month, leaf in leaves.items() if month in wanted]
            if not inside:
                continue
            persons = {person for leaf in inside for person in leaf or ()}
            is_many = None in inside or len(persons) >= self._table.k
            if not known(unit):
                if is_many:
                    return False
                rest |= persons
            elif len(inside) < len(leaves):
                has_few_beyond |= not is_many or self._has_few_outside(condition, unit, wanted)
        return 0 < len(rest) < self._table.k or (not rest and has_few_beyond)

    def _has_few_outside(self, condition: Condition, unit: str, wanted: set[date | None]) -> bool:
        """Whether few persons of a unit may be in other months alone; bounds where some repeat."""
        total = self._sizes(self._table.units, condition).get((unit, None), 0)
        sizes = self._sizes(self._table.months, condition)
        inside = [size for (u, month), size in sizes.items() if u == unit and month in wanted]
        return total - max(inside) > 0 and max(total - sum(inside), 1) < self._table.k

    def _sizes(
        self, cells: Sequence[Cell], condition: Condition
    ) -> dict[tuple[str, date | None], int]:
        key = (id(cells), condition)
        if key not in self._counted:
            made: dict[tuple[str, date | None], int] = defaultdict(int)
            for cell in cells:
                if condition.holds(cell.roles):
                    made[cell.unit, cell.month] += cell.size
            self._counted[key] = made
        return self._counted[key]


def _hide_helpers(table: Table, figure: Figure, shown: Shown, leaves: _Leaves) -> None:
    sizes = {
        unit: sum(c.size for c in table.units if c.unit == unit and figure.about.holds(c.roles))
        for unit in shown
    }
    by_unit = leaves.of(figure.about)

    for month in sorted({m for months in by_unit.values() for m in months if m}):
        _hide_until_enough(table, figure, shown, leaves, sizes, month)


def _hide_until_enough(
    table: Table, figure: Figure, shown: Shown, leaves: _Leaves, sizes: Mapping[str, int], month: date
) -> None:  # fmt: skip
    by_unit = leaves.of(figure.about)
    shown_here = {unit for unit in by_unit if month in by_unit[unit]}
    while leaves.is_few(figure.about, [month], lambda u: figure.name in shown[u]):
        candidates = [unit for unit in by_unit if figure.name in shown[unit]]
        helper = _helper(month, by_unit, sizes, candidates, table)
        if helper is None:
            return
        shown[helper].discard(figure.name)
        if helper not in shown_here:
            return


def _helper(
    month: date,
    by_unit: Mapping[str, Mapping[date | None, Leaf]],
    sizes: Mapping[str, int],
    candidates: Iterable[str],
    table: Table,
) -> str | None:
    """The smallest unit that may still be hidden, in the same month, quarter or year if possible."""

    def rank(unit: str) -> tuple[bool, bool, bool, int, str]:
        starts = {
            grain: {start_of(grain, m, table.year_start) for m in by_unit[unit]}
            for grain in GRAINS[:3]
        }
        far = [
            start_of(grain, month, table.year_start) not in starts[grain] for grain in GRAINS[:3]
        ]
        return (far[0], far[1], far[2], sizes[unit], unit)

    free = [u for u in candidates if u not in table.fixed_units and sizes[u] >= table.k]
    return min(free, key=rank, default=None)


class _Periods:
    """Decides periods from below; hides a month with what it is part of where that saves a parent."""

    def __init__(self, table: Table, shown: Shown, leaves: _Leaves) -> None:
        self._table, self._units, self._leaves = table, shown, leaves
        self.found: dict[Period, set[str]] = {}
        self._sizes: dict[tuple[str, date | None], int] = defaultdict(int)
        for cell in table.months:
            for figure in table.figures:
                if figure.about.holds(cell.roles):
                    self._sizes[figure.name, cell.month] += cell.size

    def decide(self) -> dict[Period, set[str]]:
        months = {cell.month for cell in self._table.months}
        for grain in GRAINS:
            held: dict[Period, list[date | None]] = defaultdict(list)
            for month in sorted(months, key=lambda m: m or date.min):
                if month is not None or grain == "all":
                    held[Period(grain, self._start(grain, month))].append(month)
            for period, inside in held.items():
                self.found[period] = self._decided(period, inside)
        return self.found

    def _decided(self, period: Period, inside: list[date | None]) -> set[str]:
        fixed = self._table.fixed_periods.get(period)
        if fixed is None and self._leaves.is_few(self._table.whole, inside, lambda _: False):
            return set()
        return _chosen(
            self._table.figures, lambda f, beside: self._is_few(f, beside, period, inside), fixed
        )

    def _is_few(
        self, figure: Figure, beside: str, period: Period, inside: list[date | None]
    ) -> bool:
        pair = {figure.name, beside} - {""}
        condition = _about(figure, beside)

        def is_few(months: Iterable[date | None]) -> bool:
            return self._leaves.is_few(condition, months, lambda unit: pair <= self._units[unit])

        left = [month for month in inside if not self._is_taken_off(month, period.grain, pair)]
        if is_few(inside):
            return True
        if not is_few(left):
            return False
        return bool(beside) or not self._helped(figure, period, inside, left, is_few)

    def _helped(
        self,
        figure: Figure,
        period: Period,
        inside: list[date | None],
        left: list[date | None],
        is_few: Callable[[Iterable[date | None]], bool],
    ) -> bool:
        """Hides the figure in one more month, and in what is shorter than the period around it."""
        others = [month for month in inside if month is not None and month not in left]
        for month in sorted(others, key=lambda m: (self._sizes[figure.name, m], m)):
            around = [Period(g, self._start(g, month)) for g in self._shorter(period.grain)]
            if any(p in self._table.fixed_periods for p in around):
                continue
            now_left = [
                m
                for m in inside
                if m == month
                or m in left
                or not any(
                    figure.name in self.found.get(Period(g, self._start(g, m)), set())
                    for g in self._shorter(period.grain)
                    if Period(g, self._start(g, m)) not in around
                )
            ]
            if not is_few(now_left):
                for shorter in around:
                    self.found[shorter].discard(figure.name)
                return True
        return False

    def _start(self, grain: str, month: date | None) -> date | None:
        return start_of(grain, month, self._table.year_start)

    @staticmethod
    def _shorter(grain: str) -> tuple[str, ...]:
        return GRAINS[: GRAINS.index(grain)]

    def _is_taken_off(self, month: date | None, grain: str, pair: set[str]) -> bool:
        """Whether a shorter period shows what a month adds."""
        return month is not None and any(
            pair <= self.found.get(Period(g, self._start(g, month)), set())
            for g in self._shorter(grain)
        )
