"""What the last sound build of a warehouse was of, so that the next one does only what is due.

Views are the project's text: as long as its files and variables are the same, so are they. Keys of
rows that a sound build has tested are unique still, unless a batch was taken back since.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final, NamedTuple

import duckdb

_READ: Final = frozenset({".sql", ".yml", ".csv", ".py"})


class BuildState(NamedTuple):
    """One sound build: a digest of the project, the newest batch in it, and how many there were."""

    project: str
    last_batch: int
    batches: int


def project_digest(project: Path, variables: str) -> str:
    """A digest of what the project's views are made of: its files and dbt's own variables."""
    digest = hashlib.sha256(variables.encode())
    for path in sorted(project.rglob("*")):
        place = path.relative_to(project)
        if path.suffix in _READ and place.parts[0] != "target" and path.is_file():
            digest.update(f"\0{place}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def batches_now(connection: duckdb.DuckDBPyConnection, project: str) -> BuildState:
    """The state that a build of now is of; 0 where the warehouse notes no batches."""
    if not _exists(connection, "batches"):
        return BuildState(project, 0, 0)
    row = connection.execute(
        "SELECT coalesce(max(batch_id), 0), count(*) FROM warehouse.ops.batches"
    ).fetchone()
    return BuildState(project, *(row or (0, 0)))


def built_before(connection: duckdb.DuckDBPyConnection, now: BuildState) -> BuildState | None:
    """The last sound build, where what it made stands and its batches are all still there."""
    if not (_exists(connection, "builds") and _exists(connection, "batches")):
        return None
    row = connection.execute(
        "SELECT project, last_batch, batches FROM warehouse.ops.builds "
        "WHERE project = ? AND batches = "
        "(SELECT count(*) FROM warehouse.ops.batches WHERE batch_id <= last_batch)",
        [now.project],
    ).fetchone()
    return BuildState(*row) if row else None


def last_project(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The digest of the project that the warehouse was soundly built with, whatever came since."""
    if not _exists(connection, "builds"):
        return None
    row = connection.execute("SELECT project FROM warehouse.ops.builds").fetchone()
    return str(row[0]) if row else None


def note_build(connection: duckdb.DuckDBPyConnection, state: BuildState | None) -> None:
    """Keep the state of a sound build; none while a build changes views."""
    connection.execute("CREATE SCHEMA IF NOT EXISTS warehouse.ops")
    connection.execute("BEGIN")
    connection.execute(
        "CREATE OR REPLACE TABLE warehouse.ops.builds "
        "(project VARCHAR, last_batch BIGINT, batches BIGINT)"
    )
    if state:
        connection.execute("INSERT INTO warehouse.ops.builds VALUES (?, ?, ?)", list(state))
    connection.execute("COMMIT")


def _exists(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    query = (
        "SELECT 1 FROM duckdb_tables() "
        "WHERE database_name = 'warehouse' AND schema_name = 'ops' AND table_name = ?"
    )
    return connection.execute(query, [table]).fetchone() is not None
