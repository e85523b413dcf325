"""The contract of what dashboards show: a Great Expectations suite over every ``kpi_`` table.

Rules come from the names of columns, which say their unit: a rate is between 0 and 1, a count
and a number of suppressed rows are not negative. Types and keys are dbt's contract.

Privacy: aggregates in; true or false out (``BOOLEAN_ONLY``).
"""

from __future__ import annotations

from typing import Any, Final

import duckdb

from pipelines.quality.results import CheckResult
from pipelines.warehouse.connection import quote

CHECK: Final = "figures_keep_contract"
_RANGES: Final[dict[str, tuple[float, float | None]]] = {"_rate": (0, 1), "_count": (0, None)}
_NUMBERS = ("BIGINT", "INTEGER", "DOUBLE", "HUGEINT", "FLOAT", "UBIGINT", "SMALLINT")


def check_figures(connection: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """Judge every ``kpi_`` table of the marts.

    Returns:
        One result per table, and one per column that breaks its range.
    """
    tables: dict[str, list[str]] = {}
    for table, column, kind in connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() "
        "WHERE database_name = 'warehouse' AND schema_name = 'marts' "
        "AND table_name LIKE 'kpi\\_%' ESCAPE '\\' ORDER BY ALL"
    ).fetchall():
        columns = tables.setdefault(table, [])
        if kind in _NUMBERS and column.endswith(tuple(_RANGES)):
            columns.append(column)
    results = []
    for table, columns in tables.items():
        broken = _broken(connection, table, columns) if columns else []
        results.append(CheckResult(CHECK, f"marts.{table}", "", 0))
        results += [CheckResult(CHECK, f"marts.{table}", column, 1) for column in broken]
    return results


def _broken(connection: duckdb.DuckDBPyConnection, table: str, columns: list[str]) -> list[str]:
    selected = ", ".join(f"CAST({quote(c)} AS DOUBLE) AS {quote(c)}" for c in columns)
    frame = connection.execute(f"SELECT {selected} FROM warehouse.marts.{quote(table)}").df()
    if frame.empty:
        return []
    # Importing Great Expectations takes seconds; only a build pays for it.
    import great_expectations as gx

    suite = gx.ExpectationSuite(
        name=table, expectations=[_between(gx, column) for column in columns]
    )
    batch = (
        _context(gx)
        .data_sources.add_pandas(table)
        .add_dataframe_asset(table)
        .add_batch_definition_whole_dataframe("whole")
        .get_batch(batch_parameters={"dataframe": frame})
    )
    outcome = batch.validate(suite, result_format="BOOLEAN_ONLY")
    # A rule that could not be computed counts as broken; its message may quote a value.
    return [
        str(result.expectation_config.kwargs["column"])
        for result in outcome.results
        if not result.success
    ]


def _between(gx: Any, column: str) -> Any:
    suffix = next(s for s in _RANGES if column.endswith(s))
    low, high = _RANGES[suffix]
    return gx.expectations.ExpectColumnValuesToBeBetween(
        column=column, min_value=low, max_value=high
    )


def _context(gx: Any) -> Any:
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    return gx.get_context(
        mode="ephemeral",
        project_config=DataContextConfig(
            store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
            analytics_enabled=False,
            progress_bars=ProgressBarsConfig(globally=False),
        ),
    )
