"""``keys``: rotate them, list their epochs, hand one role's key over."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.session import Session, session_of

group = typer.Typer(no_args_is_help=True)

_HEADS = ("name", "epoch", "created_at", "is_unfinished")


@group.command("rotate")
def rotate(
    context: typer.Context,
    key: Annotated[list[str] | None, typer.Argument()] = None,
) -> None:
    """Rotate keys, all of them by default."""
    from pipelines.rotation import rotate_keys

    session = session_of(context)
    session.existing_home()
    states = rotate_keys(session.settings, key or (), wait_seconds=session.wait_seconds)
    _show(session, [state.document() for state in states])
    if any(state.name == "master" and state.is_unfinished for state in states):
        session.output.say("master_key_next", folder=session.home.keys)


@group.command("list")
def list_(context: typer.Context) -> None:
    """All keys with their epochs."""
    from pipelines.rotation import list_keys
    from pipelines.runs import Deployment

    session = session_of(context)
    session.existing_home()
    with Deployment.open(session.settings) as deployment:
        rows = [state.document() for state in list_keys(deployment)]
    _show(session, rows)


@group.command("export-role")
def export_role(
    context: typer.Context,
    role: Annotated[str, typer.Argument()],
    out: Annotated[Path, typer.Argument()],
) -> None:
    """Write the key of a role into a file of mode 0600."""
    from pipelines.rotation import export_role as export
    from pipelines.runs import Deployment

    session = session_of(context)
    session.existing_home()
    with Deployment.open(session.settings) as deployment:
        export(deployment, role, out)
        deployment.vault.note_audit_head()
    session.output.document({"role": role, "file": str(out)})
    session.output.say("role_key_written", role=role, file=out)


def _show(session: Session, rows: list[dict[str, object]]) -> None:
    session.output.document(rows)
    heads = [session.texts(f"head_key_{name}") for name in _HEADS]
    session.output.table(heads, [[row[name] for name in _HEADS] for row in rows])
