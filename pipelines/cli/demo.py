"""``demo``: sample data through the whole pipeline, and a word on where to look.

Privacy: the sample's persons do not exist; the demo approves the rules in its own name.
"""

from __future__ import annotations

import shutil
import sys
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.reports import say_landed, say_published
from pipelines.cli.session import Session, session_of
from pipelines.common.errors import UsageError
from pipelines.common.settings import Home, Settings

APPROVED_BY = "the demo, not a person"
MARKER = "demo.txt"
SAMPLE_FOLDER = ".demo-sample"


def demo(
    context: typer.Context,
    scale: Annotated[float, typer.Option("--scale", min=0.01)] = 1,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 1,
    fresh: Annotated[bool, typer.Option("--fresh")] = False,
) -> None:
    """Make sample data, run everything, publish, say where to look."""
    from pipelines.jobs import run_pipeline

    session = session_of(context)
    prepare(session, scale, seed, fresh)
    with session.output.progress() as progress:
        result = run_pipeline(
            session.settings, wait_seconds=session.wait_seconds, progress=progress
        )
    session.output.document(result.document())
    say_landed(session, result.landed)
    say_published(session, result)
    session.output.say("demo_look", home=session.home.root, **_how_to_look(session))


def _how_to_look(session: Session) -> dict[str, str]:
    """The command as it can be typed here, and the home where it is not the one it would find."""
    command = "klantkluis"
    if shutil.which(command) is None:
        beside = Path(sys.executable).parent / command
        here = Path.cwd()
        command = str(beside.relative_to(here) if beside.is_relative_to(here) else beside)
    found = Settings().home.resolve() == session.home.root.resolve()
    return {"command": command, "where": "" if found else f" --home {session.home.root}"}


def prepare(session: Session, scale: float, seed: int, fresh: bool) -> None:
    """A home of the demo with approved rules and the sample's files in its inbox.

    Raises:
        UsageError: The home holds something that no demo made.
    """
    from pipelines.common.approvals import approve
    from pipelines.common.clock import now
    from pipelines.runs import Deployment

    home = session.home
    _refuse_strangers(home)
    if fresh and home.root.is_dir():
        shutil.rmtree(home.root)
        shutil.rmtree(home.ledger, ignore_errors=True)
    if not home.keys.is_dir():
        with Deployment.create(session.settings):
            (home.root / MARKER).write_text(session.texts("demo_marker") + "\n", encoding="utf-8")
        session.output.say("home_made", home=home.root)
    described = home.policy / "organisation.yaml"
    if not described.exists():
        described.write_bytes(files("pipelines.sample").joinpath(described.name).read_bytes())
    if approve(home.policy, APPROVED_BY, now().date()):
        session.output.say("demo_approved")
    _fill_inbox(session, scale, seed)


def _refuse_strangers(home: Home) -> None:
    is_empty = not home.root.is_dir() or not any(home.root.iterdir())
    if not is_empty and not (home.root / MARKER).is_file():
        raise UsageError(
            "this home holds data that no demo made",
            code="home_in_use",
            where={"home": home.root.name},
            todo="give the demo a place of its own with --home",
        )


def _fill_inbox(session: Session, scale: float, seed: int) -> None:
    """Write the sample beside the inbox and move its files in, so that no half file is landed."""
    from pipelines.sample import write_sample

    home = session.home
    workshop = home.inbox / SAMPLE_FOLDER
    shutil.rmtree(workshop, ignore_errors=True)
    with session.output.progress() as progress:
        write_sample(workshop, scale=scale, seed=seed, progress=progress)
    for folder in sorted(workshop.iterdir()):
        if not folder.is_dir() or folder.name == "truth":
            continue
        target = home.inbox / folder.name
        target.mkdir(mode=0o700, exist_ok=True)
        for file in sorted(folder.iterdir()):
            file.replace(target / file.name)
    shutil.rmtree(workshop)
