"""What a reader has chosen, as it stands in the address; the same address is the same view."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from dashboards.published import Snapshot
from dashboards.texts import LANGUAGES

THEMES = ("light", "dark")
COMPARISONS = ("both", "previous", "year", "none")
DIMENSIONS = {
    "channel": "channel", "objective": "objective", "pipeline": "pipeline",
    "campaign": "campaign_id",
}  # fmt: skip
"""Parameters that choose rows, with the column that they choose by."""
LABELS = {"campaign_id": "campaign_name", "user_key": "staff_alias"}
"""Keys of rows, with the column that says what a reader calls them."""
LONGEST = 20_000


@dataclass(frozen=True)
class View:
    """Every choice; what is empty stands on its default. ``ignored`` names nonsense."""

    lang: str = ""
    theme: str = ""
    period: str = ""
    compare: str = ""
    channel: str = ""
    objective: str = ""
    pipeline: str = ""
    campaign: str = ""
    sort: str = ""
    rows: str = ""
    ignored: tuple[str, ...] = ()

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> View:
        """Read an address; what cannot be is left out and named.

        Args:
            parameters: Names and values as the query string has them; a value may be a list.
        """
        names = {f.name for f in fields(cls)} - {"ignored"}
        known: dict[str, str] = {}
        ignored = []
        for name, value in parameters.items():
            text = value[0] if isinstance(value, list) and value else value
            possible = name in names and isinstance(text, str) and len(text) <= LONGEST
            if possible and _may_be(name, text):
                known[name] = text
            else:
                ignored.append(name)
        return cls(**known, ignored=tuple(sorted(ignored)))

    def within(self, snapshot: Snapshot, periods: Mapping[str, Any]) -> View:
        """The same without choices that this publication does not have."""
        lacking = [
            name
            for name, column in DIMENSIONS.items()
            if getattr(self, name) and getattr(self, name) not in values_of(snapshot, column)
        ]
        if self.period and self.period not in periods:
            lacking.append("period")
        emptied: dict[str, Any] = dict.fromkeys(lacking, "")
        return replace(self, **emptied, ignored=tuple(sorted({*self.ignored, *lacking})))

    def query(self, **changes: str) -> str:
        """The query string of this view with changes; defaults are left out."""
        changed = replace(self, **changes)  # type: ignore[arg-type]
        chosen = {
            f.name: getattr(changed, f.name)
            for f in fields(self)
            if f.name != "ignored" and getattr(changed, f.name)
        }
        return f"?{urlencode(chosen)}" if chosen else ""

    def link(self, path: str, **changes: str) -> str:
        """An address that keeps the choices; order and place in a table are of one page."""
        return path + self.query(**{"sort": "", "rows": "", **changes})


@lru_cache(maxsize=64)
def values_of(
    snapshot: Snapshot, column: str, tables: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """The published values of a dimension, in order; of some tables, or of all if none is named."""
    return tuple(
        sorted(
            {
                str(row[column])
                for table in snapshot.tables.values()
                if column in table.columns and (table.name in tables or not tables)
                for row in table.rows
                if row[column] not in (None, "")
            }
        )
    )


@lru_cache(maxsize=16)
def labels_of(snapshot: Snapshot, column: str) -> dict[str, str]:
    """What readers call the values of a key, where a table says so."""
    name = LABELS.get(column)
    return {
        str(row[column]): str(row[name])
        for table in snapshot.tables.values()
        if name and {column, name} <= set(table.columns)
        for row in table.rows
        if row[name] not in (None, "")
    }


def _may_be(name: str, text: str) -> bool:
    allowed = {"lang": LANGUAGES, "theme": THEMES, "compare": COMPARISONS}.get(name)
    if not text:
        return True
    if name in {"sort", "rows"}:
        table, _, rest = text.partition(":")
        return table.startswith("kpi_") and bool(rest)
    return allowed is None or text in allowed
