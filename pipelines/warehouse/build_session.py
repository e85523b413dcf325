"""What one build is told, as variables of its DuckDB connections instead of variables of dbt.

dbt parses the whole project anew whenever one of its own variables has another value, and every
build has another instant. A variable of the connection is read where a model runs, so that the
parsed project stays good from run to run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import duckdb

from pipelines.warehouse.connection import literal, quote

_variables: dict[str, str] = {}
"""Of the process and not of a context: dbt's threads, which open the connections, inherit none."""


@contextmanager
def session_variables(values: Mapping[str, str]) -> Iterator[None]:
    """Names and texts that every connection of dbt gets while the block runs."""
    before = dict(_variables)
    _variables.clear()
    _variables.update(values)
    try:
        yield
    finally:
        _variables.clear()
        _variables.update(before)


def configure(connection: duckdb.DuckDBPyConnection) -> None:
    """Set the variables on one connection; a cursor of DuckDB is one of its own."""
    for name, value in _variables.items():
        connection.execute(f"SET VARIABLE {quote(name)} = {literal(value)}")
