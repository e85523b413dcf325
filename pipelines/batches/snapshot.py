"""What is missing from a full snapshot was deleted at the source.

Cautious: a snapshot of which rows of an entity went into quarantine deletes nothing of that
entity, since a missing key may be one that could not be read. Only records that came in by the
same file pattern of the same source can be missing.
"""

from __future__ import annotations

import polars as pl
import sqlalchemy as sa

from pipelines.batches.context import Batch
from pipelines.batches.report import UNREADABLE
from pipelines.common.entities import Entity, load_entities
from pipelines.vault import schema
from pipelines.vault.records import delete_records

PAGE = 50_000


def delete_missing(batch: Batch) -> None:
    """Delete what the snapshot no longer has, and count it; note of what nothing may be deleted."""
    batches = schema.batches
    same_files = list(
        batch.connection.scalars(
            sa.select(batches.c.batch_id).where(
                batches.c.source == batch.source.name,
                batches.c.file_pattern == batch.file.patterns[0],
                batches.c.batch_id != batch.batch_id,
            )
        )
    )
    unreadable = UNREADABLE in batch.counts
    for name, counts in batch.counts.items():
        if name == UNREADABLE or not same_files:
            continue
        if unreadable or counts.quarantined:
            batch.undeleted.append(name)
            continue
        entity = load_entities()[name]
        if batch.policy.entities[name].is_sealed:
            _delete_sealed(batch, entity, same_files)
            seen = f"kept_{name}"
        else:
            seen = f"keys_{name}"
        counts.deleted += batch.writer.delete(entity, seen, same_files)


def _delete_sealed(batch: Batch, entity: Entity, same_files: list[int]) -> None:
    """Delete the sealed records that were not seen; leaves ``kept_<entity>(record_key)``."""
    records = schema.sealed_records
    seen = batch.seen_of(entity).store()
    batch.duckdb.execute(f"create or replace temp table kept_{entity.name} (record_key VARCHAR)")
    gone: list[int] = []
    last = 0
    while True:
        page = batch.connection.execute(
            sa.select(
                records.c.record_id, records.c.record_blind, records.c.record_key,
                records.c.batch_id,
            )
            .where(
                records.c.entity == entity.name,
                records.c.source == batch.source.name,
                records.c.record_id > last,
            )
            .order_by(records.c.record_id)
            .limit(PAGE)
        ).fetchall()  # fmt: skip
        if not page:
            break
        last = page[-1][0]
        frame = pl.DataFrame(
            [(i, bytes(b), k, n) for i, b, k, n in page],
            schema={
                "record_id": pl.Int64, "blind": pl.Binary, "record_key": pl.String,
                "batch_id": pl.Int64,
            },
            orient="row",
        )  # fmt: skip
        batch.duckdb.register("chunk", frame.to_arrow())
        batch.duckdb.execute(
            f"insert into kept_{entity.name} select record_key from chunk "
            f"semi join {seen} using (blind)"
        )
        gone += [
            i
            for (i,) in batch.duckdb.execute(
                f"select record_id from chunk anti join {seen} using (blind) "
                "where batch_id in (select unnest(?))",
                [same_files],
            ).fetchall()
        ]
        batch.duckdb.unregister("chunk")
    delete_records(batch.connection, gone)
