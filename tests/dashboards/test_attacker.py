"""An attacker with every page and export of the demo, who subtracts whatever can be subtracted.

What stands on a page is collected over all combinations of filters; from it the attacker solves
for hidden figures. Who a cell is about is counted in the warehouse, which no attacker has.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from typing import Any

import duckdb
import pytest

from dashboards.pages import PAGES
from dashboards.periods import periods_of
from dashboards.published import Published, Row, Table
from dashboards.reading import Reading
from dashboards.specs import Page
from dashboards.texts import Texts
from dashboards.view import DIMENSIONS, View, values_of
from pipelines.warehouse.connection import attach, open_instance
from tests.support.demo import Demo

Key = tuple[str, Any]
# Roles that a row can hide by themselves, and a figure of each that is empty where it does.
_TELLS = {
    "opened": "escalation_rate_denominator", "fully_resolved": "full_resolution_hours_median",
    "asked": "csat_response_rate_denominator", "answered": "csat_denominator",
}  # fmt: skip
# What a hidden row may tell, since it is not about the persons of its cell: of sellers (under the
# staff policy), spend, and of earlier periods what their own rows show.
_APART = {
    "kpi_sales_rep_monthly": {"quota", "tasks_open", "tasks_overdue"},
    "kpi_attribution_monthly": {"cost"},
    "kpi_trends": {"previous_figure", "year_before_figure", "baseline", "usual_error"},
    "kpi_sales_monthly": {"quota"},  # of the company's own making, and about no customer
}
# A company pays as nobody, a sole trader (as dim_account has the size) as a person; who asks is a
# person whatever the account, and so is each of whom nothing is known.
_PAYER = """case when account_key is null then customer_key when account_key in (
    select account_key from marts.dim_account
    where name is null or regexp_matches(size_class, '(?i)zzp|eenmanszaak')
) then account_key end"""
_ACTOR = "coalesce(customer_key, 'row ' || row_number() over ())"
_PLAIN = {"period_grain", "period_start", "period_end", "snapshot_date", "day", "date"}


@pytest.fixture(scope="module")
def warehouse(demo: Demo) -> Iterator[duckdb.DuckDBPyConnection]:
    with demo.deploy() as deployment:
        key = deployment.keyring.role_key("warehouse")
    with closing(open_instance(demo.home.spill, demo.settings)) as opened:
        attach(opened, demo.home.warehouse, key, alias="warehouse", read_only=True)
        opened.execute("use warehouse")
        yield opened


def _views(published: Published, page: Page) -> Iterator[View]:
    """Every combination of the choices that a page offers."""
    snapshot = published.snapshot()
    names = [name for name in page.filters if values_of(snapshot, DIMENSIONS[name])]
    offered = [("", *values_of(snapshot, DIMENSIONS[name])) for name in names]
    periods = ["", *periods_of(snapshot)] if page.has_period else [""]
    for period, *chosen in itertools.product(periods, *offered):
        choice: dict[str, Any] = dict(zip(names, chosen, strict=True))
        yield View(period=period, **choice)


@pytest.fixture(scope="module")
def seen(demo_published: Published) -> dict[str, dict[int, Row]]:
    """Rows that some combination shows, by table; each as it is published, and no other."""
    snapshot = demo_published.snapshot()
    published = {t.name: {id(row) for row in t.rows} for t in snapshot.tables.values()}
    found: dict[str, dict[int, Row]] = {}
    count = 0
    for page in PAGES:
        parts = [part for part in page.parts if part.table in snapshot.tables]
        for view in _views(demo_published, page) if parts else ():
            reading = Reading(snapshot, view, Texts("en"), page)
            count += 1
            for part in parts:
                for row in reading.rows(part):
                    assert id(row) in published[part.table]
                    found.setdefault(part.table, {})[id(row)] = row
    assert count > 500
    return found


def test_hidden_row_has_no_figure_anywhere(
    seen: dict[str, dict[int, Row]], demo_published: Published
) -> None:
    """Neither on a page nor in an export, which has all columns."""
    definitions = demo_published.snapshot().definitions
    for name, rows in seen.items():
        for row in rows.values():
            if row.get("is_suppressed"):
                told = {c for c in row if (name, c) in definitions and row[c] is not None}
                assert told <= _APART.get(name, set()), (name, told)
            # what its row names as hidden is empty, parts of ratios too, and no hidden ratio can be
            # had of its parts: one may be shown, where it is a figure that is shown by itself
            named = set(str(row.get("suppressed_figures") or "").split())
            told = {c for c in named & set(row) if row[c] is not None}
            assert told == set(), (name, told)
            whole = {c for c in named if _both_parts(row, c)}
            assert whole == set(), (name, whole)


def _both_parts(row: Row, ratio: str) -> bool:
    """Whether a row tells a ratio by its parts."""
    return all(row.get(f"{ratio}_{part}") is not None for part in ("numerator", "denominator"))


@pytest.mark.parametrize(
    ("table", "contributions", "population", "person"),
    [
        ("kpi_sales_monthly", "int_sales_contributions",
         "case when role = 'created' then role else outcome end", _PAYER),
        ("kpi_support_monthly", "int_support_contributions", "role", _ACTOR),
    ],
)  # fmt: skip
def test_subtraction_of_periods_gives_nobody_away(
    seen: dict[str, dict[int, Row]], warehouse: Any, table: str, contributions: str,
    population: str, person: str,
) -> None:  # fmt: skip
    k = warehouse.execute("select small_cell_k from marts.metadata").fetchone()[0]
    persons = _persons(warehouse, contributions, population, person)
    few = []
    for role in {role for role, _ in persons}:
        shown = {
            (row["period_grain"], row["period_start"])
            for row in seen[table].values()
            if not row["is_suppressed"] and row[_TELLS.get(role, "is_suppressed")] is not None
        }
        assert shown, role
        months = {month for known, month in persons if known == role}
        for grain, start in shown:
            within = {m for m in months if _in(grain, start, m)}
            # what a cell says, and what is left of it when all that is shown below is taken off
            below = [(g, s) for g, s in shown if _is_below(g, s, grain, start)]
            hidden = {m for m in within if not any(_in(g, s, m) for g, s in below)}
            for left in (within, hidden):
                about = set().union(*(persons[role, month] for month in left))
                if 0 < len(about) < k:
                    few.append((grain, start, role, len(about)))
    assert few == []


def _persons(
    warehouse: Any, contributions: str, population: str, person: str
) -> dict[Key, set[str]]:
    """Natural persons by population and month, from the contributions themselves."""
    schema = warehouse.execute(
        "select schema_name from duckdb_tables() where table_name = ? "
        "union all select schema_name from duckdb_views() where view_name = ?",
        [contributions, contributions],
    ).fetchone()[0]
    found: dict[Key, set[str]] = {}
    for role, month, who in warehouse.execute(
        f"select {population}, month_start, {person} from {schema}.{contributions}"
    ).fetchall():
        found.setdefault((role, month), set()).update({who} - {None})
    return found


def _in(grain: str, start: date | None, month: date | None) -> bool:
    if grain == "all":
        return True
    if month is None or start is None:
        return False
    length = {"month": 1, "quarter": 3, "year": 12}[grain]
    return 0 <= (month.year - start.year) * 12 + month.month - start.month < length


def _is_below(grain: str, start: date | None, above: str, above_start: date | None) -> bool:
    order = ("month", "quarter", "year", "all")
    return order.index(grain) < order.index(above) and _in(above, above_start, start)


def test_figures_beside_one_another_do_not_give_a_hidden_one(
    seen: dict[str, dict[int, Row]], demo_published: Published
) -> None:
    """Where a table has a total among its rows, one hidden part alone is never total less rest."""
    leaks = []
    for name, table in demo_published.snapshot().tables.items():
        for column in _dimensions(table):
            for rest, rows in _families(table, seen.get(name, {}), column).items():
                total = [r for r in rows if r[column] in (None, "", "all")]
                parts = [r for r in rows if r[column] not in (None, "", "all")]
                hidden = [r for r in parts if r["is_suppressed"]]
                if len(total) == 1 and not total[0]["is_suppressed"] and len(hidden) == 1:
                    leaks += [(name, column, rest, c) for c in _left_over(table, total[0], parts)]
    assert leaks == []


def _dimensions(table: Table) -> list[str]:
    """Columns of words that cut a table's rows."""
    if "is_suppressed" not in table.columns:
        return []
    return [
        column
        for column in table.columns
        if column not in _PLAIN and {type(r[column]) for r in table.rows} - {type(None)} == {str}
    ]


def _families(table: Table, rows: dict[int, Row], column: str) -> dict[Any, list[Row]]:
    others = [c for c in (*_dimensions(table), *sorted(_PLAIN & set(table.columns))) if c != column]
    found: dict[Any, list[Row]] = {}
    for row in rows.values():
        found.setdefault(tuple(str(row[c]) for c in others), []).append(row)
    return found


def _left_over(table: Table, total: Row, parts: list[Row]) -> list[str]:
    """Counts of which the hidden part is what the others leave of the total, about one or few."""
    found = []
    for column in table.columns:
        if type(total[column]) is not int or column.startswith(("excluded_", "sealed_")):
            continue
        left = total[column] - sum(r[column] or 0 for r in parts)
        if 0 < left < 10:
            found.append(column)
    return found
