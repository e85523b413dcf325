"""What a published file must have for the pages to be right: ``schema.yaml``, from the contracts.

A file of another version could lack a column that tells months from years; figures would then be
added up that may not be. So such a file is refused as a whole, and nothing of it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml

Columns = Mapping[str, Mapping[str, str]]
_KINDS = {
    "varchar": "text",
    "boolean": "truth",
    "date": "day",
    "timestamp with time zone": "instant",
}


@cache
def required() -> Columns:
    """Tables, their columns and the types of these, as the contracts of the marts say."""
    text = files("dashboards").joinpath("schema.yaml").read_text("utf-8")
    found: dict[str, dict[str, str]] = yaml.safe_load(text)
    return found


def lacking(published: Columns) -> tuple[str, ...]:
    """What is missing or of another kind: tables, and columns as ``table.column``, in order.

    Any number will do for a number: what is whole in one version may have decimals in the next.

    Args:
        published: Types by table and column, as DuckDB names them.
    """
    found: list[str] = []
    for table, columns in required().items():
        there = published.get(table)
        if there is None:
            found.append(table)
            continue
        found += [
            f"{table}.{name}"
            for name, kind in columns.items()
            if name not in there or _kind(there[name]) != _kind(kind)
        ]
    return tuple(found)


def _kind(kind: str) -> str:
    return _KINDS.get(kind.lower(), "number")
