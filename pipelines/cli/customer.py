"""``customer``: one customer unsealed for a steward, or a restriction lifted.

Privacy: values of one person on the screen of who asked, after the audit entry.
"""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.session import session_of

group = typer.Typer(no_args_is_help=True)

Key = Annotated[str, typer.Argument()]


@group.command("show")
def show(
    context: typer.Context,
    key: Key,
    purpose: Annotated[str, typer.Option("--purpose")],
    texts: Annotated[bool, typer.Option("--texts")] = False,
) -> None:
    """What a purpose may see of a customer."""
    from pipelines.cli.request import deployed
    from pipelines.customers import show_customer

    session = session_of(context)
    with deployed(session) as deployment:
        shown = show_customer(deployment, key, purpose, texts=texts)
    session.output.document(shown)
    session.output.say("customer_is", pseudonym=shown["customer_key"], state=shown["state"])
    if shown["merged"]:
        session.output.say("customer_merged", keys=", ".join(shown["merged"]))
    heads = session.output.heads(("column_name", "value"))
    for record in shown["records"]:
        session.output.line(f"{record['entity']} ({record['source']}) {record['record']}")
        session.output.table(heads, [[n, str(v)] for n, v in record["fields"].items()])


@group.command("lift")
def lift(context: typer.Context, key: Key) -> None:
    """Let a restricted customer's data be used again, once they were told."""
    from pipelines.cli.request import deployed
    from pipelines.rights.person import person_by_key
    from pipelines.rights.restriction import lift_restriction

    session = session_of(context)
    with deployed(session) as deployment, deployment.vault.begin() as conn:
        person = person_by_key(conn, key)
        lifted = lift_restriction(conn, deployment.vault, person.subject_id, actor="steward")
    session.output.document({"customer_key": person.subject_keys[0], "lifted": lifted})
    session.output.say("restriction_lifted" if lifted else "restriction_was_not")


@group.command("corrections")
def corrections(context: typer.Context, key: Key) -> None:
    """What of a customer was corrected, without the values."""
    from pipelines.cli.request import deployed
    from pipelines.rights.person import person_by_key
    from pipelines.vault.overlays import list_overlays

    session = session_of(context)
    with deployed(session) as deployment, deployment.vault.read() as conn:
        rows = list_overlays(conn, person_by_key(conn, key).subject_ids)
    session.output.listing(rows, "no_corrections")


@group.command("revert")
def revert(context: typer.Context, correction: Annotated[int, typer.Argument()]) -> None:
    """Undo a correction: what the source says counts again."""
    from pipelines.cli.request import deployed
    from pipelines.corrections import revert as undo
    from pipelines.warehouse.lock import home_lock

    session = session_of(context)
    with home_lock(session.existing_home(), session.wait_seconds), deployed(session) as deployment:
        undo(deployment, correction)
    session.output.document({"reverted": correction})
    session.output.say("correction_reverted")
