"""Reads every store of a home whole, as a tester with all keys may; shares no code with readers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from pipelines.common.settings import Home, Settings
from pipelines.vault.keyring import KeyRing
from pipelines.warehouse.connection import attach, open_instance

Rows = dict[str, list[tuple[Any, ...]]]


def duckdb_relations(
    path: Path, key: Any, spill: Path
) -> Iterator[tuple[str, list[str], list[tuple[Any, ...]]]]:
    """Every table of an encrypted DuckDB file: name, columns, rows."""
    connection = open_instance(spill, Settings())
    try:
        attach(connection, path, key, alias="store", read_only=True)
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'store'"
        ).fetchall()
        for schema, table in sorted(tables):
            cursor = connection.execute(f'select * from store."{schema}"."{table}"')
            columns = [d[0] for d in cursor.description]
            yield f"{schema}.{table}", columns, cursor.fetchall()
    finally:
        connection.close()


def open_duckdb(path: Path, key: Any, spill: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection with the file attached as ``store`` and in use."""
    connection = open_instance(spill, Settings())
    attach(connection, path, key, alias="store", read_only=True)
    connection.execute("use store")
    return connection


def stores_of(home: Home) -> list[tuple[Path, Any]]:
    """The encrypted DuckDB files that exist, with their keys."""
    keyring = KeyRing.open(home, Settings(home=home.root))
    pairs = [
        (home.warehouse, keyring.role_key("warehouse")),
        (home.analytics, keyring.role_key("analyst")),
        (home.dashboards, keyring.role_key("dashboards")),
    ]
    return [(path, key) for path, key in pairs if path.exists()]


def sqlite_tables(path: Path) -> Iterator[tuple[str, list[str], list[tuple[Any, ...]]]]:
    """Every table of an SQLite file: name, columns, rows."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.text_factory = lambda b: b.decode("utf-8", "replace")
    try:
        names = [
            n
            for (n,) in connection.execute(
                "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
            )
        ]
        for name in sorted(names):
            cursor = connection.execute(f'select * from "{name}"')
            yield name, [d[0] for d in cursor.description], cursor.fetchall()
    finally:
        connection.close()
