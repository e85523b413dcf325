"""``hold``: what may not be deleted while a case runs.

Privacy: an identifier comes in, is looked up and forgotten; numbers and references come out.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from pipelines.cli.request import (
    CustomerId,
    Email,
    Phone,
    SubjectKey,
    asked_for,
    deployed,
    namespaces_of,
)
from pipelines.cli.session import session_of
from pipelines.common.errors import UsageError

group = typer.Typer(no_args_is_help=True)


@group.command("add")
def add(
    context: typer.Context,
    reference: Annotated[str, typer.Option("--reference")],
    email: Email = None,
    phone: Phone = None,
    customer_id: CustomerId = None,
    subject: SubjectKey = None,
    record: Annotated[str | None, typer.Option("--record")] = None,
    rule: Annotated[str | None, typer.Option("--rule")] = None,
    until: Annotated[datetime | None, typer.Option("--until", formats=["%Y-%m-%d"])] = None,
) -> None:
    """Keep a person, a record or what a rule would remove."""
    from pipelines.finding import the_person
    from pipelines.rights import holds

    session = session_of(context)
    person = any((email, phone, customer_id, subject))
    if person + (record is not None) + (rule is not None) != 1:
        raise UsageError(
            "a hold is on one person, one record or one rule", code="hold_on_what",
            todo="give --email, --phone, --customer-id or --subject, or --record, or --rule",
        )  # fmt: skip
    last = until.date() if until else None
    with deployed(session) as deployment, deployment.vault.begin() as conn:
        vault = deployment.vault
        if record is not None:
            hold = holds.hold_record(conn, vault, record, reference, until_on=last)
        elif rule is not None:
            policy = deployment.policy
            hold = holds.hold_rule(conn, vault, rule, policy, reference, until_on=last)
        else:
            asked = asked_for(session, email, phone, customer_id, subject)
            match = the_person(conn, vault, asked, namespaces_of(deployment))
            hold = holds.hold_person(conn, vault, match.subject_id, reference, until_on=last)
    session.output.document(hold.document())
    session.output.say("hold_added", number=hold.number)


@group.command("release")
def release(context: typer.Context, number: Annotated[str, typer.Argument()]) -> None:
    """End a hold; what it held back of an erasure goes at once."""
    from pipelines.fulfilment import let_go_kept
    from pipelines.rights.holds import release_hold
    from pipelines.rights.keeping import kept_by_hold

    session = session_of(context)
    with deployed(session) as deployment:
        with deployment.vault.begin() as conn:
            hold = release_hold(conn, deployment.vault, number)
            kept = kept_by_hold(conn, hold.hold_id)
        gone = let_go_kept(deployment, kept, actor="steward") if kept else 0
    session.output.document({"hold": hold.number, "deleted": gone})
    session.output.say("hold_released", number=hold.number, count=gone)


@group.command("list")
def list_(
    context: typer.Context, everything: Annotated[bool, typer.Option("--all")] = False
) -> None:
    """Holds that are active."""
    from pipelines.rights.holds import list_holds

    session = session_of(context)
    with deployed(session) as deployment, deployment.vault.read() as conn:
        rows = [hold.document() for hold in list_holds(conn, released=everything)]
    session.output.listing(rows, "no_holds")
