"""What one build is told: its warehouse and key, and variables of its DuckDB connections.

dbt parses the whole project anew, in several seconds, whenever its profile or one of its own variables
has another value, and every home has other places and every build another instant. What is told here
reaches DuckDB where a connection opens and a model runs, so that a parsed project stays good from run
to run, for a home that moved or whose keys were rotated, and the key stays out of dbt.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import duckdb
from pydantic import SecretStr

from pipelines.warehouse.connection import literal, quote


class BuildSession(NamedTuple):
    """One home's places for dbt. Privacy: the key opens pseudonymous rows."""

    warehouse: Path
    key: SecretStr
    spill: Path
    memory_limit_mb: int
    variables: Mapping[str, str]
    """Names and texts that every connection gets."""


_sessions: list[BuildSession] = []
"""Of the process and not of a context: dbt's threads, which open the connections, inherit none."""


@contextmanager
def build_session(session: BuildSession) -> Iterator[None]:
    """Every connection that dbt opens while the block runs is to this home."""
    _sessions.append(session)
    try:
        yield
    finally:
        _sessions.pop()


def opened() -> BuildSession | None:
    """The session that runs; none where dbt only compiles, on an empty database in memory."""
    return _sessions[-1] if _sessions else None


def configure(connection: duckdb.DuckDBPyConnection) -> None:
    """Set the variables on one connection; a cursor of DuckDB is one of its own."""
    session = opened()
    for name, value in (session.variables if session else {}).items():
        connection.execute(f"SET VARIABLE {quote(name)} = {literal(value)}")
