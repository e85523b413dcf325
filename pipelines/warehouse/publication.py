"""Writes what is published: the marts for analysts, and the figures alone for dashboards.

Each file has a key of its own and is replaced as a whole. Nothing but tables of the schema
``marts`` gets out, and nothing of it under a name that promises a direct identifier.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import duckdb
from pydantic import SecretStr

from pipelines.common.errors import CheckError
from pipelines.common.log import log_event
from pipelines.common.settings import Home, Settings
from pipelines.warehouse.connection import (
    WAREHOUSE,
    attach,
    connect_warehouse,
    literal,
    quote,
)
from pipelines.warehouse.errors import store_errors
from pipelines.warehouse.replacement import replaced

MARTS: Final = "marts"
_FOR_ALL: Final = frozenset({"metadata", "kpi_definitions"})
FOR_STEWARDS: Final = frozenset({"kpi_privacy_desk"})
"""On a page of the dashboards that asks for the role, and in no file of analysts."""
_NEW: Final = "publication"


class PublishedTable(NamedTuple):
    """A table of the publication with its rows."""

    name: str
    rows: int


class Published(NamedTuple):
    """What was published: to analysts, and the part of it for dashboards."""

    analytics: tuple[PublishedTable, ...]
    dashboards: tuple[PublishedTable, ...]

    @property
    def rows(self) -> int:
        """Rows in the analysts' file."""
        return sum(table.rows for table in self.analytics)


class PublicationKeys(NamedTuple):
    """The keys of the three stores that a publication touches; ``repr`` hides them."""

    warehouse: SecretStr
    analyst: SecretStr
    dashboards: SecretStr


def publish(home: Home, keys: PublicationKeys, settings: Settings) -> Published:
    """Write ``analytics.duckdb`` and ``dashboards.duckdb`` from the marts and swap them in.

    The caller holds the home's lock, and the blocking checks hold.

    Args:
        home: The deployment's places.
        keys: Keys of the warehouse, of analysts and of dashboards.
        settings: Memory limit (MB).

    Returns:
        The tables of both files with their rows, by name.

    Raises:
        CheckError: There are no marts, or a mart has a column of a direct identifier.
        StorageError: No space or not writable; both old files stay readable.

    Privacy: pseudonymous rows and aggregates in; the same out, aggregates only to dashboards.
    """
    with (
        store_errors("publication"),
        closing(connect_warehouse(home, keys.warehouse, settings)) as connection,
    ):
        tables = _mart_tables(connection)
        if not tables:
            raise CheckError(
                "there are no marts to publish", code="no_marts", todo="run klantkluis run"
            )
        _refuse_identifiers(connection)
        figures = [t for t in tables if t.startswith("kpi_") or t in _FOR_ALL]
        for_analysts = [t for t in tables if t not in FOR_STEWARDS]
        published = Published(
            _write(connection, home.analytics, keys.analyst, for_analysts),
            _write(connection, home.dashboards, keys.dashboards, figures),
        )
    log_event("published", count=len(tables), rows=published.rows)
    return published


def _mart_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [
        name
        for (name,) in connection.execute(
            "SELECT table_name FROM duckdb_tables() "
            "WHERE database_name = ? AND schema_name = ? AND NOT temporary ORDER BY table_name",
            [WAREHOUSE, MARTS],
        ).fetchall()
    ]


def _refuse_identifiers(connection: duckdb.DuckDBPyConnection) -> None:
    found = connection.execute(
        "SELECT table_name, column_name FROM duckdb_columns() WHERE database_name = ? "
        "AND schema_name = ? AND (column_name LIKE 'pii\\_%' ESCAPE '\\' "
        "OR column_name IN ('body', 'subject', 'comment', 'title')) LIMIT 1",
        [WAREHOUSE, MARTS],
    ).fetchone()
    if found:
        raise CheckError(
            "a mart has a column that may not be published",
            code="column_not_publishable",
            where={"table": found[0], "column": found[1]},
            todo="take the column out of the model",
        )


def _write(
    connection: duckdb.DuckDBPyConnection, path: Path, key: SecretStr, tables: list[str]
) -> tuple[PublishedTable, ...]:
    with replaced(path) as beside:
        attach(connection, beside, key, alias=_NEW)
        try:
            connection.execute(f"CREATE SCHEMA {_NEW}.{MARTS}")
            # Most tables are too small to keep more than one core busy; so two at a time.
            with ThreadPoolExecutor(2) as threads:
                written = tuple(threads.map(partial(_copy, connection), tables))
            connection.execute(f"USE {WAREHOUSE}")
        finally:
            connection.execute(f"DETACH {_NEW}")
    return written


def _copy(of: duckdb.DuckDBPyConnection, table: str) -> PublishedTable:
    connection = of.cursor()
    target = f"{_NEW}.{MARTS}.{quote(table)}"
    row = connection.execute(
        f"CREATE TABLE {target} AS FROM {WAREHOUSE}.{MARTS}.{quote(table)}"
    ).fetchone()
    comment = connection.execute(
        "SELECT comment FROM duckdb_tables() "
        "WHERE database_name = ? AND schema_name = ? AND table_name = ?",
        [WAREHOUSE, MARTS, table],
    ).fetchone()
    if comment and comment[0]:
        connection.execute(f"COMMENT ON TABLE {target} IS {literal(comment[0])}")
    return PublishedTable(table, int(row[0]) if row else 0)
