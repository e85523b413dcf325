"""The suppression list: whoever was erased is not landed again.

Source: GDPR Art. 17; keeping a blind index for this is what makes the erasure last.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from pipelines.common.clock import now
from pipelines.vault import schema
from pipelines.vault.bulk import insert_rows, instant_param, select_in
from pipelines.vault.subjects import Pair, by_kind, current_epoch

if TYPE_CHECKING:
    from pipelines.vault.store import Vault


def has_suppressions(conn: Connection) -> bool:
    """Whether anybody is suppressed at all; spares the look-ups where nobody is."""
    return conn.exec_driver_sql("SELECT 1 FROM suppressions LIMIT 1").first() is not None


def find_suppressed(conn: Connection, pairs: Iterable[Pair]) -> set[Pair]:
    """Those of the identifiers that may not be landed."""
    if not has_suppressions(conn):
        return set()
    sql = "SELECT blind FROM suppressions WHERE blind IN ({values}) AND kind = {mark}"
    return {
        (kind, blind)
        for kind, blinds in by_kind(pairs).items()
        for (blind,) in select_in(conn, sql, blinds, kind)
    }


def suppress(
    conn: Connection, pairs: Iterable[Pair], reason: str, epoch: int | None = None
) -> None:
    """Let identifiers land no more; those that are suppressed stay as they are."""
    made_with = current_epoch(conn) if epoch is None else epoch
    created_at = instant_param(conn, now())
    insert_rows(
        conn, schema.suppressions, ("kind", "blind", "epoch", "reason", "created_at"),
        ((kind, blind, made_with, reason, created_at) for kind, blind in sorted(set(pairs))),
        ignore=True,
    )  # fmt: skip


def missing_suppressions(conn: Connection, vault: Vault) -> int:
    """How many identifiers the ledger knows as erased that may land again: a sign of tampering."""
    erased: set[Pair] = set()
    for entry in vault.ledger.entries():
        pairs = vault.identifiers_in(entry)
        erased = erased - pairs if entry.kind == "readmitted" else erased | pairs
    return len(erased - find_suppressed(conn, erased)) if erased else 0


def release(conn: Connection, pairs: Iterable[Pair]) -> None:
    """Let identifiers land again, because their person asks for it."""
    mark = "?" if conn.dialect.paramstyle == "qmark" else "%s"
    for kind, blind in pairs:
        conn.exec_driver_sql(
            f"DELETE FROM suppressions WHERE kind = {mark} AND blind = {mark}", (kind, blind)
        )
