"""``audience``: addresses for one purpose, only of those who may be addressed.

Privacy: counts to the screen, addresses into an encrypted file of the outbox.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.session import session_of

group = typer.Typer(no_args_is_help=True)


@group.command("build")
def build(
    context: typer.Context,
    segment: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    purpose: Annotated[str, typer.Option("--purpose")],
    channel: Annotated[str, typer.Option("--channel")] = "email",
) -> None:
    """Run a segment and write the addresses of those who may be addressed."""
    from pipelines.audiences import build_audience
    from pipelines.common.clock import now
    from pipelines.runs import Deployment
    from pipelines.warehouse.lock import home_lock

    session = session_of(context)
    home = session.existing_home()
    with (
        home_lock(home, session.wait_seconds),
        Deployment.open(session.settings) as deployment,
    ):
        made = build_audience(
            deployment, segment.stem, segment.read_text(encoding="utf-8"), purpose, channel, now()
        )
    session.output.document(made.document())
    session.output.say(
        "audience_built", addressed=made.addressed, selected=made.selected,
        file=home.outbox / made.file_name, until=f"{made.expires_at:%Y-%m-%d}",
    )  # fmt: skip
    for reason, count in made.refused.items():
        session.output.say(f"audience_{reason}", count=count)
    session.output.say("audience_passphrase", passphrase=made.passphrase)
