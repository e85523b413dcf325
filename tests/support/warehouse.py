"""An encrypted warehouse for tests of the models, with rows made by hand.

Relations are made from the policy's own columns, so a fixture cannot drift from what the
pipeline writes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
from pydantic import SecretStr

from pipelines.common.entities import load_entities
from pipelines.common.policy import load_policy, warehouse_columns
from pipelines.common.settings import Home, Settings
from pipelines.warehouse.connection import connect_warehouse
from pipelines.warehouse.consent_words import WORD_COLUMNS
from pipelines.warehouse.dbt import BuildChoices, BuildResult, build
from pipelines.warehouse.desk_counts import DESK_COLUMNS
from pipelines.warehouse.links import LINK_COLUMNS
from tests.support.parsed import know_project

Row = dict[str, Any]
Marts = dict[str, list[Row]]

KEY = SecretStr("0123456789abcdef0123456789abcdef")


def create_relations(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes every relation that the models read, empty, in the current database."""
    policy = load_policy()
    connection.execute("CREATE SCHEMA pseudo; CREATE SCHEMA ops")
    for entity in load_entities().values():
        columns = warehouse_columns(entity, policy)
        shape = ", ".join(f'"{c.name}" {c.type}' for c in columns)
        connection.execute(f'CREATE TABLE pseudo."{entity.name}" ({shape})')
    connection.execute(
        "CREATE TABLE pseudo.subjects (subject_key VARCHAR, kind VARCHAR, "
        "subject_bucket UTINYINT, staff_alias VARCHAR)"
    )
    connection.execute(f"CREATE TABLE pseudo.subject_links ({LINK_COLUMNS})")
    connection.execute(f"CREATE TABLE pseudo.consent_words ({WORD_COLUMNS})")
    connection.execute(f"CREATE TABLE ops.desk_counts ({DESK_COLUMNS})")
    connection.execute(
        "CREATE TABLE ops.batch_counts (batch_id BIGINT, source VARCHAR, entity VARCHAR, "
        "rows_read BIGINT, landed BIGINT, changed BIGINT, unchanged BIGINT, "
        "quarantined BIGINT, suppressed BIGINT, deleted BIGINT)"
    )


class Warehouse:
    """One warehouse of a test, opened only while something is done with it."""

    def __init__(self, root: Path) -> None:
        self.settings = Settings(home=root, memory_limit_mb=512)
        self.home = Home.of(self.settings)
        for folder in self.home.folders():
            folder.mkdir(parents=True, exist_ok=True)
        know_project(self.home)
        self._records = 0

    @contextmanager
    def connected(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with closing(connect_warehouse(self.home, KEY, self.settings)) as connection:
            yield connection

    def create(self) -> None:
        """Makes every relation that the models read, empty."""
        with self.connected() as connection:
            create_relations(connection)

    def insert(self, rows: dict[str, list[Row]], batch_id: int = 1) -> None:
        with self.connected() as connection:
            for relation, given in rows.items():
                for row in given:
                    self._insert(connection, relation, row, batch_id)

    def _insert(
        self, connection: duckdb.DuckDBPyConnection, relation: str, row: Row, batch_id: int
    ) -> None:
        if relation not in ("subjects", "subject_links", "consent_words"):
            self._records += 1
            row = {"source": "test", "batch_id": batch_id, "record_key": f"r{self._records}"} | row
        names = ", ".join(f'"{name}"' for name in row)
        marks = ", ".join("?" * len(row))
        connection.execute(
            f'INSERT INTO pseudo."{relation}" ({names}) VALUES ({marks})', list(row.values())
        )

    def execute(self, *statements: str) -> None:
        with self.connected() as connection:
            for statement in statements:
                connection.execute(statement)

    def build(self, as_of: datetime, select: tuple[str, ...] = (), **variables: str) -> BuildResult:
        choices = BuildChoices(as_of=as_of, run_id="7", select=select, variables=variables)
        return build(self.home, KEY, self.settings, choices)

    def marts(self) -> Marts:
        """Every table of ``marts`` and ``sealed``, whole."""
        with self.connected() as connection:
            names = connection.execute(
                "SELECT schema_name, table_name FROM duckdb_tables() "
                "WHERE schema_name IN ('marts', 'sealed') AND table_name <> 'dim_date'"
            ).fetchall()
            return {name: _rows(connection, f'"{schema}"."{name}"') for schema, name in names}


def _rows(connection: duckdb.DuckDBPyConnection, relation: str) -> list[Row]:
    cursor = connection.execute(f"SELECT * FROM {relation}")
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
