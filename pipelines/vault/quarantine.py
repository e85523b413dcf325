"""Rows that did not land, sealed each under a data key of its own, until they expire.

A row that comes again renews the one that is held: it is found by a blind index of where it came
from, what is wrong with it, and its content, which stands among its identifiers.

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
ROW_KIND: Final = "quarantined_row"
"""Kind of the blind index of a whole row; no identifier of a person has it."""


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
    origin: str = "",
    keep_days: int = KEEP_DAYS,
) -> int:
    """Seal rows into the quarantine, or renew those that an earlier batch put there.

    Args:
        conn: In the batch's transaction.
        vault: Whose quarantine.
        batch_id: The batch they came with.
        rejects: The rows.
        identifiers: Blind identifiers found in each row, aligned, so that an erasure reaches it.
        origin: Source and pattern of the file. A held row of the same origin, entity, rule, column
            and content takes over batch, line and time; of equal rows in one batch each is kept.
        keep_days: Until they expire.

    Returns:
        How many rows were put aside, renewed ones included.
    """
    rejects = list(rejects)
    if not rejects:
        return 0
    payloads = [_payload(reject) for reject in rejects]
    blinds = [
        vault.index.of(ROW_KIND, _content(origin, reject, payload))
        for reject, payload in zip(rejects, payloads, strict=True)
    ]
    expires = now() + timedelta(days=keep_days)
    held = _held_before(conn, batch_id, blinds)
    renewed = {n: held[blind].pop(0) for n, blind in enumerate(blinds) if held.get(blind)}
    _renew(conn, batch_id, expires, [(i, rejects[n].line) for n, i in renewed.items()])
    new = [n for n in range(len(rejects)) if n not in renewed]
    ids = renewed | _seal(
        conn, vault, batch_id, expires, {n: (rejects[n], payloads[n]) for n in new}
    )
    pairs = {n: [(ROW_KIND, blind)] for n, blind in enumerate(blinds)}
    for n, found in enumerate(identifiers or ()):
        pairs[n] += found
    insert_rows(
        conn, schema.quarantine_identifiers, ("quarantine_id", "kind", "blind"),
        ((ids[n], *pair) for n, found in pairs.items() for pair in found),
        ignore=True,
    )  # fmt: skip
    return len(rejects)


def _content(origin: str, reject: Reject, payload: bytes) -> str:
    parts = (origin, reject.entity or "", reject.rule, reject.column or "", payload.decode())
    return "\0".join(parts)


def _held_before(
    conn: Connection, batch_id: int, blinds: Iterable[bytes]
) -> dict[bytes, list[int]]:
    """Rows of other batches by the blind index of what they are, oldest first.

    One whose time is over is left to the sweep, which may have destroyed its key already.
    """
    sql = (
        "SELECT i.blind, q.quarantine_id FROM quarantine_identifiers i "
        "JOIN quarantine_rows q ON q.quarantine_id = i.quarantine_id "
        "WHERE i.blind IN ({values}) AND i.kind = {mark} AND q.state = 'held' "
        "AND q.batch_id <> {mark} AND q.expires_at > {mark}"
    )
    fixed = (ROW_KIND, batch_id, instant_param(conn, now()))
    found: dict[bytes, list[int]] = {}
    for blind, quarantine_id in select_in(conn, sql, sorted(set(blinds)), *fixed):
        found.setdefault(bytes(blind), []).append(quarantine_id)
    return {blind: sorted(ids) for blind, ids in found.items()}


def _renew(
    conn: Connection, batch_id: int, expires: datetime, rows: Sequence[tuple[int, int]]
) -> None:
    if not rows:
        return
    t = schema.quarantine_rows
    conn.execute(
        sa.update(t)
        .where(t.c.quarantine_id == sa.bindparam("of"))
        .values(batch_id=batch_id, line=sa.bindparam("at"), expires_at=expires),
        [{"of": quarantine_id, "at": line} for quarantine_id, line in rows],
    )


def _seal(
    conn: Connection,
    vault: Vault,
    batch_id: int,
    expires: datetime,
    rows: dict[int, tuple[Reject, bytes]],
) -> dict[int, int]:
    """Insert rows by their place; the same places with the ids they got."""
    if not rows:
        return {}
    keys = vault.data_keys.create(len(rows))
    ids = allocate(conn, "quarantine", len(rows))
    sealed = seal_many(
        (key, payload, _aad(i))
        for (_, key), (_, payload), i in zip(keys, rows.values(), ids, strict=True)
    )
    until = instant_param(conn, expires)
    insert_rows(
        conn, schema.quarantine_rows,
        ("quarantine_id", "batch_id", "line", "entity", "rule", "column_name", "key_id", "sealed",
         "expires_at", "state"),
        (
            (i, batch_id, r.line, r.entity, r.rule, r.column, key_id, blob, until, "held")
            for i, (r, _), (key_id, _), blob in zip(ids, rows.values(), keys, sealed, strict=True)
        ),
    )  # fmt: skip
    return dict(zip(rows, ids, strict=True))


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
