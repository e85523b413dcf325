"""``rules``: check the policy, and make it live with somebody's name."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.session import session_of

group = typer.Typer(no_args_is_help=True)


@group.command("check")
def check(context: typer.Context) -> None:
    """Check the rules against the entities; say per entity whether they are live."""
    from pipelines.common.policy import load_policy

    session = session_of(context)
    folder = session.home.policy if session.home.policy.is_dir() else None
    policy = load_policy(folder)
    rows = [
        {
            "entity": name,
            "live": policy.is_live(name),
            "approved_by": policy.approvals[name].approved_by if policy.is_live(name) else None,
            "approved_on": policy.approvals[name].approved_on if policy.is_live(name) else None,
            "columns": len(rules.columns),
            "sealed": len(rules.sealed_columns),
        }
        for name, rules in policy.entities.items()
    ]
    session.output.document(rows)
    session.output.rows(rows)
    live = sum(1 for row in rows if row["live"])
    session.output.say("rules_live", live=live, entities=len(rows))


@group.command("approve")
def approve(
    context: typer.Context,
    by: Annotated[str, typer.Option("--by")],
    entity: Annotated[list[str] | None, typer.Option("--entity")] = None,
) -> None:
    """Make rules live; what is live already keeps its name and date."""
    from pipelines.common import approvals, clock

    session = session_of(context)
    home = session.existing_home()
    new = approvals.approve(home.policy, by, clock.now().date(), entity or ())
    session.output.document({"approved": list(new)})
    if new:
        session.output.say("rules_approved", count=len(new), names=", ".join(new))
    else:
        session.output.say("rules_already_live")
