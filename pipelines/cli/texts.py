"""The words of the command line in English and Dutch, and help texts put on the commands.

Commands carry no words in Python: their help, their examples and those of their parameters
are found in ``messages_<lang>.yaml`` by the command's path and the parameter's name.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

import typer
import yaml

from pipelines.common.errors import KlantkluisError

Language = Literal["nl", "en"]
LANGUAGES: tuple[str, ...] = get_args(Language)


class Texts:
    """The catalogue of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.messages = _catalogue(language)

    def __call__(self, key: str, **fields: object) -> str:
        """The message of that name, with whole numbers in the way of the language."""
        template: str = self.messages["messages"][key]
        return template.format(**{name: self.number(value) for name, value in fields.items()})

    def number(self, value: object) -> object:
        """``1,234`` in English, ``1.234`` in Dutch; anything but a whole number as it is."""
        if not isinstance(value, int) or isinstance(value, bool):
            return value
        return f"{value:,}".replace(",", "." if self.language == "nl" else ",")

    def error(self, error: KlantkluisError) -> str:
        """The one sentence of an error, translated where the catalogue knows its code.

        What stands behind a colon (columns of a query, faults of a file) stays as it is.
        """
        known = self.messages["errors"].get(error.code)
        if known is None:
            return error.sentence
        names: dict[str, str] = self.messages["places"]
        place = ", ".join(f"{names.get(n, n)} {v}" for n, v in error.where.items())
        what = str(known["what"]).format(detail=error.what.partition(": ")[2])
        text = f"{what} ({place})" if place else what
        return f"{text}; {known['todo']}." if known.get("todo") else f"{text}."


def localise(command: Any, texts: Texts, path: str = "klantkluis") -> None:
    """Put help, example and parameter help of the catalogue on a command and those below it.

    Args:
        command: A command or group as ``typer.main.get_command`` makes it.
        texts: The catalogue.
        path: Words of the command, ``rules approve``.

    Raises:
        KeyError: The catalogue does not name the command or a parameter.
    """
    words = texts.messages["commands"][path]
    command.help = words["help"]
    command.short_help = re.split(r"(?<=[.])\s", words["help"], maxsplit=1)[0]
    example = f"{texts('example')}: {words['example']}"
    command.epilog = example if path == "klantkluis" else f"{example}\n\n{texts('global_options')}"
    parameters: dict[str, str] = texts.messages["parameters"]
    for parameter in command.params:
        own = f"{path}.{parameter.name}"
        parameter.help = parameters[own] if own in parameters else parameters[parameter.name]
    help_option = command.get_help_option(typer.Context(command))
    if help_option is not None:
        help_option.help = parameters["help"]
    for name, child in getattr(command, "commands", {}).items():
        localise(child, texts, name if path == "klantkluis" else f"{path} {name}")


@cache
def _catalogue(language: str) -> dict[str, Any]:
    text = files("pipelines.cli").joinpath(f"messages_{language}.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506 - a safe loader, the C one where it is there
    return found
