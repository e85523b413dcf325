"""``audit``: is the chain whole, and who looked at what.

Privacy: kinds, purposes, roles and numbers of requests; payloads stay sealed.
"""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.session import session_of
from pipelines.common.errors import CheckError

group = typer.Typer(no_args_is_help=True)


@group.command("verify")
def verify(context: typer.Context) -> None:
    """Check every entry of the chain against its neighbours and the ledger, and each certificate."""
    from pipelines.cli.stores import open_vault
    from pipelines.rights.certificates import verify_against_chain
    from pipelines.vault import audit
    from pipelines.vault.suppression import missing_suppressions

    session = session_of(context)
    with open_vault(session) as vault, vault.read() as connection:
        result = audit.verify(connection, vault)
        missing = missing_suppressions(connection, vault)
        is_whole = result.is_intact and not missing
        reports = session.existing_home().reports
        certified = verify_against_chain(connection, vault, reports) if is_whole else None
    session.output.document(
        {
            "entries": result.entry_count,
            "whole": result.first_bad is None,
            "certificates": sum(certified) if certified else None,
        }
    )
    if result.first_bad is not None:
        raise CheckError(
            "the audit chain was changed from outside",
            code="audit_broken",
            where={"entry": result.first_bad},
            todo="keep the file as it is and tell the data protection officer",
        )
    if missing:
        raise CheckError(
            "the vault lacks suppressions that the erasure ledger knows",
            code="suppressions_missing",
            where={"identifiers": missing},
            todo="land nothing, keep the file as it is and tell the data protection officer",
        )
    session.output.say(
        "audit_whole", entries=result.entry_count, certificates=sum(certified or (0,))
    )


@group.command("show")
def show(
    context: typer.Context, limit: Annotated[int, typer.Option("--limit", min=1)] = 20
) -> None:
    """The newest entries, without their payloads."""
    import sqlalchemy as sa

    from pipelines.cli.stores import open_vault
    from pipelines.vault.schema import audit_entries as t

    session = session_of(context)
    columns = (t.c.sequence, t.c.at, t.c.actor, t.c.action, t.c.purpose, t.c.request)
    newest = sa.select(*columns, t.c.subject_count).order_by(t.c.sequence.desc()).limit(limit)
    with open_vault(session) as vault, vault.read() as connection:
        rows = [dict(row) for row in connection.execute(newest).mappings()]
    session.output.document(rows)
    session.output.table(
        session.output.heads(newest.selected_columns.keys()), [list(row.values()) for row in rows]
    )
