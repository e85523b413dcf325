"""Lands files: each one a batch that is in both stores or in neither.

Order of a batch: data keys committed (an orphan harms nobody), file set aside, warehouse committed
with what it replaced kept for undo, vault committed (the point of truth), file removed.
:mod:`pipelines.batches.recovery` mends whatever a kill in between has left.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import duckdb
import polars as pl
import sqlalchemy as sa

from pipelines.batches.context import Batch, LandingContext, Progress, Tools
from pipelines.batches.profiles import compare
from pipelines.batches.recovery import landing_under_way, recover, remove_aside, set_aside
from pipelines.batches.report import UNREADABLE, BatchReport, LandSummary
from pipelines.batches.snapshot import delete_missing
from pipelines.common.clock import now
from pipelines.common.entities import Entity, load_entities
from pipelines.common.errors import InputError
from pipelines.common.log import log_event
from pipelines.common.memory import give_back, rare_collections
from pipelines.common.rejects import Reject
from pipelines.identity.resolve import SubjectResolver
from pipelines.landing.chunks import canonical_chunks, file_fingerprint
from pipelines.landing.files import check_unchanged, file_stamp
from pipelines.landing.sources import FileMapping, SourceMapping, match_files
from pipelines.vault import schema
from pipelines.vault.batches import (
    NewBatch,
    finish_batch,
    landed_fingerprint,
    start_batch,
)
from pipelines.vault.quarantine import add_rejects
from pipelines.vault.suppression import has_suppressions
from pipelines.vault.text_flags import save_flag_counts
from pipelines.warehouse.connection import connect_warehouse
from pipelines.warehouse.pseudo import (
    COUNT_COLUMNS,
    BatchWriter,
    create_relations,
    forget_undo,
)

SUBJECTS_AT_ONCE = 50_000
LANDING_SHARE, LEAST_MEMORY_MB = 3, 128
"""DuckDB only keeps and compares rows while landing, and does so as fast with a third of its
memory: the rows of a large file spill, encrypted. Python, Polars and SQLite need the rest."""


class SourceFile(NamedTuple):
    """A file to land; files of the inbox are removed once they are in."""

    source: SourceMapping
    mapping: FileMapping
    path: Path
    is_inbox: bool


def land_inbox(
    context: LandingContext,
    *,
    sources: Sequence[str] | None = None,
    from_path: Path | None = None,
    run_id: str | None = None,
    tools: Tools | None = None,
    progress: Progress | None = None,
) -> LandSummary:
    """Land what is in the inbox, or under a path. The caller holds the home's lock.

    A file that cannot be read fails alone: it stays where it is, its report says why, and the
    others land.

    Args:
        context: The deployment.
        sources: Names of sources; all by default.
        from_path: A folder with a folder per source, a folder of one source's files, or a file.
        run_id: The run this landing belongs to.
        tools: Detector and contracts; made when needed by default.
        progress: Called with the file pattern and the rows read so far.

    Returns:
        One report per file, and the totals.

    Raises:
        InputError: ``sources`` names an unknown source, or nothing at the path fits a mapping.
        StorageError: No space, or a store cannot be written.
    """
    find_files(context, sources=sources, from_path=from_path)
    summary = LandSummary()
    tools = tools or Tools(context.settings)
    key = context.keyring.role_key("warehouse")
    with closing(connect_warehouse(context.home, key, context.settings)) as connection:
        # one checkpoint after many files: each would compress and encrypt anew what the last wrote
        connection.execute("set checkpoint_threshold = '256MB'")
        memory = max(context.settings.memory_limit_mb // LANDING_SHARE, LEAST_MEMORY_MB)
        connection.execute(f"set memory_limit = '{memory}MB'")
        create_relations(connection, context.policy)
        summary.undone_batches = recover(context, connection)
        files = find_files(context, sources=sources, from_path=from_path)
        with rare_collections():
            for file in files:
                report = _land_or_report(context, connection, file, tools, run_id, progress)
                summary.batches.append(report)
                give_back()
                log_event(
                    "file_read",
                    source=report.source,
                    state=report.state,
                    rows=report.rows_read,
                    batch=report.batch_id or 0,
                )
    return summary


def find_files(
    context: LandingContext,
    *,
    sources: Sequence[str] | None = None,
    from_path: Path | None = None,
) -> list[SourceFile]:
    """The files to land, in landing order of what they hold, whatever their source."""
    unknown = [name for name in sources or () if name not in context.sources]
    if unknown:
        raise InputError(
            "a source is unknown",
            code="unknown_source",
            where={"source": unknown[0]},
            todo="klantkluis sources lists those that are known",
        )
    order = {name: place for place, name in enumerate(load_entities())}
    found: list[SourceFile] = []
    for name in sorted(sources or context.sources):
        source = context.sources[name]
        folder = context.home.inbox / name
        if from_path is not None:
            folder = from_path / name if (from_path / name).is_dir() else from_path
        found += [
            SourceFile(source, matched.file_mapping, matched.path, from_path is None)
            for matched in match_files(source, folder)
        ]
    if from_path is not None and not found:
        raise InputError(
            "no file there fits a source",
            code="nothing_to_land",
            where={"path": str(from_path)},
            todo="klantkluis sources shows the file patterns that are known",
        )
    return sorted(found, key=lambda f: min(order[e.entity] for e in f.mapping.entities))


def _land_or_report(
    context: LandingContext,
    connection: duckdb.DuckDBPyConnection,
    file: SourceFile,
    tools: Tools,
    run_id: str | None,
    progress: Progress | None,
) -> BatchReport:
    try:
        return _land_file(context, connection, file, tools, run_id, progress)
    except InputError as error:
        return BatchReport(
            source=file.source.name,
            pattern=file.mapping.patterns[0],
            batch_id=None,
            state="failed",
            error=error.sentence,
            error_code=error.code,
        )


def _land_file(
    context: LandingContext,
    connection: duckdb.DuckDBPyConnection,
    file: SourceFile,
    tools: Tools,
    run_id: str | None,
    progress: Progress | None,
) -> BatchReport:
    stamp = file_stamp(file.path)
    fingerprint = file_fingerprint(file.path)
    with landing_under_way(context.home):
        with context.vault.begin() as vault:
            known = _same_file(vault, context, file, fingerprint)
            batch_id = start_batch(
                vault,
                NewBatch(
                    run_id=run_id,
                    source=file.source.name,
                    file_name=file.path.name,
                    file_pattern=file.mapping.patterns[0],
                    file_fingerprint=fingerprint,
                    mapping_fingerprint=file.source.fingerprint,
                    policy_fingerprint=context.policy.fingerprint,
                    mode=file.mapping.mode,
                    started_at=now(),
                ),
            )
            batch = _new_batch(context, connection, vault, tools, file, batch_id)
            try:
                if known is None:
                    _read(context, batch, file, progress)
                    _apply(batch)
                else:
                    _repeat(batch, known)
                # else the batch bears the fingerprint of other rows than it has
                check_unchanged(file.path, stamp)
                _finish(batch)
                aside = set_aside(file.path, batch_id) if file.is_inbox else None
                batch.writer.commit(_counts_frame(batch))
            except BaseException:
                batch.writer.rollback()
                raise
        _forget(connection)
        if aside is not None:
            remove_aside(aside)
    return BatchReport(
        source=file.source.name,
        pattern=file.mapping.patterns[0],
        batch_id=batch_id,
        state="landed" if known is None else "unchanged",
        rows_read=batch.rows_read,
        entities=batch.counts,
        unmapped=batch.unmapped,
        changes=batch.changes,
        undeleted=batch.undeleted,
    )


def _same_file(
    vault: sa.Connection, context: LandingContext, file: SourceFile, fingerprint: str
) -> int | None:
    """The batch that brought exactly this file, with nothing to do again.

    None when a later batch may have overwritten it, or when rows went into quarantine: those are
    read again, since what was put aside may have expired; what has not is renewed.
    """
    known = landed_fingerprint(
        vault, file.source.name, fingerprint, file.source.fingerprint, context.policy.fingerprint
    )
    if known is None:
        return None
    batches = schema.batches
    newest = vault.scalar(
        sa.select(sa.func.max(batches.c.batch_id)).where(
            batches.c.source == file.source.name,
            batches.c.file_pattern == file.mapping.patterns[0],
        )
    )
    counts = schema.batch_counts
    put_aside = vault.scalar(
        sa.select(sa.func.sum(counts.c.quarantined)).where(counts.c.batch_id == known["batch_id"])
    )
    if put_aside:
        return None
    is_newest = newest == known["batch_id"]
    return int(known["batch_id"]) if is_newest or file.mapping.mode == "append" else None


def _new_batch(
    context: LandingContext,
    connection: duckdb.DuckDBPyConnection,
    vault: sa.Connection,
    tools: Tools,
    file: SourceFile,
    batch_id: int,
) -> Batch:
    source = file.source
    return Batch(
        batch_id=batch_id,
        source=source,
        file=file.mapping,
        policy=context.policy,
        vault=context.vault,
        connection=vault,
        duckdb=connection,
        writer=BatchWriter(connection, context.policy, batch_id, source.name),
        resolver=SubjectResolver(context.vault, vault, batch_id, source.name, source.region),
        tools=tools,
        has_suppressions=has_suppressions(vault),
    )


def _read(
    context: LandingContext, batch: Batch, file: SourceFile, progress: Progress | None
) -> None:
    entities = load_entities()
    for mapping in file.mapping.entities:
        batch.counts_of(mapping.entity)
    for chunk in canonical_chunks(
        file.path, file.mapping, file.source, context.settings.chunk_rows
    ):
        batch.rows_read += chunk.rows_read
        for column, filled in chunk.unmapped.items():
            batch.unmapped[column] = batch.unmapped.get(column, 0) + filled
        for reject in chunk.rejects:
            counts = batch.counts_of(reject.entity or UNREADABLE)
            counts.rows_read += 1
            counts.quarantined += 1
        batch.rejects += chunk.rejects
        if chunk.leftovers is not None:
            batch.rejects += _leftovers(chunk.leftovers)
        for name in entities:
            if name in chunk.frames and not chunk.frames[name].is_empty():
                land_rows(batch, entities[name], chunk.frames[name])
        _quarantine(batch)
        del chunk
        give_back()
        if progress is not None:
            progress(file.mapping.patterns[0], batch.rows_read)
    if file.mapping.mode == "snapshot" and batch.rows_read == 0:
        raise InputError(
            "a full snapshot without rows would delete everything the source has",
            code="empty_snapshot",
            where={"source": file.source.name, "file": file.path.name},
            todo="deliver it again, or use mode upsert for files that may be empty",
        )


def land_rows(batch: Batch, entity: Entity, frame: pl.DataFrame) -> None:
    """As :func:`pipelines.batches.rows.land_rows`; whoever only asks what waits spares Presidio."""
    from pipelines.batches import rows

    rows.land_rows(batch, entity, frame)


def _leftovers(rows: pl.DataFrame) -> list[Reject]:
    """Cells without a mapping, kept sealed until somebody decides; the rows themselves land."""
    return [
        Reject(int(row.pop("_line")), None, "unmapped_column", None, row)
        for row in rows.iter_rows(named=True)
        if any(v is not None for k, v in row.items() if k != "_line")
    ]


def _apply(batch: Batch) -> None:
    """Bring what was appended into ``pseudo`` and complete the counts."""
    entities = load_entities()
    for name, counts in batch.counts.items():
        if name == UNREADABLE:
            continue
        changes = batch.writer.apply(
            entities[name], keep_keys=batch.file.mode == "snapshot" and counts.rows_read > 0
        )
        if batch.policy.entities[name].is_sealed:
            continue
        counts.quarantined += len(changes.conflicts)
        counts.landed += changes.new + changes.changed
        counts.changed += changes.changed
        counts.unchanged += changes.unchanged
        batch.rejects += [
            Reject(row.pop("_line"), name, "duplicate_key", entities[name].key[0], row)
            for row in changes.conflicts
        ]
    if batch.file.mode == "snapshot":
        delete_missing(batch)
    _quarantine(batch)


def _quarantine(batch: Batch) -> None:
    """Seal what was rejected so far, with the identifiers in it, so that an erasure reaches it."""
    if not batch.rejects:
        return
    from pipelines.batches.door import discard_erased, identifiers_of

    kept = discard_erased(batch, batch.rejects)
    identifiers = [identifiers_of(batch, reject) for reject in kept]
    origin = f"{batch.source.name}/{batch.file.patterns[0]}"
    add_rejects(batch.connection, batch.vault, batch.batch_id, kept, identifiers, origin=origin)
    batch.rejects.clear()


def _repeat(batch: Batch, earlier: int) -> None:
    """The same file again under the same mapping and rules: every row is unchanged."""
    table = schema.batch_counts
    rows = batch.connection.execute(sa.select(table).where(table.c.batch_id == earlier))
    for row in rows.mappings():
        counts = batch.counts_of(row["entity"])
        counts.rows_read = row["rows_read"]
        counts.suppressed = row["suppressed"]
        counts.unchanged = row["landed"] + row["unchanged"]
    batch.rows_read = batch.connection.execute(
        sa.select(schema.batches.c.rows_read).where(schema.batches.c.batch_id == earlier)
    ).scalar_one()


def _finish(batch: Batch) -> None:
    save_flag_counts(batch.connection, batch.batch_id, batch.flags)
    compare(batch)
    subjects = schema.subjects
    columns = (
        subjects.c.subject_key, subjects.c.kind, subjects.c.subject_bucket, subjects.c.staff_alias
    )  # fmt: skip
    found = batch.connection.execute(
        sa.select(*columns)
        .where(subjects.c.created_batch == batch.batch_id)
        .order_by(subjects.c.subject_id)
    )
    for rows in found.partitions(SUBJECTS_AT_ONCE):
        batch.writer.add_subjects(
            pl.DataFrame(
                [
                    (k, kind, bucket, f"Seller {n:02d}" if n else None)
                    for k, kind, bucket, n in rows
                ],
                schema={
                    "subject_key": pl.String,
                    "kind": pl.String,
                    "subject_bucket": pl.UInt8,
                    "staff_alias": pl.String,
                },
                orient="row",
            )
        )
    finish_batch(
        batch.connection,
        batch.batch_id,
        batch.counts,
        rows_read=batch.rows_read,
        landed_at=now(),
        unmapped=batch.unmapped,
    )


def _counts_frame(batch: Batch) -> pl.DataFrame:
    return pl.DataFrame(
        [{"entity": name, **vars(c)} for name, c in batch.counts.items()],
        schema={"entity": pl.String, **dict.fromkeys(COUNT_COLUMNS, pl.Int64)},
    )


def _forget(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what only an undo or the batch itself needed."""
    forget_undo(connection)
    for (name,) in connection.execute(
        "select table_name from duckdb_tables() where temporary"
    ).fetchall():
        connection.execute(f'drop table "{name}"')


__all__ = ["LandSummary", "SourceFile", "find_files", "land_inbox", "recover"]
