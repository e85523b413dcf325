"""The script ``klantkluis``: global options, errors as one sentence, exit statuses.

Exit statuses: 0 done, 1 failed, 2 wrong usage or input, 3 not allowed, 4 busy, 130 interrupted.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import typer
from pydantic import ValidationError

from pipelines.cli.faults import WRONG_USAGE, explain, stack
from pipelines.cli.output import Output
from pipelines.cli.session import Session
from pipelines.cli.texts import LANGUAGES, Texts, localise
from pipelines.common.memory import collect_seldom
from pipelines.common.settings import Settings

WITH_VALUE = ("--home", "--lang", "--wait")
WITHOUT_VALUE = ("--json", "--debug")


def main() -> NoReturn:
    """Entry point of the script."""
    collect_seldom()
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command.

    Args:
        arguments: The words after ``klantkluis``.

    Returns:
        The exit status.
    """
    os.umask(0o077)  # what a command makes is for its owner, whatever the folder lets through
    chosen, rest = hoisted(arguments)
    debug = "--debug" in chosen
    _quiet(debug)
    asked = _option(chosen, "--lang")
    texts = Texts(asked if asked in LANGUAGES else "en")
    try:
        settings = _settings(chosen, asked)
    except ValidationError as error:
        fields = sorted({f"--{e['loc'][0]}" for e in error.errors(include_input=False)})
        typer.echo(texts("wrong_setting", names=", ".join(fields)), err=True)
        return WRONG_USAGE
    texts = Texts(settings.lang)
    try:
        root = _commands(texts)
        session = Session(
            settings=settings,
            output=Output(texts, as_json="--json" in chosen),
            wait_seconds=_seconds(_option(chosen, "--wait")),
            debug=debug,
            language_asked=asked,
        )
        status = root.main(rest, prog_name="klantkluis", standalone_mode=False, obj=session)
        return status if isinstance(status, int) else 0
    except typer.Abort:
        return explain(KeyboardInterrupt(), texts)[1]
    except BrokenPipeError:
        # the reader has gone (`| head`); what was asked for has been given
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - nothing more can be written
        return 0
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the outermost edge; nothing goes on
        sentence, status = explain(error, texts)
        typer.echo(sentence, err=True)
        if debug:
            typer.echo("\n".join(stack(error)), err=True)
        return status


def _commands(texts: Texts) -> Any:
    """The tree of commands with its words, which are put on when the language is known."""
    from pipelines.cli.app import command

    root = command()
    localise(root, texts)
    _translate_panels(texts)
    return root


def hoisted(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Take the global options out of a command line, wherever they stand before ``--``.

    Returns:
        The global options as ``--name`` or ``--name=value``, and the other words in order.
    """
    chosen: list[str] = []
    rest: list[str] = []
    words = list(arguments)
    while words:
        word = words.pop(0)
        name = word.partition("=")[0]
        if word == "--":
            return chosen, [*rest, word, *words]
        if word in WITHOUT_VALUE or (name in WITH_VALUE and "=" in word):
            chosen.append(word)
        elif word in WITH_VALUE and words:
            chosen.append(f"{word}={words.pop(0)}")
        else:
            rest.append(word)
    return chosen, rest


def _option(chosen: list[str], name: str) -> str | None:
    values = [word.partition("=")[2] for word in chosen if word.startswith(f"{name}=")]
    return values[-1] if values else None


def _settings(chosen: list[str], language: str | None) -> Settings:
    home = _option(chosen, "--home")
    given: dict[str, str] = {}
    if home is not None:
        given["home"] = home
    if language is not None:
        given["lang"] = language
    return Settings(**given)  # type: ignore[arg-type]


def _seconds(text: str | None) -> float:
    try:
        seconds = float(text or 0)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 86_400:
        raise typer.BadParameter("", param_hint="--wait")
    return seconds


def _quiet(debug: bool) -> None:
    """No library writes to the terminal; our own events (names and counts) do with --debug."""
    logging.lastResort = None
    logging.getLogger().addHandler(logging.NullHandler())
    if debug:
        ours = logging.getLogger("klantkluis")
        ours.setLevel(logging.INFO)
        ours.addHandler(logging.StreamHandler())
        ours.propagate = False


def _translate_panels(texts: Texts) -> None:
    from typer import rich_utils

    rich_utils.OPTIONS_PANEL_TITLE = texts("options")
    rich_utils.ARGUMENTS_PANEL_TITLE = texts("arguments")
    rich_utils.COMMANDS_PANEL_TITLE = texts("commands")
    rich_utils.DEFAULT_STRING = texts("default")
    rich_utils.REQUIRED_LONG_STRING = texts("required")


if __name__ == "__main__":
    main()
