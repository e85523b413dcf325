"""Which published rows a view shows. It chooses rows and never adds, subtracts or averages them.

That is what keeps small cells closed: whatever filters are combined, every figure on a page is a
cell that the publication shows by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from dashboards.periods import Period, is_periodic
from dashboards.published import Row, Table
from dashboards.view import DIMENSIONS, LABELS, View

TIMES = ("snapshot_date", "day", "period_start")
"""Columns of the instant that a row is about, the first that a table has."""
LONGEST_SERIES = {"day": 62, "snapshot_date": 13, "period_start": 13}
"""Instants on a chart: a year and the same period of the year before, or two months of days."""
NAMED = "suppressed_figures"
"""The column that names which other columns of its row are hidden, between spaces."""
_LIFT = ("treatment_", "holdout_", "incremental_", "revenue_per_person_")


def is_hidden(row: Row, column: str) -> bool:
    """Whether a figure is missing because it is about too few people.

    A row that is hidden in part does not always say which; what it lacks then counts as hidden.
    """
    if row.get(column) is not None:
        return False
    if (
        row.get("is_partly_suppressed")
        or row.get("is_suppressed")
        or column in str(row.get(NAMED) or "").split()
    ):
        return True
    return bool(row.get("is_lift_suppressed")) and column.startswith(_LIFT)


def figure_columns(table: Table) -> tuple[str, ...]:
    """Columns that a reader looks at; parts of ratios and notes of the seal are in exports only."""
    return tuple(
        c for c in table.columns
        if not c.endswith(("_numerator", "_denominator"))
        and not c.startswith(("excluded_", "sealed_"))
        and c not in {"is_suppressed", "is_partly_suppressed", "is_lift_suppressed", "period_end", "period_grain",
                      "currency", "is_sealed", "is_closed", *LABELS.values(), NAMED, "month_start"}
    )  # fmt: skip


def rows_of(
    table: Table, view: View, period: Period, where: Mapping[str, str], zone: str
) -> list[Row]:
    """The rows of a table that a view is about, in the table's order.

    Args:
        table: Any published table.
        view: Choices of dimensions.
        period: The period that is shown.
        where: What else has to hold, by column.
        zone: Reporting time zone, for days of instants.
    """
    rows = [row for row in table.rows if _chosen(table, row, view, where)]
    if is_periodic(table):
        return [r for r in rows if _same(r, period)]
    if "snapshot_date" in table.columns:
        days = [r["snapshot_date"] for r in rows if r["snapshot_date"] < (period.end or date.max)]
        return [r for r in rows if days and r["snapshot_date"] == max(days)]
    column = next((c for c in ("day", "period_start") if c in table.columns), None)
    if column:
        return [r for r in rows if r[column] is not None and period.holds(_day(r[column], zone))]
    if "starts_at" in table.columns:
        return [r for r in rows if period.start is None
                or (r["starts_at"] and period.holds(_day(r["starts_at"], zone)))]  # fmt: skip
    return rows


def series_of(table: Table, view: View, period: Period, where: Mapping[str, str]) -> list[Row]:
    """Rows over time up to the end of a period, oldest first.

    For tables with a grain: the periods of that grain; for all others: their own instants.
    """
    time = time_of(table)
    if not time:
        return []
    end = period.end or date.max
    rows = [
        row
        for row in table.rows
        if row[time] is not None and row[time] < end and _chosen(table, row, view, where)
    ]
    if is_periodic(table):
        grain = "month" if period.grain == "all" else period.grain
        rows = [row for row in rows if row["period_grain"] == grain]
    shown = sorted({row[time] for row in rows})[-LONGEST_SERIES[time] :]
    return sorted((row for row in rows if row[time] in shown), key=lambda row: row[time])


def time_of(table: Table) -> str:
    """The column of the instant that a row is about, or nothing."""
    return next((column for column in TIMES if column in table.columns), "")


def latest(table: Table, rows: list[Row]) -> list[Row]:
    """Those of the last instant that has something to show."""
    time = time_of(table)
    shown = [row[time] for row in rows if time and row[time] and not row.get("is_suppressed")]
    return [row for row in rows if row[time] == max(shown)] if shown else rows


def single(table: Table, period: Period | None) -> Row | None:
    """The one row of a period, where a table has one; a table without grains is of months."""
    if period is None:
        return None
    if not is_periodic(table):
        if period.grain != "month" or "period_start" not in table.columns:
            return None
        found = [row for row in table.rows if row["period_start"] == period.start]
        return found[0] if len(found) == 1 else None
    found = [row for row in table.rows if _same(row, period)]
    return found[0] if len(found) == 1 else None


def ordered(
    rows: list[Row], column: str, descending: bool, labels: Mapping[str, str] | None = None
) -> list[Row]:
    """Sorted by one column, or by what readers call its keys; no figure comes last either way."""
    there = [row for row in rows if row[column] is not None]
    missing = [row for row in rows if row[column] is None]

    def place(row: Row) -> Any:
        return labels.get(str(row[column]), str(row[column])) if labels else row[column]

    return sorted(there, key=place, reverse=descending) + missing


def unheeded(table: Table, view: View) -> list[str]:
    """The choices of dimensions that a table cannot follow, since it has no such column."""
    return [
        name
        for name, column in DIMENSIONS.items()
        if getattr(view, name) and column not in table.columns
    ]


def _chosen(table: Table, row: Row, view: View, where: Mapping[str, str]) -> bool:
    if any(row.get(column) != value for column, value in where.items()):
        return False
    return all(
        not getattr(view, name) or column not in table.columns
        or str(row[column]) == getattr(view, name)
        for name, column in DIMENSIONS.items()
    )  # fmt: skip


def _same(row: Row, period: Period) -> bool:
    return bool(row["period_grain"] == period.grain and row["period_start"] == period.start)


def _day(value: Any, zone: str) -> date:
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo(zone)).date()
    assert isinstance(value, date)
    return value
