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


def word(kind: str, name: str, language: str) -> str:
    """The word for something; its own name with blanks where there is none.

    Args:
        kind: ``entities``, ``columns``, ``sections``, ``bases``, ``classes`` or ``derived``.
        name: Its name.
        language: ``nl`` or ``en``.
    """
    known = words()[kind].get(name, {})
    return str(known.get(language, name.replace("_", " ")))
