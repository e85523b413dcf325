"""``kept``: what a hold or the tax law keeps of persons who were erased; listed, and opened on record.

Privacy: numbers, grounds and days in the list; values of one person when records are opened, after the
audit entry.
"""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.session import session_of

group = typer.Typer(no_args_is_help=True)


@group.command("list")
def list_(
    context: typer.Context, request: Annotated[str | None, typer.Option("--request")] = None
) -> None:
    """Records that are kept, why and until when; nobody is named."""
    from pipelines.cli.request import deployed
    from pipelines.rights.keeping import list_kept
    from pipelines.rights.requests import load_request

    session = session_of(context)
    with deployed(session) as deployment, deployment.vault.read() as conn:
        asked = load_request(conn, request).request_id if request else None
        rows = list_kept(conn, asked)
    session.output.listing(rows, "no_kept")


@group.command("show")
def show(
    context: typer.Context,
    kept: Annotated[list[int], typer.Argument()],
    purpose: Annotated[str, typer.Option("--purpose")],
) -> None:
    """Open kept records for whom the law lets look."""
    from pipelines.cli.request import deployed
    from pipelines.rights.keeping import open_kept

    session = session_of(context)
    with deployed(session) as deployment, deployment.vault.begin() as conn:
        opened = open_kept(conn, deployment.vault, kept, actor="steward", purpose=purpose)
    session.output.document(opened)
    heads = session.output.heads(("column_name", "value"))
    for one in opened:
        session.output.line(f"{one['kept_id']} {one['entity']} ({one['source']})")
        rows = [[name, str(value)] for name, value in one["fields"].items() if value is not None]
        for whose in one.get("identity", ()):
            rows += [[name, str(value)] for name, value in whose.items()]
        session.output.table(heads, rows)
