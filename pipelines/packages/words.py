"""The words of a package in Dutch and English, and which columns the organisation worked out.

They are data: ``words.yaml`` beside this module.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any, Literal

import yaml

Origin = Literal["given", "made"]


@cache
def words() -> dict[str, Any]:
    """All of ``words.yaml``."""
    text = files("pipelines.packages").joinpath("words.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return found


def origin_of(entity: str, column: str) -> Origin:
    """``given`` by the person or observed of them, or ``made`` by the organisation."""
    return "made" if column in words()["not_given"].get(entity, ()) else "given"


def shown(column: str, value: Any, language: str) -> str:
    """A value as a reader sees it: codes of ours in words, all else as it is.

    Args:
        column: Its name.
        value: Its value; nothing is shown as nothing.
        language: ``nl`` or ``en``.
    """
    if value is None:
        return ""
    text = str(value)
    codes = words()["bases" if column == "lawful_basis" else "values"]
    known = codes if column == "lawful_basis" else codes.get(column, {})
    if isinstance(value, bool):
        return word("sections", text.lower(), language)
    return str(known[text].get(language, text.replace("_", " "))) if text in known else text


def word(kind: str, name: str, language: str) -> str:
    """The word for something; its own name with blanks where there is none.

    Args:
        kind: ``entities``, ``columns``, ``sections``, ``bases``, ``classes`` or ``derived``.
        name: Its name.
        language: ``nl`` or ``en``.
    """
    known = words()[kind].get(name, {})
    return str(known.get(language, name.replace("_", " ")))
