"""What the privacy desk has to do, in counts: ``ops.desk_counts``, for the models.

The vault is closed to dbt; before each build its counts are repeated here. Privacy: codes of ours
and numbers, no person, no pseudonym, no number of a request.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

import duckdb

DESK_COLUMNS: Final = "topic VARCHAR, item VARCHAR, state VARCHAR, counted BIGINT"


class DeskCount(NamedTuple):
    """One count; ``item`` and ``state`` divide a topic, and are empty where nothing does."""

    topic: str
    item: str
    state: str
    counted: int


def write_desk_counts(connection: duckdb.DuckDBPyConnection, counts: Iterable[DeskCount]) -> bool:
    """Replace the counts of the warehouse by those of the vault; returns whether any changed.

    Args:
        connection: Warehouse, outside a transaction, its relations made.
        counts: All of them, each topic, item and state once.
    """
    wanted = sorted(counts)
    table = "warehouse.ops.desk_counts"
    if connection.execute(f"select * from {table} order by all").fetchall() == wanted:
        return False
    connection.execute("begin")
    connection.execute(f"delete from {table}")
    if wanted:
        connection.executemany(f"insert into {table} values (?, ?, ?, ?)", wanted)
    connection.execute("commit")
    return True
