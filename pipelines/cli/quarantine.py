"""``quarantine``: which rows were put aside, where they stand, and why.

Privacy: file, line, rule and column; what the rows hold stays sealed.
"""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.session import session_of

group = typer.Typer(no_args_is_help=True)


@group.command("list")
def list_(
    context: typer.Context, limit: Annotated[int, typer.Option("--limit", min=1)] = 50
) -> None:
    """The newest rows that are held."""
    import sqlalchemy as sa

    from pipelines.cli.stores import open_vault
    from pipelines.vault.schema import batches, quarantine_rows

    session = session_of(context)
    held, batch = quarantine_rows.c, batches.c
    newest = (
        sa.select(
            batch.source, batch.file_name, held.line, held.entity, held.rule, held.column_name,
            held.expires_at,
        )
        .select_from(quarantine_rows.join(batches, held.batch_id == batch.batch_id))
        .where(held.state == "held")
        .order_by(held.quarantine_id.desc())
        .limit(limit)
    )  # fmt: skip
    with open_vault(session) as vault, vault.read() as connection:
        rows = [dict(row) for row in connection.execute(newest).mappings()]
    session.output.document(rows)
    session.output.table(
        session.output.heads(newest.selected_columns.keys()), [list(row.values()) for row in rows]
    )
