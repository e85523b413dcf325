"""``ingest``, ``run``, ``restate``: land; the whole pipeline; closed periods worked out again."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.reports import landed_document, say_landed, say_published
from pipelines.cli.session import session_of
from pipelines.common.errors import InputError


def ingest(
    context: typer.Context,
    source: Annotated[list[str] | None, typer.Argument()] = None,
    origin: Annotated[Path | None, typer.Option("--from", exists=True)] = None,
) -> None:
    """Land what is in the inbox, or at a path."""
    from pipelines.batches.land import land_inbox
    from pipelines.consents import enter_landed
    from pipelines.runs import Deployment
    from pipelines.warehouse.lock import home_lock

    session = session_of(context)
    home = session.existing_home()
    with (
        home_lock(home, session.wait_seconds),
        Deployment.open(session.settings) as deployment,
        session.output.progress() as progress,
    ):
        summary = land_inbox(
            deployment, sources=source or None, from_path=origin, progress=progress
        )
        enter_landed(deployment)
    session.output.document(landed_document(summary))
    say_landed(session, summary)
    if summary.failed:
        raise _not_landed(len(summary.failed))


def run(
    context: typer.Context,
    select: Annotated[list[str] | None, typer.Option("--select")] = None,
) -> None:
    """Land, pseudonymise, build, check, publish; with nothing new next to nothing."""
    from pipelines.common.policy import load_policy
    from pipelines.jobs import run_pipeline

    session = session_of(context)
    home = session.existing_home()
    with session.output.progress() as progress:
        result = run_pipeline(
            session.settings,
            select=tuple(select or ()),
            wait_seconds=session.wait_seconds,
            progress=progress,
        )
    session.output.document(result.document())
    say_landed(session, result.landed)
    say_published(session, result)
    if not load_policy(home.policy).approvals:
        session.output.say("home_next")
    if result.landed.failed:
        raise _not_landed(len(result.landed.failed))


def restate(
    context: typer.Context,
    start: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"])],
    end: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"])],
    reason: Annotated[str, typer.Option("--reason")],
) -> None:
    """Give closed periods a new version, and publish it."""
    from pipelines.jobs import run_pipeline
    from pipelines.restatement import Restatement

    session = session_of(context)
    session.existing_home()
    wanted = Restatement(start.date(), end.date(), reason)
    result = run_pipeline(session.settings, restatement=wanted, wait_seconds=session.wait_seconds)
    session.output.document(result.document())
    say_published(session, result)


def _not_landed(files: int) -> InputError:
    return InputError(
        "some files could not be landed and stay where they are",
        code="files_failed",
        where={"files": files},
        todo="mend or remove them as said above, and run again",
    )
