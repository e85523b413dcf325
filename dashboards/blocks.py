"""What each part of a page shows, as plain values for the templates."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

from dashboards import charts
from dashboards.last_run import Check
from dashboards.periods import Period, is_periodic
from dashboards.published import Row, Snapshot, Table
from dashboards.reading import Cell, Reading
from dashboards.selection import figure_columns, is_hidden, ordered, single, time_of
from dashboards.specs import (
    Across,
    Cards,
    Checks,
    Facts,
    Funnel,
    Grid,
    Matrix,
    Part,
    Publication,
    Trend,
)
from dashboards.view import labels_of

PAGE_ROWS = 25
MATRIX_LINES = 13
FAILING_NAMED = 5
Block = dict[str, Any]


def block(part: Part, reading: Reading) -> Block:
    """One part, or the sentence that says why there is nothing to see and what to do."""
    texts = reading.texts
    shown: Block = {"id": part.title, "title": texts.block(part.title), "table": part.table}
    if isinstance(part, Publication):
        return shown | {"kind": "listing", "is_exported": True} | _publication(reading)
    if isinstance(part, Checks):
        return shown | _checks(reading)
    table = reading.snapshot.tables[part.table]
    columns = part.columns or figure_columns(table)
    if part.remark:
        shown["note"] = texts(part.remark)
    if names := reading.unheeded(part):
        shown["note"] = texts("not_applied", names=", ".join(names))
    if isinstance(part, Cards):
        row = single(table, reading.period)
        if row is None:
            is_monthly = not is_periodic(table) and reading.period.grain != "month"
            return shown | _empty(reading, "months_only" if is_monthly else "nothing_chosen")
        cards = [_card(reading, table, row, c) for c in columns]
        return shown | {"kind": "cards", "cards": cards, "is_exported": True}
    rows = reading.rows(part)
    if not rows:
        return shown | _empty(reading, "nothing_chosen")
    if isinstance(part, Trend | Across):
        drawn = (
            charts.trend(part, reading, table, rows, columns)
            if isinstance(part, Trend)
            else charts.across(part, reading, table, rows, columns)
        )
        gaps = int(drawn.pop("gaps"))
        if when := drawn.pop("when", ""):
            shown["title"] = f"{shown['title']}: {when}"
        drawn |= {"title": shown["title"], "subtitle": reading.says_of_charts}
        return shown | {
            "kind": "chart", "chart": drawn, "gaps": gaps,
            "is_all_hidden": not any(v is not None for s in drawn["series"] for v in s["values"]),
            "is_exported": True,
        }  # fmt: skip
    if isinstance(part, Funnel):
        steps = _steps(reading, table, rows[0], columns)
        drawn = charts.funnel(reading, table, rows[0], columns)
        drawn |= {"title": shown["title"], "subtitle": reading.says_of_charts}
        return shown | {"kind": "funnel", "steps": steps, "chart": drawn, "is_exported": True}
    if isinstance(part, Facts):
        facts = [_named(reading, table, rows[0], c) for c in columns]
        return shown | {"kind": "facts", "facts": facts, "is_exported": True}
    if isinstance(part, Matrix):
        return shown | {"kind": "matrix", "is_exported": True} | _matrix(part, reading, table, rows)
    assert isinstance(part, Grid)
    if part.is_latest and (time := time_of(table)):
        shown["title"] = f"{shown['title']}: {reading.cell(table, rows[0], time).text}"
    return shown | {"kind": "grid", "is_exported": True} | _grid(part, reading, table, rows)


def sorted_rows(part: Part, reading: Reading, table: Table, rows: list[Row]) -> list[Row]:
    """Rows in the order that the address asks for, newest first where it asks for none."""
    column, is_descending = _order(reading, table)
    if column:
        return ordered(rows, column, is_descending, labels_of(reading.snapshot, column))
    order = part.order if isinstance(part, Grid) else ()
    for column in reversed(order):
        rows = ordered(rows, column.lstrip("-"), column.startswith("-"))
    if order:
        return rows
    time = time_of(table) or ("starts_at" if "starts_at" in table.columns else "")
    return ordered(rows, time, descending=True) if time else rows


def laid_out(blocks: list[Block]) -> list[Block]:
    """Charts stand two in a row; one that has no neighbour takes the whole row."""
    run: list[Block] = []
    for one in (*blocks, {"kind": ""}):
        if one["kind"] == "chart":
            run.append(one)
            continue
        if len(run) % 2:
            run[-1]["is_wide"] = True
        run = []
    return blocks


def _empty(reading: Reading, key: str) -> Block:
    if key == "nothing_chosen" and not reading.page.has_period:
        return {"kind": "empty", "what": reading.texts("nothing_there"), "todo": ""}
    todo = reading.texts(f"{key}_todo")
    return {"kind": "empty", "what": reading.texts(key), "todo": todo}


def _named(reading: Reading, table: Table, row: Row, column: str) -> Block:
    return {
        "column": column,
        "name": reading.texts.column(column, table.name),
        "definition": reading.definition(table.name, column),
        "cell": reading.cell(table, row, column),
    }


def _card(reading: Reading, table: Table, row: Row, column: str) -> Block:
    card = _named(reading, table, row, column)
    if card["cell"].kind == "number":
        card["against"] = [
            _against(reading, table, row, column, name, period)
            for name, period in reading.comparisons()
        ]
    return card


def _against(
    reading: Reading, table: Table, row: Row, column: str, name: str, period: Period | None
) -> str:
    other = single(table, period)
    texts = reading.texts
    if reading.running_until:
        name = texts("whole", name=name)
    if other is not None and is_hidden(other, column):
        return texts("against_hidden", name=name)
    if other is None or other[column] is None:
        return texts("against_none", name=name)
    unit = reading.unit(table.name, column)
    return texts(
        "against",
        change=reading.formats.change(row[column], other[column], unit),
        name=name,
        value=reading.formats.figure(other[column], unit),
    )


def _steps(reading: Reading, table: Table, row: Row, columns: tuple[str, ...]) -> list[Block]:
    first = next((float(row[c]) for c in columns if row[c] is not None), 0.0)
    steps = []
    for column in columns:
        step = _named(reading, table, row, column)
        value = row[column]
        step["width"] = round(100 * float(value) / first, 1) if value is not None and first else 0
        steps.append(step)
    return steps


def _grid(part: Grid, reading: Reading, table: Table, rows: list[Row]) -> Block:
    columns = part.columns or figure_columns(table)
    rows = sorted_rows(part, reading, table, rows)
    first = _first(reading, table, len(rows))
    shown = rows[first : first + PAGE_ROWS]
    mosts = {column: reading.most(table, shown, column) for column in columns}
    return {
        "columns": [_heading(reading, table, column, shown) for column in columns],
        "rows": [
            [_linked(part, reading, table, row, c, mosts[c]) for c in columns] for row in shown
        ],
        "range": reading.texts(
            "rows_of", first=first + 1, last=first + len(shown), total=len(rows)
        ),
        "earlier": _page_link(reading, table, first - PAGE_ROWS) if first else "",
        "later": _page_link(reading, table, first + PAGE_ROWS)
        if first + PAGE_ROWS < len(rows)
        else "",
    }


def _matrix(part: Matrix, reading: Reading, table: Table, rows: list[Row]) -> Block:
    figure = part.columns[0]
    downs = sorted({row[part.down] for row in rows}, reverse=True)[:MATRIX_LINES]
    places = {_place(part, row): row for row in rows}
    acrosses = sorted({a for down, a in places if down in downs and a is not None})[:MATRIX_LINES]
    found = [[places.get((down, across)) for across in acrosses] for down in downs]
    most = max((float(r[figure]) for line in found for r in line if r and r[figure]), default=0)

    def cell(row: Row | None) -> tuple[Cell, float]:
        if row is None:
            return Cell("", "none"), 0
        share = float(row[figure]) / most if row[figure] and most else 0
        return reading.cell(table, row, figure), round(share, 2)

    heads = [reading.formats.figure(across, "number") for across in acrosses]
    first = [reading.formats.period("month", down) for down in downs]
    return {
        "heads": heads, "down": reading.texts.column(part.down),
        "across": reading.texts.column(part.across), "figure": reading.texts.column(figure),
        "lines": [(n, [cell(r) for r in line]) for n, line in zip(first, found, strict=True)],
    }  # fmt: skip


def _place(part: Matrix, row: Row) -> tuple[Any, Any]:
    """Where a row stands; a hidden one does not say how many months it is on, its dates do."""
    down, across, start = row[part.down], row[part.across], row.get("period_start")
    if across is None and isinstance(down, date) and isinstance(start, date):
        across = (start.year - down.year) * 12 + start.month - down.month
    return down, across


def _linked(
    part: Grid, reading: Reading, table: Table, row: Row, column: str, most: float | None
) -> Cell:
    cell = reading.cell(table, row, column, most)
    if part.link and column == "campaign_id" and cell.kind == "text":
        return Cell(cell.text, cell.kind, reading.view.link(part.link, campaign=str(row[column])))
    return cell


def _heading(reading: Reading, table: Table, column: str, rows: list[Row]) -> Block:
    sorted_by, is_descending = _order(reading, table)
    is_this = sorted_by == column
    direction = "" if is_this and is_descending else "-"
    query = reading.view.query(sort=f"{table.name}:{direction}{column}", rows="")
    return {
        "column": column,
        "name": reading.texts.column(column, table.name),
        "definition": reading.definition(table.name, column),
        "order": ("descending" if is_descending else "ascending") if is_this else "none",
        "href": reading.page.path + query,
        "is_number": any(reading.cell(table, r, column).kind == "number" for r in rows),
    }


def _order(reading: Reading, table: Table) -> tuple[str, bool]:
    name, _, column = reading.view.sort.partition(":")
    if name != table.name or column.lstrip("-") not in table.columns:
        return "", False
    return column.lstrip("-"), column.startswith("-")


def _first(reading: Reading, table: Table, total: int) -> int:
    name, _, text = reading.view.rows.partition(":")
    if name != table.name or not (text.isascii() and text.isdigit() and len(text) < 9):
        return 0
    wanted = int(text) // PAGE_ROWS * PAGE_ROWS
    return wanted if wanted < total else 0


def _page_link(reading: Reading, table: Table, first: int) -> str:
    return reading.page.path + reading.view.query(rows=f"{table.name}:{max(first, 0)}")


def _publication(reading: Reading) -> Block:
    texts, snapshot, metadata = reading.texts, reading.snapshot, reading.snapshot.metadata
    built = snapshot.built_at
    facts = [
        (texts("built", when="").strip(), reading.formats.instant(built) if built else "–"),
        (texts("run", run="").strip(), str(metadata.get("run_id") or "–")),
        (texts("rules"), str(metadata.get("rules_fingerprint") or "–")[:12]),
        (texts("threshold"), str(snapshot.threshold)),
        (texts("timezone"), snapshot.timezone),
        (texts("currency"), snapshot.currency),
    ]
    return {"facts": facts, "listed": _listed(reading, listing("publication", reading))}


def _checks(reading: Reading) -> Block:
    if not reading.run.checks:
        return _empty(reading, "no_checks")
    listed = _listed(reading, listing("checks", reading))
    return {"kind": "listing", "is_exported": True, "listed": listed}


class Listing(NamedTuple):
    """A table of a page that is no table of the publication."""

    heads: tuple[str, ...]
    rows: list[tuple[str | int | None, ...]]
    name: str = ""


def listing(title: str, reading: Reading) -> Listing:
    """What the last run's checks found, or the tables of the publication with what they hide.

    Args:
        title: ``checks`` or ``publication``.
        reading: The publication and its last run.
    """
    texts = reading.texts
    if title == "checks":
        return Listing(
            (texts("check"), texts("outcome"), texts("relations")),
            [
                (texts.value(check.name), _outcome(reading, check), check.relations)
                for check in reading.run.checks
            ],
        )
    return Listing(
        (texts("table"), texts("rows"), texts("hidden_rows"), texts("hidden_cells"),
         texts.block("excluded")),
        [
            (table.name, len(table.rows), sum(bool(r.get("is_suppressed")) for r in table.rows),
             _hidden_cells(reading.snapshot)[table.name], _excluded(reading, table))
            for table in reading.snapshot.tables.values()
        ],
        texts("tables_published"),
    )  # fmt: skip


def _outcome(reading: Reading, check: Check) -> str:
    if not check.failing:
        return reading.texts("holds")
    return reading.texts("fails_in", names=", ".join(check.failing[:FAILING_NAMED]))


def _listed(reading: Reading, found: Listing) -> dict[str, Any]:
    """A listing as the template draws it, numbers in the reader's format."""

    def shown(value: str | int | None) -> str:
        return value if isinstance(value, str) else reading.formats.figure(value, "number")

    numbers = [
        place for place in range(len(found.heads))
        if any(isinstance(row[place], int) for row in found.rows)
    ]  # fmt: skip
    rows = [[shown(value) for value in row] for row in found.rows]
    return {"heads": found.heads, "rows": rows, "numbers": numbers, "name": found.name}


@lru_cache(maxsize=2)
def _hidden_cells(snapshot: Snapshot) -> dict[str, int]:
    """Figures that are hidden in rows of which others are shown, by table."""
    return {
        name: sum(
            is_hidden(row, column)
            for row in table.rows
            if not row.get("is_suppressed")
            for column in figure_columns(table)
        )
        for name, table in snapshot.tables.items()
    }


def _excluded(reading: Reading, table: Table) -> int | None:
    row = single(table, reading.periods["all"])
    found = row.get("excluded_rows") if row else None
    return int(found) if found is not None else None
