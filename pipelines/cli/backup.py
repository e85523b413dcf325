"""``backup``: make, list, verify and restore encrypted backups."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.session import session_of

group = typer.Typer(no_args_is_help=True)

_HEADS = ("backup", "created_at", "size_bytes", "ledger_sequence")


@group.command("create")
def create(context: typer.Context) -> None:
    """Make a backup of the data, and refresh the one of the data keys."""
    from pipelines.backups.create import create_backup
    from pipelines.runs import Deployment
    from pipelines.warehouse.lock import home_lock

    session = session_of(context)
    home = session.existing_home()
    with (
        home_lock(home, session.wait_seconds),
        Deployment.open(session.settings) as deployment,
    ):
        manifest = create_backup(deployment)
    session.output.document(manifest.document())
    session.output.say(
        "backup_made", backup=manifest.backup_id, size=manifest.size_bytes, folder=home.backups
    )


@group.command("list")
def list_(context: typer.Context) -> None:
    """The backups that there are, oldest first."""
    from pipelines.backups.catalogue import list_backups

    session = session_of(context)
    rows = [m.document() for m in list_backups(session.existing_home())]
    session.output.document(rows)
    heads = session.output.heads(_HEADS)
    session.output.table(heads, [[row[name] for name in _HEADS] for row in rows])


@group.command("verify")
def verify(
    context: typer.Context,
    backup: Annotated[str | None, typer.Argument()] = None,
) -> None:
    """Decrypt and read everything in a backup, all of them by default."""
    from pipelines.backups.verify import verify_all, verify_backup
    from pipelines.runs import Deployment

    session = session_of(context)
    session.existing_home()
    with Deployment.open(session.settings) as deployment:
        found = [verify_backup(deployment, backup)] if backup else verify_all(deployment)
    rows = [{"backup": v.manifest.backup_id, **v.opened.document()} for v in found]
    session.output.document(rows)
    for row in rows:
        session.output.say("backup_whole", **row)
    if not rows:
        session.output.say("backup_none")


@group.command("restore")
def restore(
    context: typer.Context,
    backup: Annotated[str | None, typer.Argument()] = None,
    data_keys: Annotated[bool, typer.Option("--data-keys")] = False,
) -> None:
    """Restore a backup, or only replay what the home missed of its ledger."""
    from pipelines.backups.restore import restore_backup

    session = session_of(context)
    session.existing_home()
    done = restore_backup(
        session.settings, backup, with_data_keys=data_keys, wait_seconds=session.wait_seconds
    )
    session.output.document(done.document())
    if done.backup is not None:
        session.output.say("backup_restored", backup=done.backup.backup_id)
    noted = done.noted
    if noted.words or noted.requests or noted.rows:
        session.output.say(
            "backup_noted", words=noted.words, requests=noted.requests, rows=noted.rows
        )
    if noted.unknown_words or noted.unknown_requests or noted.unknown_rows:
        session.output.say(
            "backup_lost",
            words=noted.unknown_words,
            requests=", ".join(noted.unknown_requests) or "-",
            rows=noted.unknown_rows,
            numbers=", ".join(noted.unknown_numbers) or "-",
        )
    if done.outbox_files:
        session.output.say("backup_outbox", files=done.outbox_files)
    session.output.say("ledger_replayed", persons=done.replayed_persons)
    session.output.say("backup_next")
