"""Charts as plain values: names, points and the texts beside them; the browser draws them."""

from __future__ import annotations

from typing import Any

from dashboards.formats import DURATIONS
from dashboards.periods import is_periodic
from dashboards.published import Row, Table
from dashboards.reading import Reading
from dashboards.selection import is_hidden, latest, ordered, time_of
from dashboards.specs import Across, Trend

MOST_BARS = 12
MOST_LINES = 8
Chart = dict[str, Any]


def trend(
    part: Trend, reading: Reading, table: Table, rows: list[Row], columns: tuple[str, ...]
) -> Chart:
    """Figures over time; a gap where one is hidden or missing."""
    time = time_of(table)
    instants = sorted({row[time] for row in rows})
    if part.split and part.split in table.columns:
        values = sorted({str(row[part.split]) for row in rows})[:MOST_LINES]
        groups = [
            (reading.label(part.split, v), columns[0], [r for r in rows if str(r[part.split]) == v])
            for v in values
        ]  # fmt: skip
    else:
        groups = [(reading.texts.column(c), c, rows) for c in columns]
    series = []
    for name, column, own in groups:
        by_instant = {row[time]: row for row in own}
        series.append(_series(reading, table, name, column, [by_instant.get(i) for i in instants]))
    grain = str(rows[0].get("period_grain") or "month") if is_periodic(table) else "month"
    labels = [
        reading.formats.period(grain, i)
        if time == "period_start"
        else reading.formats.figure(i, "")
        for i in instants
    ]
    return _chart(part.kind, labels, series, reading, table, columns[0])


def across(
    part: Across, reading: Reading, table: Table, rows: list[Row], columns: tuple[str, ...]
) -> Chart:
    """Figures side by side, the largest first, at most a dozen."""
    time = time_of(table)
    rows = latest(table, rows) if time else rows
    when = reading.cell(table, rows[0], time).text if time and not is_periodic(table) else ""
    if part.split and part.split in table.columns:
        return _split(part, reading, table, rows, columns[0]) | {"when": when}
    known = ordered(rows, columns[0], descending=True)[:MOST_BARS]
    names = [reading.label(part.category, row[part.category]) or "–" for row in known]
    if "pipeline" in table.columns and part.category == "stage" and not reading.view.pipeline:
        names = [f"{row['pipeline']} · {row['stage']}" for row in known]
    series = [
        _series(reading, table, reading.texts.column(column), column, list(known))
        for column in columns
    ]
    return _chart("across", names, series, reading, table, columns[0]) | {"when": when}


def funnel(reading: Reading, table: Table, row: Row, columns: tuple[str, ...]) -> Chart:
    """The steps of one row as bars, for a picture of them."""
    series = {
        "name": reading.texts.block("funnel"),
        "values": [None if row[c] is None else float(row[c]) for c in columns],
        "says": [reading.cell(table, row, c).text for c in columns],
        "hidden": [is_hidden(row, c) for c in columns],
    }
    labels = [reading.texts.column(c) for c in columns]
    return _chart("across", labels, [series], reading, table, columns[0])


def _split(part: Across, reading: Reading, table: Table, rows: list[Row], column: str) -> Chart:
    """A group of bars for each category, a bar in it for each value of another column."""
    names = sorted({str(row[part.category]) for row in rows})[:MOST_BARS]
    cells = {(str(row[part.category]), str(row[part.split])): row for row in rows}
    kinds = sorted({str(row[part.split]) for row in rows})[:MOST_LINES]
    series = [
        _series(reading, table, reading.label(part.split, k), column, [cells.get((n, k)) for n in names])
        for k in kinds
    ]  # fmt: skip
    labels = [reading.label(part.category, name) for name in names]
    return _chart("across", labels, series, reading, table, column)


def _series(
    reading: Reading, table: Table, name: str, column: str, rows: list[Row | None]
) -> dict[str, Any]:
    unit = reading.unit(table.name, column)
    values = [None if r is None or r[column] is None else float(r[column]) for r in rows]
    # durations stay in the unit of the axis
    most = 0.0 if unit in DURATIONS else reading.most(table, (r for r in rows if r), column)
    says = [
        "" if r is None or r[column] is None else reading.formats.figure(r[column], unit, most)
        for r in rows
    ]
    hidden = [r is not None and is_hidden(r, column) for r in rows]
    return {"name": name, "values": values, "says": says, "hidden": hidden}


def _chart(
    kind: str, labels: list[str], series: list[dict[str, Any]], reading: Reading,
    table: Table, column: str,
) -> Chart:  # fmt: skip
    gaps = sum(sum(one["hidden"]) for one in series)
    unit = reading.unit(table.name, column)
    return {
        "kind": kind, "labels": labels, "series": series, "gaps": gaps,
        "unit": unit, "suffix": reading.formats.suffix(unit), "separators": reading.formats.separators,
        "currency": reading.snapshot.currency,
    }  # fmt: skip
