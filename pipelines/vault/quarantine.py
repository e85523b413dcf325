"""Rows that did not land, sealed each under a data key of its own, until they expire.

Privacy: raw rows in, sealed out; line, rule and column stay readable, values never.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.common.clock import now
from pipelines.common.rejects import Reject
from pipelines.vault import audit, schema
from pipelines.vault.bulk import allocate, execute_in, insert_rows, instant_param, select_in
from pipelines.vault.sealing import seal_many, unseal
from pipelines.vault.subjects import Pair, by_kind

if TYPE_CHECKING:
    from pipelines.vault.store import Vault

KEEP_DAYS: Final = 30


class QuarantineCount(NamedTuple):
    """Held rows of one batch by what is wrong with them."""

    batch_id: int
    entity: str | None
    rule: str
    column: str | None
    rows: int


def add_rejects(
    conn: Connection,
    vault: Vault,
    batch_id: int,
    rejects: Iterable[Reject],
    identifiers: Sequence[Iterable[Pair]] | None = None,
    *,
    keep_days: int = KEEP_DAYS,
) -> int:
    """Seal rows into the quarantine.

    Args:
        conn: In the batch's transaction.
        vault: Whose quarantine.
        batch_id: The batch they came with.
        rejects: The rows.
        identifiers: Blind identifiers found in each row, aligned, so that an erasure reaches it.
        keep_days: Until they expire.

    Returns:
        How many rows were put aside.
    """
    rejects = list(rejects)
    if not rejects:
        return 0
    keys = vault.data_keys.create(len(rejects))
    ids = allocate(conn, "quarantine", len(rejects))
    sealed = seal_many(
        (key, _payload(r), _aad(i)) for (_, key), r, i in zip(keys, rejects, ids, strict=True)
    )
    expires = instant_param(conn, now() + timedelta(days=keep_days))
    insert_rows(
        conn, schema.quarantine_rows,
        ("quarantine_id", "batch_id", "line", "entity", "rule", "column_name", "key_id", "sealed",
         "expires_at", "state"),
        (
            (i, batch_id, r.line, r.entity, r.rule, r.column, key_id, blob, expires, "held")
            for i, r, (key_id, _), blob in zip(ids, rejects, keys, sealed, strict=True)
        ),
    )  # fmt: skip
    if identifiers is not None:
        insert_rows(
            conn, schema.quarantine_identifiers, ("quarantine_id", "kind", "blind"),
            ((i, *pair) for i, pairs in zip(ids, identifiers, strict=True) for pair in pairs),
            ignore=True,
        )  # fmt: skip
    return len(rejects)


def count_rows(conn: Connection, batch_id: int | None = None) -> list[QuarantineCount]:
    """Held rows by batch, entity, rule and column, ordered by them."""
    t = schema.quarantine_rows
    grain = (t.c.batch_id, t.c.entity, t.c.rule, t.c.column_name)
    query = sa.select(*grain, sa.func.count()).where(t.c.state == "held")
    if batch_id is not None:
        query = query.where(t.c.batch_id == batch_id)
    rows = conn.execute(query.group_by(*grain).order_by(*grain))
    return [QuarantineCount(*row) for row in rows]


def list_rows(conn: Connection, batch_id: int) -> list[dict[str, Any]]:
    """Held rows of a batch without their content: quarantine_id, line, entity, rule, column."""
    t = schema.quarantine_rows
    query = (
        sa.select(
            t.c.quarantine_id, t.c.line, t.c.entity, t.c.rule, t.c.column_name, t.c.expires_at
        )
        .where(t.c.batch_id == batch_id, t.c.state == "held")
        .order_by(t.c.quarantine_id)
    )
    return [dict(row) for row in conn.execute(query).mappings()]


def release(
    conn: Connection, vault: Vault, quarantine_ids: Iterable[int], *, actor: str, purpose: str
) -> Iterator[Reject]:
    """Unseal rows for a steward to mend, and mark them released; one entry in the audit.

    Privacy: raw rows out.
    """
    rows = _sealed_rows(conn, quarantine_ids)
    audit.append(
        conn, vault, actor=actor, action="quarantine_released", purpose=purpose,
        subject_count=len(rows), payload={"quarantine_ids": [row[0] for row in rows]},
    )  # fmt: skip
    execute_in(
        conn, "UPDATE quarantine_rows SET state = 'released' WHERE quarantine_id IN ({values})",
        [row[0] for row in rows],
    )  # fmt: skip
    yield from _opened(vault, rows)


def read_rows(conn: Connection, vault: Vault, quarantine_ids: Iterable[int]) -> list[Reject]:
    """Unseal rows that stay where they are; the caller has written the audit entry.

    Privacy: raw rows out.
    """
    return list(_opened(vault, _sealed_rows(conn, quarantine_ids)))


def _sealed_rows(conn: Connection, quarantine_ids: Iterable[int]) -> list[tuple[Any, ...]]:
    sql = (
        "SELECT quarantine_id, line, entity, rule, column_name, key_id, sealed "
        "FROM quarantine_rows WHERE quarantine_id IN ({values})"
    )
    return sorted(select_in(conn, sql, sorted(set(quarantine_ids))))


def _opened(vault: Vault, rows: list[tuple[Any, ...]]) -> Iterator[Reject]:
    keys = vault.data_keys.get(row[5] for row in rows)
    for i, line, entity, rule, column, key_id, sealed in rows:
        content = json.loads(unseal(keys[key_id], bytes(sealed), _aad(i)))
        yield Reject(line, entity, rule, column, content)


def rows_with(conn: Connection, pairs: Iterable[Pair]) -> list[int]:
    """Rows in which one of the identifiers was found, ascending."""
    sql = "SELECT quarantine_id FROM quarantine_identifiers WHERE blind IN ({values}) AND kind = {mark}"
    return sorted(
        {
            i
            for kind, blinds in by_kind(pairs).items()
            for (i,) in select_in(conn, sql, blinds, kind)
        }
    )


def key_ids_of(conn: Connection, quarantine_ids: Iterable[int]) -> list[int]:
    """The data keys of rows."""
    sql = "SELECT key_id FROM quarantine_rows WHERE quarantine_id IN ({values})"
    return [key_id for (key_id,) in select_in(conn, sql, quarantine_ids)]


def delete_rows(conn: Connection, quarantine_ids: Iterable[int]) -> int:
    """Delete rows; their data keys are for the caller to destroy."""
    ids = list(quarantine_ids)
    execute_in(conn, "DELETE FROM quarantine_identifiers WHERE quarantine_id IN ({values})", ids)
    return execute_in(conn, "DELETE FROM quarantine_rows WHERE quarantine_id IN ({values})", ids)


def expired(conn: Connection, as_of: datetime) -> list[int]:
    """Rows whose time is over at ``as_of``, ascending."""
    t = schema.quarantine_rows
    query = sa.select(t.c.quarantine_id).where(t.c.expires_at <= as_of)
    return list(conn.scalars(query.order_by(t.c.quarantine_id)))


def _payload(reject: Reject) -> bytes:
    try:
        return orjson.dumps(reject.row, default=str, option=orjson.OPT_NON_STR_KEYS)
    except (TypeError, ValueError):  # lone surrogates of a broken encoding
        return json.dumps({str(k): v for k, v in reject.row.items()}, default=str).encode()


def _aad(quarantine_id: int) -> bytes:
    return b"quarantine %d" % quarantine_id
