"""``audit``: is the chain whole, and who looked at what.

Privacy: kinds, purposes, roles and numbers of requests; payloads stay sealed.
"""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.session import session_of

group = typer.Typer(no_args_is_help=True)


@group.command("verify")
def verify(context: typer.Context) -> None:
    """Check every entry of the chain against its neighbours and the ledger."""
    from pipelines.runs import Deployment

    session = session_of(context)
    session.existing_home()
    with Deployment.open(session.settings) as deployment:
        entries = deployment.vault.verify_audit()
    session.output.document({"entries": entries, "whole": True})
    session.output.say("audit_whole", entries=entries)


@group.command("show")
def show(
    context: typer.Context, limit: Annotated[int, typer.Option("--limit", min=1)] = 20
) -> None:
    """The newest entries, without their payloads."""
    from pipelines.runs import Deployment

    session = session_of(context)
    session.existing_home()
    with Deployment.open(session.settings) as deployment:
        rows = deployment.vault.audit_entries(limit)
    session.output.document(rows)
    if rows:
        heads = [session.texts(f"head_{name}") for name in rows[0]]
        session.output.table(heads, [list(row.values()) for row in rows])
