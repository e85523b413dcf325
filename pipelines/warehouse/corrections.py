"""Brings a corrected value into its pseudonymous row.

Privacy: what the policy lets out of a column, in; nothing out.
"""

from __future__ import annotations

from typing import Any

import duckdb

from pipelines.warehouse.connection import quote


def value_of(
    connection: duckdb.DuckDBPyConnection, entity: str, source: str, record_key: str, column: str
) -> tuple[Any, str | None] | None:
    """A cell and the person whose row it is; None when there is no such row."""
    found = connection.execute(
        f"select {quote(column)}, customer_key from warehouse.pseudo.{quote(entity)} "
        "where source = ? and record_key = ?",
        [source, record_key],
    ).fetchone()
    return None if found is None else (found[0], found[1])


def set_value(
    connection: duckdb.DuckDBPyConnection,
    entity: str,
    source: str,
    record_key: str,
    column: str,
    value: Any,
) -> None:
    """Set a cell; what dbt derives follows with the next build."""
    connection.execute(
        f"update warehouse.pseudo.{quote(entity)} set {quote(column)} = ? "
        "where source = ? and record_key = ?",
        [value, source, record_key],
    )
