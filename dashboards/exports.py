"""A table of a page as CSV or Excel, with nothing in it that a spreadsheet would compute."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter

from dashboards.blocks import sorted_rows
from dashboards.reading import Reading
from dashboards.specs import Part

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
LONGEST_CELL = 32_000  # Excel holds 32,767 characters
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula.

    Source: OWASP, CSV injection.
    """
    stripped = text.lstrip()
    return f"'{text}" if text.startswith(_STARTS) or stripped.startswith(_STARTS) else text


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
    return _csv(table.columns, values) if kind == "csv" else _xlsx(table.columns, values)


def _csv(columns: Sequence[str], rows: Iterable[list[Any]]) -> bytes:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(columns)
    writer.writerows([guarded(v) if isinstance(v, str) else _plain(v) for v in row] for row in rows)
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _xlsx(columns: Sequence[str], rows: Iterable[list[Any]]) -> bytes:
    buffer = io.BytesIO()
    options = {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
        "strings_to_numbers": False, "remove_timezone": True,
    }  # fmt: skip
    with xlsxwriter.Workbook(buffer, options) as book:
        day, instant = (
            book.add_format({"num_format": f}) for f in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm")
        )
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column, book.add_format({"bold": True}))
        for line, row in enumerate(rows, start=1):
            for place, value in enumerate(row):
                _write(sheet, line, place, value, day, instant)
    return buffer.getvalue()


def _write(sheet: Any, line: int, place: int, value: Any, day: Any, instant: Any) -> None:
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(line, place, value)
    elif isinstance(value, int | float | Decimal):
        sheet.write_number(line, place, value)
    elif isinstance(value, datetime):
        sheet.write_datetime(line, place, value, instant)
    elif isinstance(value, date):
        sheet.write_datetime(line, place, value, day)
    else:
        sheet.write_string(line, place, str(value)[:LONGEST_CELL])
