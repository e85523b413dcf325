"""A row that does not land, with the place and the rule, and what is sealed of it."""

from __future__ import annotations

from typing import Any, NamedTuple


class Reject(NamedTuple):
    """One row for the quarantine.

    Privacy: ``row`` holds raw values and may only go into a sealed record; ``repr`` hides it.
    """

    line: int
    """Physical line in the file where the row begins, 1-based, header included; for formats
    without lines the 1-based row number."""
    entity: str | None
    """Canonical entity, None when the row could not be read at all."""
    rule: str
    """Stable code: ragged_row, empty_row, nul_byte, cell_too_large, required, type, values,
    range, duplicate_key, no_entity …"""
    column: str | None
    """Canonical (or source) column that broke the rule."""
    row: dict[str, Any]
    """The raw row, as far as it could be read."""

    def __repr__(self) -> str:
        return f"Reject(line={self.line}, entity={self.entity}, rule={self.rule}, column={self.column})"
