"""What a person reads when something fails, and the status a program reads.

Privacy: only an error of ours is shown with its sentence. Of any other exception only the
class and the place in our code are told, for its message may hold a value of the data; with
``--debug`` the stack is added, as places without messages, source lines or locals.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any

from typer import BadParameter
from typer.exceptions import TyperException

from pipelines.cli.texts import Texts
from pipelines.common.errors import KlantkluisError

FAILED, WRONG_USAGE, INTERRUPTED = 1, 2, 130


def explain(error: BaseException, texts: Texts) -> tuple[str, int]:
    """One sentence for people and the exit status.

    Args:
        error: What ended the command.
        texts: The words.
    """
    if isinstance(error, KlantkluisError):
        return texts.error(error), error.exit_status
    if isinstance(error, TyperException):
        return _usage(error, texts), WRONG_USAGE
    if isinstance(error, KeyboardInterrupt):
        return texts("interrupted"), INTERRUPTED
    if isinstance(error, OSError) and error.errno is not None:
        reason = type(error).__name__
        return texts("system_refused", reason=reason, place=_place(error)), FAILED
    return texts("unexpected", kind=type(error).__name__, place=_place(error)), FAILED


def stack(error: BaseException) -> list[str]:
    """The calls that led to an error, outermost first: file, line and function, no values."""
    found: list[str] = []
    current: BaseException | None = error
    while current is not None:
        frames = traceback.extract_tb(current.__traceback__)
        calls = [f"  {_short(f.filename)}:{f.lineno} {f.name}" for f in frames]
        found = [*calls, type(current).__name__, *found]
        current = current.__cause__
    return found


def _usage(error: TyperException, texts: Texts) -> str:
    kinds: dict[str, str] = texts.messages["usage"]
    template = kinds.get(_kind(error))
    name = (
        getattr(error, "option_name", None)
        or _parameter_name(getattr(error, "param", None))
        or getattr(error, "param_hint", None)
    )
    if template and (name or "{name}" not in template):
        return template.format(name=name)
    return texts("usage", message=error.format_message().rstrip("."))


def _kind(error: TyperException) -> str:
    """What is wrong, by its class; a path and a command have none of their own."""
    message = error.format_message()
    if message.startswith("No such command"):
        return "NoSuchCommand"
    if isinstance(error, BadParameter) and message.endswith("does not exist."):
        return "MissingPath"
    return type(error).__name__


def _parameter_name(parameter: Any) -> str | None:
    """``--limit`` of an option, the plain name of an argument."""
    return max(parameter.opts, key=len) if parameter is not None else None


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    ours = [f for f in frames if "site-packages" not in f.filename]
    last = (ours or frames)[-1:] or None
    return f"{_short(last[0].filename)}:{last[0].lineno}" if last else "?"


def _short(filename: str) -> str:
    """The path from our top-level folder on, or the last two parts of a library's."""
    parts = Path(filename).parts
    for root in ("pipelines", "pii_rules", "assets", "dashboards"):
        if root in parts:
            return "/".join(parts[parts.index(root) :])
    return "/".join(parts[-2:])
