"""Answers of MetricFlow beside the cells of the mart that they are about."""

from __future__ import annotations

import math
from typing import Any

import duckdb

from dbt_project.generate_semantic import Table, entity_of
from pipelines.warehouse.metrics import STORE, Metrics, Question
from tests.support.warehouse import Row


def cells_and_faults(
    metrics: Metrics, connection: duckdb.DuckDBPyConnection, table: Table, alias: str = STORE
) -> tuple[int, list[str]]:
    """How many cells a mart has, and which of its KPIs MetricFlow answers otherwise for one."""
    entity = entity_of(table.name)
    by = [f"{entity}__{name}" for name in table.dimensions]
    query = metrics.sql(Question([k.metric for k in table.kpis], ["metric_time__day", *by]))
    answers = {
        (_day(row["metric_time__day"]), *(row[name] for name in by)): row
        for row in ask(connection, query.replace(f'"{STORE}"', f'"{alias}"'))
    }
    cells = {
        (
            _day(row[table.time] if table.time else "1970-01-01"),
            *map(row.get, table.dimensions),
        ): row
        for row in ask(connection, f"from {alias}.marts.{table.name}")
    }
    assert set(answers) == set(cells), "MetricFlow has other groups than the mart has cells"
    faults = {
        kpi.column
        for at, cell in cells.items()
        for kpi in table.kpis
        if not _same(answers[at][kpi.metric], cell[kpi.column])
    }
    return len(cells), sorted(faults)


def ask(connection: duckdb.DuckDBPyConnection, query: str) -> list[Row]:
    """The rows of a query as mappings."""
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _same(found: Any, expected: Any) -> bool:
    if found is None or expected is None:
        return found is expected
    if isinstance(found, float) or isinstance(expected, float):
        return math.isclose(found, expected, rel_tol=1e-9)
    return bool(found == expected)


def _day(value: Any) -> str | None:
    """A moment of a mart as the day that a metric is asked by."""
    return None if value is None else str(value)[:10]
