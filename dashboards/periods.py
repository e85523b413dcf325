"""Which periods are published, which one is shown at first, and what it is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from dashboards.published import Snapshot, Table

GRAINS = ("month", "quarter", "year", "all")


def fiscal_place(day: date, first_month: int) -> tuple[int, int]:
    """The fiscal year, named after the calendar year in which it ends, and the quarter (1 to 4) of a day."""
    since = (day.month - first_month) % 12
    begins = day.year - (day.month < first_month)
    return begins + (first_month > 1), since // 3 + 1


@dataclass(frozen=True)
class Period:
    """One half-open period; ``all`` has no bounds."""

    grain: str
    start: date | None
    end: date | None
    first_month: int = 1
    """In which the fiscal year begins, whose quarters and years these are."""

    @property
    def key(self) -> str:
        """How it stands in an address: ``2026-10``, ``2026-Q4``, ``2026``, ``FY2027-Q1``, ``all``."""
        if self.start is None:
            return "all"
        if self.grain == "month":
            return f"{self.start:%Y-%m}"
        year, quarter = fiscal_place(self.start, self.first_month)
        named = f"FY{year}" if self.first_month > 1 else f"{year}"
        if self.grain == "quarter":
            return f"{named}-Q{quarter}"
        return named if self.grain == "year" else f"{self.grain}-{self.start}"

    def runs_on(self, day: date) -> bool:
        """Whether it has begun and is not over."""
        return self.start is not None and self.holds(day)

    def holds(self, day: date) -> bool:
        """Whether a day is in it."""
        return self.start is None or (self.start <= day and (self.end is None or day < self.end))


ALL_TIME = Period("all", None, None)


def is_periodic(table: Table) -> bool:
    """Whether a table has a row per grain and period."""
    return {"period_grain", "period_start"} <= set(table.columns)


@lru_cache(maxsize=2)
def periods_of(snapshot: Snapshot) -> dict[str, Period]:
    """Every period that some table has and that has begun, by its key: newest first, fine first.

    Quotas make rows of periods to come, and of these there is nothing to see yet.
    """
    today = snapshot.built_at.date() if snapshot.built_at else date.max
    found = {
        period
        for table in snapshot.tables.values()
        if is_periodic(table)
        for period in (_period(row, snapshot.first_month) for row in table.rows)
        if period.start is None or period.start <= today
    } | {ALL_TIME}
    ordered = sorted(found, key=lambda p: (p.grain, p.start or date.min), reverse=True)
    ordered.sort(key=lambda p: GRAINS.index(p.grain) if p.grain in GRAINS else len(GRAINS))
    return {period.key: period for period in ordered}


def newest(
    snapshot: Snapshot, periods: dict[str, Period], names: frozenset[str] = frozenset()
) -> Period:
    """The period that a page begins with.

    The last month that is over, unless most of its tables are hidden in it; then the last quarter
    or year of which that is not so, and all time if there is none.

    Args:
        snapshot: What is published.
        periods: Its periods.
        names: The tables that count; all that have periods if none of them has.
    """
    tables = [t for t in snapshot.tables.values() if is_periodic(t)]
    tables = [t for t in tables if t.name in names] or tables
    today = snapshot.built_at.date() if snapshot.built_at else date.max
    for grain in GRAINS[:3]:
        ended = [p for p in periods.values() if p.grain == grain and p.end and p.end <= today]
        shown = sum(_shown(table, ended[0]) for table in tables) if ended else 0
        if shown and shown * 2 >= len(tables):
            return ended[0]
    return ALL_TIME


def last_month(snapshot: Snapshot, periods: dict[str, Period]) -> Period | None:
    """The last month that is over, for figures that there are by month only."""
    today = snapshot.built_at.date() if snapshot.built_at else date.max
    months = (p for p in periods.values() if p.grain == "month" and p.end and p.end <= today)
    return next(months, None)


def previous(period: Period, periods: dict[str, Period]) -> Period | None:
    """The period that ends where this one begins."""
    return next(
        (p for p in periods.values() if p.grain == period.grain and p.end and p.end == period.start),
        None,
    )  # fmt: skip


def year_before(period: Period, periods: dict[str, Period]) -> Period | None:
    """The same period a year earlier."""
    if period.start is None:
        return None
    wanted = period.start.replace(year=period.start.year - 1)  # periods begin on a first
    return next(
        (p for p in periods.values() if p.grain == period.grain and p.start == wanted), None
    )


def _period(row: dict[str, Any], first_month: int) -> Period:
    grain, start, end = str(row["period_grain"]), row["period_start"], row.get("period_end")
    return Period(grain, start, end, first_month) if start else Period(grain, start, end)


def _shown(table: Table, period: Period) -> bool:
    return any(
        row["period_grain"] == period.grain
        and row["period_start"] == period.start
        and not row.get("is_suppressed")
        for row in table.rows
    )
