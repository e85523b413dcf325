"""``retention``: what the policy would remove, and removing it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.session import Session, session_of

if TYPE_CHECKING:
    from pipelines.sweep_plan import SweepPlan

group = typer.Typer(no_args_is_help=True)

_HEADS = ("rule", "entity", "action", "what", "count", "held", "ground")


@group.command("plan")
def plan(
    context: typer.Context,
    on: Annotated[datetime | None, typer.Option("--on", formats=["%Y-%m-%d"])] = None,
) -> None:
    """What would go on a day, per rule; nothing is changed."""
    from pipelines.common.clock import now
    from pipelines.runs import Deployment
    from pipelines.sweep_plan import plan_sweep
    from pipelines.warehouse.lock import home_lock

    session = session_of(context)
    home = session.existing_home()
    at = on.replace(tzinfo=UTC) if on else now()
    with (
        home_lock(home, session.wait_seconds),
        Deployment.open(session.settings) as deployment,
    ):
        found = plan_sweep(deployment, at)
    session.output.document(found.document())
    _show(session, found)


@group.command("apply")
def apply(context: typer.Context) -> None:
    """Remove what is due now, and write the certificate."""
    from pipelines.common.clock import now
    from pipelines.fulfilment import let_go_due
    from pipelines.runs import Deployment
    from pipelines.sweeps import apply_sweep
    from pipelines.warehouse.lock import home_lock

    session = session_of(context)
    home = session.existing_home()
    with (
        home_lock(home, session.wait_seconds),
        Deployment.open(session.settings) as deployment,
    ):
        done = apply_sweep(deployment, now(), actor="steward")
        let_go_due(deployment, now().date())
        deployment.vault.note_audit_head()
    session.output.document(done.document())
    _show(session, done.plan)
    session.output.say(
        "retention_else", outbox=done.outbox_files, quarantine=done.quarantined_rows,
        backups=done.backups,
    )  # fmt: skip
    if done.certificate:
        session.output.say("retention_done", certificate=home.reports / done.certificate)
    else:
        session.output.say("retention_nothing")


@group.command("without-basis")
def without_basis(
    context: typer.Context, queue: Annotated[bool, typer.Option("--queue")] = False
) -> None:
    """Persons who withdrew what they agreed to and of whom nothing else gives a basis."""
    from pipelines.common.clock import now
    from pipelines.runs import Deployment
    from pipelines.warehouse.lock import home_lock
    from pipelines.without_basis import persons_without_basis, queue_without_basis

    session = session_of(context)
    home = session.existing_home()
    with (
        home_lock(home, session.wait_seconds),
        Deployment.open(session.settings) as deployment,
    ):
        found = persons_without_basis(deployment, now())
        queued = queue_without_basis(deployment, now()) if queue else 0
    session.output.document([person.document() for person in found])
    heads = session.output.heads(("customer_key", "since"))
    session.output.table(heads, [[p.customer_key, p.since] for p in found])
    session.output.say("without_basis", persons=len(found), queued=queued)


def _show(session: Session, found: SweepPlan) -> None:
    rows: list[dict[str, Any]] = [rule.document() for rule in found.rules]
    heads = [session.texts(f"head_sweep_{name}") for name in _HEADS]
    session.output.table(heads, [[row[name] for name in _HEADS] for row in rows])
    if found.sealed_kpis:
        session.output.say("retention_sealed", names=", ".join(found.sealed_kpis))
    if found.open_kpis:
        session.output.say("retention_open", names=", ".join(found.open_kpis))
