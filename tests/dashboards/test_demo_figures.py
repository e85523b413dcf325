"""On the demo's publication: what a page and an export say is what SQL says of the file."""

from __future__ import annotations

import csv
import html
import io
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest

from dashboards.app import build
from dashboards.formats import Formats, unit_of
from dashboards.pages import PAGES
from dashboards.periods import periods_of
from dashboards.published import Published
from dashboards.specs import Cards, Grid
from dashboards.texts import Texts
from tests.support.demo import Demo
from tests.support.stores import open_duckdb

MONTH = "period_grain = 'month' and "
"""What a table without grains leaves out of a condition."""


@pytest.fixture(scope="module")
def sql(demo: Demo, demo_published: Published) -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(open_duckdb(demo.home.dashboards, demo_published.key, demo.home.spill)) as opened:
        opened.execute("use store.marts")
        yield opened


@pytest.fixture(scope="module")
def client(demo_published: Published) -> Any:
    return build(demo_published).test_client()


def _rows(sql: Any, table: str, condition: str) -> list[dict[str, Any]]:
    cursor = sql.execute(f'from "{table}" where {condition}')
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _periods(published: Published) -> list[tuple[str, str]]:
    """Keys of periods, newest of each grain and those before it, with the SQL that means them."""
    found = []
    for key, period in periods_of(published.snapshot()).items():
        start = "is null" if period.start is None else f"= date '{period.start}'"
        found.append((key, f"period_grain = '{period.grain}' and period_start {start}"))
    return found


def test_every_card_equals_sql(client: Any, sql: Any, demo_published: Published) -> None:
    snapshot = demo_published.snapshot()
    formats = Formats(Texts("nl"), snapshot.timezone, snapshot.currency)
    compared = 0
    for page in PAGES:
        tables = {p.table for p in page.parts if isinstance(p, Cards)} & set(snapshot.tables)
        for key, condition in _periods(demo_published) if tables else ():
            answer = client.get(f"{page.path}?period={key}&lang=nl")
            assert answer.status_code == 200
            text = answer.text
            shown = dict(re.findall(r'data-figure="([a-z_.]+)">(.*?)</span>', text))
            rows = {}
            for table in tables:
                is_by_grain = "period_grain" in snapshot.tables[table].columns
                if is_by_grain or condition.startswith(MONTH):
                    own = condition if is_by_grain else condition.removeprefix(MONTH)
                    rows[table] = _rows(sql, table, own)
            for name, said in shown.items():
                table, column = name.split(".")
                (row,) = rows[table]
                unit = unit_of(column, _defined(sql, table, column))
                said = html.unescape(re.sub("<[^>]+>", "", said)).strip()
                wanted = "●" if _is_hidden(row, column) else formats.figure(row[column], unit)
                assert said == wanted, (page.identity, key, name)
                compared += said not in {"●", "–"}
    assert compared > 20


def _is_hidden(row: dict[str, Any], column: str) -> bool:
    """What a row says of a figure: hidden with the row, among what it lacks, or by name."""
    lacks = row.get("is_partly_suppressed") and row[column] is None
    named = str(row.get("suppressed_figures") or "").split()
    # a quota is of the company's own making, and always shown
    is_suppressed = row["is_suppressed"] and column != "quota"
    return bool(is_suppressed or lacks or column in named)


def _defined(sql: Any, table: str, column: str) -> str:
    row = sql.execute(
        "select unit from kpi_definitions where table_name = ? and name = ?", [table, column]
    ).fetchone()
    return row[0] if row else ""


def test_every_export_of_a_table_has_the_rows_that_sql_gives(
    client: Any, sql: Any, demo_published: Published
) -> None:
    snapshot = demo_published.snapshot()
    compared = 0
    for page in PAGES:
        for part in page.parts:
            table = snapshot.tables.get(part.table)
            if table is None or not isinstance(part, Grid) or "period_grain" not in table.columns:
                continue
            if part.is_series or not page.has_period:
                continue
            for key, condition in _periods(demo_published):
                for column, value in part.where.items():
                    condition += f" and {column} = '{value}'"
                answer = client.get(f"/export/{page.identity}/{part.title}.csv?period={key}")
                given = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
                columns = [c for c in table.columns if c != "user_key"]  # pages say the alias
                wanted = sql.execute(
                    f'select {", ".join(columns)} from "{part.table}" where {condition}'
                ).fetchall()
                assert given[0] == columns
                assert sorted(map(_said, given[1:])) == sorted(map(_said, wanted))
                compared += len(wanted)
    assert compared > 50


def _said(row: Any) -> tuple[str, ...]:
    values = [
        v.isoformat() if hasattr(v, "isoformat") else "" if v is None else str(v) for v in row
    ]
    return tuple(value.removeprefix("'") for value in values)


def test_campaign_page_equals_sql_for_every_campaign(client: Any, sql: Any) -> None:
    formats = Formats(Texts("en"), "Europe/Amsterdam", "EUR")
    rows = _rows(sql, "kpi_campaign", "true")
    assert rows
    for row in rows:
        text = client.get("/campaign", query_string={"campaign": row["campaign_id"]}).text
        shown = dict(re.findall(r'data-figure="kpi_campaign\.(\w+)">(.*?)</(?:span|dd)>', text))
        for column in ("sent", "delivery_rate", "open_rate", "cost", "roas"):
            unit = unit_of(column, _defined(sql, "kpi_campaign", column))
            wanted = "●" if _is_hidden(row, column) else formats.figure(row[column], unit)
            said = html.unescape(re.sub("<[^>]+>", "", shown[column])).strip()
            assert said.replace("hidden", "") == wanted, (row["campaign_id"], column)


def test_the_demo_publishes_all_that_pages_need(client: Any) -> None:
    assert {client.get(page.path).status_code for page in PAGES} == {200}


def test_every_mart_of_figures_is_on_a_page(repository: Path) -> None:
    marts = {
        path.stem for path in (repository / "dbt_project" / "models" / "marts").glob("kpi_*.sql")
    }
    shown = {part.table for page in PAGES for part in page.parts}
    assert marts - shown == {"kpi_definitions"}
