"""A table of a page as CSV or Excel, with nothing in it that a spreadsheet would compute."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from dashboards.blocks import listing, sorted_rows
from dashboards.reading import Reading
from dashboards.specs import Checks, Part, Publication
from pipelines.common.sheets import csv_bytes, xlsx_bytes

PSEUDONYMS = frozenset({"user_key"})
"""Keys of one colleague each: pages and files call them by their alias."""
KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def export(part: Part, reading: Reading, kind: str) -> bytes:
    """The rows that a part shows under the reader's choices, with all published columns but keys.

    Args:
        part: A part whose table is published, or a listing.
        reading: The choices of the reader.
        kind: ``csv`` or ``xlsx``.

    Privacy: figures that the page shows; a hidden one is empty and ``is_suppressed`` says so.
    """
    if isinstance(part, Checks | Publication):
        found = listing(part.title, reading)
        return _written(kind, found.heads, found.rows)
    table = reading.snapshot.tables[part.table]
    columns = tuple(c for c in table.columns if c not in PSEUDONYMS)
    rows = sorted_rows(part, reading, table, reading.rows(part))
    return _written(kind, columns, ([row[column] for column in columns] for row in rows))


def _written(kind: str, columns: tuple[str, ...], rows: Iterable[Sequence[Any]]) -> bytes:
    return csv_bytes(columns, rows) if kind == "csv" else xlsx_bytes(columns, rows)
