"""``dashboards`` and ``dagster``: servers on this machine, until interrupted."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from pipelines.cli.session import Session, session_of
from pipelines.common.settings import Home

HOST = "127.0.0.1"


def dashboards(
    context: typer.Context,
    port: Annotated[int, typer.Option("--port", min=1, max=65_535)] = 8050,
    host: Annotated[str, typer.Option("--host")] = HOST,
    hash_password: Annotated[bool, typer.Option("--hash-password")] = False,
) -> None:
    """Serve the dashboards with their own key, or print the hash of a password for their users."""
    from dashboards import access
    from dashboards.app import serve
    from dashboards.published import Published
    from pipelines.cli.stores import role_key

    session = session_of(context)
    if hash_password:
        word = typer.prompt("", prompt_suffix="", hide_input=True, err=True)
        typer.echo(access.hashed(word))
        return
    users = access.load(session.home.policy)
    access.require_reachable(users, host)
    figures = Published(session.home, role_key(session, "dashboards"), session.settings)
    figures.tables()

    def ready() -> None:
        session.output.say("serving", url=address(host, port))
        sys.stdout.flush()

    serve(figures, host, port, users, ready)


def address(host: str, port: int) -> str:
    """Where a server is reached; an address of IPv6 stands between brackets."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def dagster(
    context: typer.Context,
    port: Annotated[int, typer.Option("--port", min=1, max=65_535)] = 3000,
) -> None:
    """Become the Dagster UI and daemon of this home."""
    from pipelines.jobs import prepare_instance

    session = session_of(context)
    home = session.existing_home()
    prepare_instance(home)
    session.output.say("serving", url=f"http://{HOST}:{port}")
    sys.stdout.flush()
    arguments = dagster_arguments(port)
    os.execve(arguments[0], arguments, dagster_environment(session, home))  # noqa: S606


def dagster_arguments(port: int) -> list[str]:
    """The words that start Dagster in this interpreter, on the loopback address."""
    module = ["-m", "dagster", "dev", "--module-name", "pipelines.definitions"]
    return [sys.executable, *module, "--host", HOST, "--port", str(port)]


def dagster_environment(session: Session, home: Home) -> dict[str, str]:
    """The environment for Dagster's processes: this one's, with the home named for good.

    Source: Dagster stores messages of errors; they are redacted besides being clean.
    """
    return {
        **os.environ,  # a child needs PATH and the like; nothing is read from it here
        "KLANTKLUIS_HOME": str(home.root),
        "KLANTKLUIS_LEDGER": str(home.ledger),
        "KLANTKLUIS_LANG": session.settings.lang,
        "DAGSTER_HOME": str(home.dagster),
        "DAGSTER_REDACT_USER_CODE_ERRORS": "1",
        "DAGSTER_DISABLE_TELEMETRY": "yes",
    }
