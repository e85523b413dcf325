"""A table of a page as CSV or Excel, with nothing in it that a spreadsheet would compute."""

from __future__ import annotations

from dashboards.blocks import sorted_rows
from dashboards.reading import Reading
from dashboards.specs import Part
from pipelines.common.sheets import csv_bytes, xlsx_bytes

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def export(part: Part, reading: Reading, kind: str) -> bytes:
    """The rows that a part shows under the reader's choices, with all published columns.

    Args:
        part: A part whose table is published.
        reading: The choices of the reader.
        kind: ``csv`` or ``xlsx``.

    Privacy: figures that the page shows; a hidden one is empty and ``is_suppressed`` says so.
    """
    table = reading.snapshot.tables[part.table]
    rows = sorted_rows(part, reading, table, reading.rows(part))
    values = ([row[column] for column in table.columns] for row in rows)
    return csv_bytes(table.columns, values) if kind == "csv" else xlsx_bytes(table.columns, values)
