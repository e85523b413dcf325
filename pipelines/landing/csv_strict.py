"""CSV record by record: the exact and slow way, for the parts of a file that are not sane.

Owns the grammar (RFC 4180, with any delimiter and quote, quotes inside an unquoted cell taken
literally, as Python's ``csv`` does) and where a broken record ends: it costs one physical line,
and reading goes on with the next, so that one stray quote never swallows a file.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

MAXIMUM_RECORD_BYTES = 64 * 1024 * 1024
"""A quoted cell that is still open after so much text is taken for a missing quote."""


class Record(NamedTuple):
    """One record: its cells, or the raw line with the rule it breaks.

    ``lines`` counts the physical lines it takes; a record without cells and rule is a blank line.
    """

    lines: int
    cells: list[bytes] | None
    rule: str | None
    raw: bytes


def records(
    text: bytes, delimiter: bytes, quote: bytes, is_last: bool
) -> Iterator[tuple[int, Record]]:
    """Records of a block with the offset behind each; stops before one that is not complete.

    Args:
        text: Bytes in UTF-8 that begin at a record.
        delimiter: One byte.
        quote: One byte, or none for files without quoting.
        is_last: Whether the file ends with this block: what is open then stays open.
    """
    position, size = 0, len(text)
    while position < size:
        end = text.find(b"\n", position)
        end = size if end < 0 else end
        if not quote or text.find(quote, position, end) < 0:
            if end == size and not is_last:
                return
            yield min(end + 1, size), _plain(text[position:end], delimiter)
            position = min(end + 1, size)
            continue
        behind, record = _quoted(text, position, end, delimiter, quote)
        if record is None:
            if not is_last and size - position < MAXIMUM_RECORD_BYTES:
                return
            behind, record = min(end + 1, size), _broken(text[position:end], "unclosed_quote")
        elif behind >= size and not is_last and not text.endswith(b"\n", position, behind):
            return
        yield behind, record
        position = behind


def _plain(line: bytes, delimiter: bytes) -> Record:
    line = line.removesuffix(b"\r")
    return Record(1, line.split(delimiter) if line else None, None, line)


def _broken(line: bytes, rule: str) -> Record:
    return Record(1, None, rule, line.removesuffix(b"\r"))


def _quoted(
    text: bytes, start: int, line_end: int, delimiter: bytes, quote: bytes
) -> tuple[int, Record | None]:
    """The record at ``start``; None while a quoted cell of it is open at the end of the text."""
    size = len(text)
    cells: list[bytes] = []
    position = start
    while True:
        if text.startswith(quote, position):
            close = _closing_quote(text, position + 1, quote)
            if close < 0:
                return size, None
            cell = text[position + 1 : close].replace(quote + quote, quote)
            position = close + 1
        else:
            stop = _first_of(text, position, delimiter)
            cell = text[position:stop]
            position = stop
            if text.startswith(b"\n", stop) or stop == size:
                cell = cell.removesuffix(b"\r")
        cells.append(cell)
        if text.startswith(delimiter, position):
            position += 1
            continue
        if text.startswith(b"\r\n", position) or (
            text.startswith(b"\r", position) and position + 1 == size
        ):
            position += 1
        if position < size and not text.startswith(b"\n", position):
            return min(line_end + 1, size), _broken(text[start:line_end], "misplaced_quote")
        behind = min(position + 1, size)
        raw = text[start:position]
        return behind, Record(raw.count(b"\n") + 1, cells, None, raw)


def _closing_quote(text: bytes, position: int, quote: bytes) -> int:
    while True:
        close = text.find(quote, position)
        if close < 0 or not text.startswith(quote, close + 1):
            return close
        position = close + 2


def _first_of(text: bytes, position: int, delimiter: bytes) -> int:
    line_end = text.find(b"\n", position)
    line_end = len(text) if line_end < 0 else line_end
    stop = text.find(delimiter, position, line_end)
    return line_end if stop < 0 else stop
