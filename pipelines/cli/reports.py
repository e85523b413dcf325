"""What a run brought, in a few lines: landed, put aside, published. Counts only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.cli.session import Session

if TYPE_CHECKING:
    from pipelines.batches.report import LandSummary


def landed_document(summary: LandSummary) -> dict[str, Any]:
    """The counts of a landing for programs: per file and per entity."""
    return {
        "batches": [
            {
                "batch": batch.batch_id,
                "source": batch.source,
                "pattern": batch.pattern,
                "state": batch.state,
                "rows_read": batch.rows_read,
                "entities": {name: vars(counts) for name, counts in batch.entities.items()},
                "unmapped": batch.unmapped,
                "undeleted": batch.undeleted,
                "changes": [change._asdict() for change in batch.changes],
                "error": batch.error,
                "error_code": batch.error_code,
            }
            for batch in summary.batches
        ],
        "entities": {name: vars(counts) for name, counts in summary.entities.items()},
    }


def say_landed(session: Session, summary: LandSummary) -> None:
    """Lines of totals, one for files without rows, then what is to be known of single files."""
    totals = list(summary.entities.values())
    read = sum(c.rows_read for c in totals)
    if not summary.batches:
        session.output.say("nothing_new")
        return
    session.output.say(
        "landed",
        files=len(summary.batches) - len(summary.failed),
        read=read,
        landed=sum(c.landed for c in totals),
        unchanged=sum(c.unchanged for c in totals),
    )
    session.output.say(
        "put_aside",
        quarantined=sum(c.quarantined for c in totals),
        suppressed=sum(c.suppressed for c in totals),
    )
    if summary.empty:
        names = ", ".join(f"{batch.source}/{batch.pattern}" for batch in summary.empty)
        session.output.say("files_empty", files=len(summary.empty), names=names)
    for batch in summary.batches:
        if batch.unmapped:
            names = ", ".join(
                f"{name} ({session.texts.number(filled)})"
                for name, filled in sorted(batch.unmapped.items())
            )
            session.output.say("unmapped", source=batch.source, names=names)
        if batch.undeleted:
            session.output.say(
                "nothing_deleted",
                source=batch.source,
                pattern=batch.pattern,
                names=", ".join(batch.undeleted),
            )
        for change in batch.changes:
            session.output.say(
                "column_changed",
                source=batch.source,
                column=f"{change.entity}.{change.column}",
                kind=change.kind,
                count=change.value_count,
                filled=change.filled_count,
            )
    for batch in summary.failed:
        session.output.say("file_failed", source=batch.source, error=batch.error or "")


def say_published(session: Session, result: Any) -> None:
    """One line on the publication."""
    if result.published_rows:
        tables = len(result.published_rows)
        session.output.say("published", tables=tables, rows=sum(result.published_rows.values()))
    else:
        session.output.say("published_stands")
