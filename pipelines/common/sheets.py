"""Rows as CSV or Excel, with nothing in them that a spreadsheet would compute."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

LONGEST_CELL = 32_000  # Excel holds 32,767 characters
MOST_ROWS = 1_048_575  # Excel's sheet, less the line of names
_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠")


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula.

    Source: OWASP, CSV injection.
    """
    stripped = text.lstrip()
    return f"'{text}" if text.startswith(_STARTS) or stripped.startswith(_STARTS) else text


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """UTF-8 with a byte order mark, as Excel wants it; instants and days as ISO 8601."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([guarded(column) for column in columns])
    writer.writerows([guarded(v) if isinstance(v, str) else _plain(v) for v in row] for row in rows)
    return b"\xef\xbb\xbf" + buffer.getvalue().encode()


def xlsx_bytes(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """One sheet; texts stay texts, numbers, days and instants (UTC) are those of Excel."""
    import xlsxwriter

    buffer = io.BytesIO()
    options = {
        "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
        "strings_to_numbers": False, "remove_timezone": True,
    }  # fmt: skip
    with xlsxwriter.Workbook(buffer, options) as book:
        day, instant = (
            book.add_format({"num_format": f}) for f in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm")
        )
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 0)
        for place, column in enumerate(columns):
            sheet.write_string(0, place, column, bold)
        for line, row in enumerate(rows, start=1):
            for place, value in enumerate(row):
                _write(sheet, line, place, value, day, instant)
    return buffer.getvalue()


def _plain(value: Any) -> Any:
    if isinstance(value, list | dict):
        return _nested(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


def _nested(value: list[Any] | dict[str, Any]) -> str:
    """A list or structure in one cell, as JSON."""
    return json.dumps(value, default=str, ensure_ascii=False)


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
        text = _nested(value) if isinstance(value, list | dict) else str(value)
        sheet.write_string(line, place, text[:LONGEST_CELL])
