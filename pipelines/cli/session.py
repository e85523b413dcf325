"""What every command gets: the settings of the home, the words, the way out."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import cast

import typer

from pipelines.cli.output import Output
from pipelines.cli.texts import Texts
from pipelines.common.errors import UsageError
from pipelines.common.settings import Home, Settings


@dataclass(frozen=True)
class Session:
    """One call of the command line."""

    settings: Settings
    output: Output
    wait_seconds: float
    debug: bool
    language_asked: str | None = None
    """Of ``--lang`` on the command line; ``settings.lang`` may be from the environment too."""

    @property
    def texts(self) -> Texts:
        """The words of the chosen language."""
        return self.output.texts

    @property
    def home(self) -> Home:
        """The places of the home, made or not."""
        return Home.of(self.settings)

    def existing_home(self) -> Home:
        """The home, which has to be there.

        Raises:
            UsageError: There is none (``home_missing``).
        """
        if not self.home.keys.is_dir():
            raise UsageError(
                "there is no home of Klantkluis here",
                code="home_missing",
                where={"home": str(self.settings.home)},
                todo="make one with klantkluis init, or name another with --home",
            )
        return self.home


def session_of(context: typer.Context) -> Session:
    """The session that the root command has put into the context."""
    return cast(Session, context.find_root().obj)


def ask_unseen(label: str) -> str:
    """What is typed behind a label without being shown; from a pipe its next line.

    Raises:
        typer.Abort: There is no more.
    """
    if sys.stdin.isatty():
        answer: str = typer.prompt(label, hide_input=True, err=True)
        return answer.strip()
    line = sys.stdin.readline()
    if not line.strip():
        raise typer.Abort
    return line.strip()
