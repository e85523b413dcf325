"""Which pseudonyms stand for another one, and whose rows nobody may use: ``pseudo.subject_links``.

The vault knows who is merged and who is restricted; staging reads it here, so that the rows
themselves stay as they landed and either can be undone exactly. Privacy: pseudonyms only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

import duckdb
import polars as pl

LINK_COLUMNS: Final = "subject_key VARCHAR, survivor_key VARCHAR, is_restricted BOOLEAN"


class SubjectLink(NamedTuple):
    """``survivor_key`` is the subject's own key where it was not merged."""

    subject_key: str
    survivor_key: str
    is_restricted: bool


def write_links(connection: duckdb.DuckDBPyConnection, links: Iterable[SubjectLink]) -> bool:
    """Replace the links of the warehouse by those of the vault.

    Args:
        connection: Warehouse, outside a transaction, its relations made.
        links: All of them, each subject once.

    Returns:
        Whether anything changed.
    """
    wanted = sorted(links)
    table = "warehouse.pseudo.subject_links"
    if connection.execute(f"select * from {table} order by all").fetchall() == wanted:
        return False
    rows = pl.DataFrame(
        wanted,
        schema={"subject_key": pl.String, "survivor_key": pl.String, "is_restricted": pl.Boolean},
        orient="row",
    )
    connection.register("wanted", rows.to_arrow())
    connection.execute("begin")
    connection.execute(f"delete from {table}")
    connection.execute(f"insert into {table} select * from wanted")
    connection.execute("commit")
    connection.unregister("wanted")
    return True
