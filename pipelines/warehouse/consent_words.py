"""Words on consent that no file brought: ``pseudo.consent_words``, for the models.

A steward, a request or an import says them to the vault alone; here its newest state is repeated
before each build. Landed words are in ``pseudo.consents`` and do not come twice.

Privacy: pseudonyms, purposes and instants only.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final, NamedTuple

import duckdb
import polars as pl

WORD_COLUMNS: Final = (
    "word_id BIGINT, customer_key VARCHAR, purpose VARCHAR, channel VARCHAR, status VARCHAR, "
    "occurred_at TIMESTAMPTZ, expires_at TIMESTAMPTZ"
)


class ConsentWord(NamedTuple):
    """One word; ``channel`` is None when it is on all of them."""

    word_id: int
    customer_key: str
    purpose: str
    channel: str | None
    status: str
    occurred_at: datetime
    expires_at: datetime | None


def write_words(connection: duckdb.DuckDBPyConnection, words: Iterable[ConsentWord]) -> bool:
    """Replace the words of the warehouse by those of the vault.

    Args:
        connection: Warehouse, outside a transaction, its relations made.
        words: All of them, each once.

    Returns:
        Whether anything changed.
    """
    instant = pl.Datetime("us", "UTC")
    wanted = pl.DataFrame(
        sorted(words),
        schema={
            "word_id": pl.Int64, "customer_key": pl.String, "purpose": pl.String,
            "channel": pl.String, "status": pl.String,
            "occurred_at": instant, "expires_at": instant,
        },
        orient="row",
    )  # fmt: skip
    table = "warehouse.pseudo.consent_words"
    here = connection.execute(f"select * from {table} order by word_id").pl()
    if here.cast(wanted.schema).equals(wanted):
        return False
    connection.register("wanted", wanted.to_arrow())
    connection.execute("begin")
    connection.execute(f"delete from {table}")
    connection.execute(f"insert into {table} select * from wanted")
    connection.execute("commit")
    connection.unregister("wanted")
    return True
