"""Batches: what each file brought, and what became of every row of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, Protocol

import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.common.errors import CheckError
from pipelines.vault import schema
from pipelines.vault.bulk import allocate

BatchState = Literal["started", "landed"]


class NewBatch(NamedTuple):
    """One file about to land. Privacy: ``file_name`` is as the source named it."""

    run_id: str | None
    source: str
    file_name: str
    file_pattern: str | None
    file_fingerprint: str
    mapping_fingerprint: str
    policy_fingerprint: str
    mode: str
    started_at: datetime


class Counts(Protocol):
    """Rows of one entity: read = landed + unchanged + quarantined + suppressed.

    ``changed`` is the part of ``landed`` that replaced a row; ``deleted`` counts rows that a
    snapshot no longer has.
    """

    rows_read: int
    landed: int
    changed: int
    unchanged: int
    quarantined: int
    suppressed: int
    deleted: int


COUNTS: Final = tuple(Counts.__annotations__)


def start_batch(conn: Connection, batch: NewBatch) -> int:
    """Note a batch; it exists only when the transaction commits, state ``landed``."""
    (batch_id,) = allocate(conn, "batches", 1)
    row = batch._asdict() | {"batch_id": batch_id, "state": "started", "rows_read": 0}
    conn.execute(sa.insert(schema.batches).values(row))
    return batch_id


def finish_batch(
    conn: Connection,
    batch_id: int,
    counts: Mapping[str, Counts],
    *,
    rows_read: int,
    landed_at: datetime,
    unmapped: Mapping[str, int] | None = None,
) -> None:
    """Mark a batch landed, with its counts per entity and its columns without a mapping.

    Raises:
        CheckError: Rows of an entity got lost between reading and landing.
    """
    for entity, c in counts.items():
        if c.rows_read != c.landed + c.unchanged + c.quarantined + c.suppressed:
            raise CheckError(
                "rows were read that neither landed nor were put aside", code="rows_lost",
                where={"batch": batch_id, "entity": entity, "read": c.rows_read},
                todo="report this, the batch has not landed",
            )  # fmt: skip
    rows = [
        {"batch_id": batch_id, "entity": entity} | {name: getattr(c, name) for name in COUNTS}
        for entity, c in counts.items()
    ]
    if rows:
        conn.execute(sa.insert(schema.batch_counts), rows)
    columns = [
        {"batch_id": batch_id, "column_name": name, "filled_count": filled}
        for name, filled in (unmapped or {}).items()
    ]
    if columns:
        conn.execute(sa.insert(schema.batch_unmapped), columns)
    conn.execute(
        sa.update(schema.batches)
        .where(schema.batches.c.batch_id == batch_id)
        .values(state="landed", landed_at=landed_at, rows_read=rows_read)
    )


def landed_fingerprint(
    conn: Connection,
    source: str,
    file_fingerprint: str,
    mapping_fingerprint: str,
    policy_fingerprint: str,
) -> sa.RowMapping | None:
    """The newest landed batch of the same file under the same mapping and rules, if any."""
    t = schema.batches
    query = (
        sa.select(t)
        .where(
            t.c.source == source,
            t.c.file_fingerprint == file_fingerprint,
            t.c.mapping_fingerprint == mapping_fingerprint,
            t.c.policy_fingerprint == policy_fingerprint,
            t.c.state == "landed",
        )
        .order_by(t.c.batch_id.desc())
        .limit(1)
    )
    return conn.execute(query).mappings().first()


def landed_batches(conn: Connection) -> set[int]:
    """Ids of all landed batches."""
    t = schema.batches
    return set(conn.scalars(sa.select(t.c.batch_id).where(t.c.state == "landed")))


def has_landed(conn: Connection, entity: str, source: str) -> bool:
    """Whether an earlier batch of a source brought any row of an entity."""
    b, c = schema.batches, schema.batch_counts
    query = (
        sa.select(c.c.batch_id)
        .join(b, b.c.batch_id == c.c.batch_id)
        .where(b.c.source == source, c.c.entity == entity, c.c.landed > 0)
        .limit(1)
    )
    return conn.execute(query).first() is not None


def batch_report(conn: Connection, batch_id: int | None = None) -> list[dict[str, Any]]:
    """One row per batch and entity with its counts, oldest first.

    A batch that read nothing of any entity has one row without counts.

    Args:
        conn: Where.
        batch_id: One batch; all by default.
    """
    b, c = schema.batches, schema.batch_counts
    query = (
        sa.select(
            b.c.batch_id, b.c.run_id, b.c.source, b.c.file_name, b.c.mode, b.c.state,
            b.c.landed_at, b.c.rows_read.label("file_rows_read"),
            *(column for column in c.c if column.name != "batch_id"),
        )
        .select_from(b.outerjoin(c, b.c.batch_id == c.c.batch_id))
        .order_by(b.c.batch_id, c.c.entity)
    )  # fmt: skip
    if batch_id is not None:
        query = query.where(b.c.batch_id == batch_id)
    return [dict(row) for row in conn.execute(query).mappings()]


def unmapped_columns(conn: Connection, batch_id: int) -> dict[str, int]:
    """Columns of a file that no mapping names, with how many rows filled them."""
    t = schema.batch_unmapped
    query = sa.select(t.c.column_name, t.c.filled_count).where(t.c.batch_id == batch_id)
    return {row.column_name: row.filled_count for row in conn.execute(query)}
