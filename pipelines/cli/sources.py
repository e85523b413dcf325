"""``sources``: what is known, what is in the inbox, and adding a mapping.

Privacy: names of sources, patterns and files; no content of a file is read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.session import Session, session_of
from pipelines.common.errors import InputError

if TYPE_CHECKING:
    from pipelines.landing.sources import SourceMapping

group = typer.Typer(invoke_without_command=True)


@group.callback()
def sources(context: typer.Context) -> None:
    """List the sources unless a command below is named."""
    if context.invoked_subcommand is None:
        _list(session_of(context))


@group.command("list")
def list_sources(context: typer.Context) -> None:
    """The sources known, their mapping, what is in the inbox."""
    _list(session_of(context))


@group.command("add")
def add(
    context: typer.Context, file: Annotated[Path, typer.Argument(dir_okay=False, exists=True)]
) -> None:
    """Check a mapping, keep it in the home, make its inbox."""
    from pipelines.landing.sources import SHIPPED_SOURCES, load_source, load_sources

    session = session_of(context)
    home = session.existing_home()
    source = load_source(file)
    known = load_sources([SHIPPED_SOURCES, home.sources])
    target = home.sources / f"{source.name}.yaml"
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as copy:
        copy.write(file.read_bytes())
    inbox = home.inbox / source.name
    inbox.mkdir(mode=0o700, exist_ok=True)
    session.output.document({"source": source.name, "mapping": str(target), "inbox": str(inbox)})
    session.output.say("source_added", name=source.name, inbox=inbox)
    if source.name in known:
        session.output.say("source_replaced", name=source.name)


def _list(session: Session) -> None:
    from pipelines.landing.sources import SHIPPED_SOURCES, load_sources

    home = session.home
    known = load_sources([SHIPPED_SOURCES, home.sources])
    own = {path.stem for path in home.sources.glob("*.yaml")} if home.sources.is_dir() else set()
    rows = [_row(session, source, source.name in own) for source in known.values()]
    session.output.document(rows)
    if not rows:
        session.output.say("no_sources")
        return
    session.output.table(
        session.output.heads(rows[0]), [[_text(value) for value in row.values()] for row in rows]
    )


def _row(session: Session, source: SourceMapping, is_own: bool) -> dict[str, Any]:
    from pipelines.landing.sources import match_files, unmatched_files

    inbox = session.home.inbox / source.name
    try:
        waiting = [file.path.name for file in match_files(source, inbox)]
        strange = [path.name for path in unmatched_files(source, inbox)]
    except OSError:
        raise InputError(
            "the inbox cannot be read",
            code="inbox_unreadable",
            where={"source": source.name},
            todo="let the user who runs this own the folder",
        ) from None
    return {
        "source": source.name,
        "mapping": "home" if is_own else "shipped",
        "patterns": [pattern for mapping in source.files for pattern in mapping.patterns],
        "entities": sorted(source.entities),
        "waiting": waiting,
        "unmatched": strange,
    }


def _text(value: object) -> object:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else value
