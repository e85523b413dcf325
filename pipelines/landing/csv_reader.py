"""CSV in blocks: each block is parsed by Polars when it is provably sane, record by record if not.

Sane means that every quote opens or closes a cell, that delimiters and line ends outside quotes
are as many as rows and columns need, and that there is no NUL and no lone carriage return. Then
Polars and Python's ``csv`` agree on the cells. Memory does not grow with the file.

Privacy: raw values in and out; errors carry lines and columns only.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray
from polars.exceptions import PolarsError

from pipelines.common.rejects import Reject
from pipelines.landing import csv_strict
from pipelines.landing.files import empty_file, input_error, opened
from pipelines.landing.mapping import FileMapping
from pipelines.landing.raw import LINE, ROW, RawChunk, checked_header, place_schema
from pipelines.landing.rebatch import rebatched
from pipelines.landing.text_blocks import utf8_blocks, wrong_encoding

BLOCK_BYTES = 8 * 1024 * 1024

_EXACT_RECORDS = 10_000
"""After so many records one by one, the rest of the block is tried as sane again."""

_CR, _LF = 13, 10

_MOST_RAGGED = 10
"""One row in so many may be of another width; in a file with more they are no exception."""

_NONE: NDArray[np.int64] = np.empty(0, dtype=np.int64)


class _Shape(NamedTuple):
    """Where the rows of a block are; ``ragged`` has the places of those of another width.

    Quotes are in order throughout, so that a row of another width spoils no other; blank lines are
    among them. ``bounds``: offsets behind each row, with 0 in front; only where rows are ragged.
    """

    rows: int
    end: int
    first_lines: NDArray[np.int64]
    lines: int
    ragged: NDArray[np.int64] = _NONE
    bounds: NDArray[np.int64] = _NONE


def read_csv(
    path: Path, file: FileMapping, chunk_rows: int, block_bytes: int = BLOCK_BYTES
) -> Iterator[RawChunk]:
    """Rows of a CSV file, at most ``chunk_rows`` at a time; at least one chunk, perhaps empty.

    Rejects: ``ragged_row``, ``nul_byte``, ``misplaced_quote``, ``unclosed_quote``. A blank line is
    no row.

    Raises:
        InputError: ``empty_file``, ``wrong_encoding``, ``duplicate_column``, ``line_ends``, and
            those of :func:`pipelines.landing.files.opened`.
    """
    with opened(path) as stream:
        blocks = utf8_blocks(path, stream, file.encoding, block_bytes)
        yield from rebatched(_Reader(path, file, blocks).chunks(), chunk_rows)


class _Reader:
    """The place in one file: what is left of the last block, and the next line and row."""

    def __init__(self, path: Path, file: FileMapping, blocks: Iterator[bytes]) -> None:
        self._path = path
        self._delimiter = file.delimiter.encode()
        self._quote = file.quote.encode()
        self._blocks = blocks
        self._rest = b""
        self._is_last = False
        self._line = 1
        self._row = 1
        self._file = file
        self._columns: list[str] = []

    def chunks(self) -> Iterator[RawChunk]:
        """One chunk per block, the first with the header's columns."""
        self._more()
        self._skip_lines(self._file.skip_rows)
        self._read_header()
        self._schema = {c: pl.String() for c in self._columns}
        yield RawChunk(pl.DataFrame(schema=place_schema(self._columns)), [], 0)
        while self._rest or not self._is_last:
            if not self._rest:
                self._more()
                continue
            before = len(self._rest)
            yield self._sane_part() or self._exact_part()
            if len(self._rest) == before:
                self._more()

    def _more(self) -> None:
        block = next(self._blocks, b"")
        self._is_last = not block
        self._rest += block

    def _skip_lines(self, count: int) -> None:
        for _ in range(count):
            while (end := self._rest.find(b"\n")) < 0 and not self._is_last:
                self._more()
            self._rest = self._rest[end + 1 :] if end >= 0 else b""
            self._line += 1

    def _read_header(self) -> None:
        record = self._first_record()
        if record.cells is None:
            raise input_error(
                self._path, "the header cannot be read", "bad_header",
                "check delimiter, quote and skip_rows of the mapping", line=self._line,
            )  # fmt: skip
        cells = [self._decoded(c, self._line) for c in record.cells]
        if any("\r" in c.strip("\r") for c in cells):
            raise input_error(
                self._path, "lines end with a carriage return alone", "line_ends",
                "save the file with line feeds",
            )  # fmt: skip
        if self._file.header:
            self._columns = checked_header(self._path, cells)
        else:
            names = self._file.column_names or [None] * len(cells)
            self._columns = checked_header(self._path, list(names))

    def _first_record(self) -> csv_strict.Record:
        """The first record that is no blank line; taken off unless the file has no header."""
        while True:
            found = csv_strict.records(self._rest, self._delimiter, self._quote, self._is_last)
            for behind, record in found:
                if record.cells is None and record.rule is None:
                    self._rest = self._rest[behind:]
                    self._line += record.lines
                    break
                if self._file.header:
                    self._rest = self._rest[behind:]
                    self._line += record.lines
                return record
            else:
                if self._is_last:
                    raise empty_file(self._path)
                self._more()

    def _sane_part(self) -> RawChunk | None:
        """The complete rows of the block by Polars; None when they are not provably sane."""
        text = self._rest
        shape = _shape(text, self._delimiter, self._quote, len(self._columns), self._is_last)
        if shape is None:
            return None
        try:
            rows = pl.read_csv(
                _fitting(text, shape),
                has_header=False,
                schema=self._schema,
                separator=self._file.delimiter,
                quote_char=self._file.quote or None,
                empty_string_is_null=True,
            )
        except PolarsError:
            return None
        if rows.height != shape.rows - shape.ragged.size:
            return None
        taken = self._ragged(text, shape)
        if taken is None:
            return None
        rejects, blank = taken
        is_row = np.ones(shape.rows, dtype=np.int64)
        is_row[blank] = 0
        lines = np.delete(shape.first_lines, shape.ragged) + self._line
        numbers = np.delete(np.cumsum(is_row), shape.ragged) + (self._row - 1)
        rows = rows.with_columns(
            pl.Series(LINE, lines, dtype=pl.Int64), pl.Series(ROW, numbers, dtype=pl.Int64)
        )
        self._rest = text[shape.end :]
        self._line += shape.lines
        self._row += int(is_row.sum())
        return RawChunk(rows, rejects, int(is_row.sum()))

    def _ragged(self, text: bytes, shape: _Shape) -> tuple[list[Reject], list[int]] | None:
        """Rejects of the rows of another width and the places of blank lines; None when in doubt."""
        rejects: list[Reject] = []
        blank: list[int] = []
        for place in shape.ragged.tolist():
            raw = text[shape.bounds[place] : shape.bounds[place + 1]]
            found = list(csv_strict.records(raw, self._delimiter, self._quote, is_last=True))
            if len(found) != 1 or found[0][0] != len(raw):
                return None
            record = found[0][1]
            if record.cells is None and record.rule is None:
                blank.append(place)
                continue
            reject = self._fault(record, self._line + int(shape.first_lines[place]))
            if reject is None:
                return None
            rejects.append(reject)
        return rejects, blank

    def _exact_part(self) -> RawChunk:
        """The complete records of the block one by one."""
        text, position = self._rest, 0
        kept: list[list[str | int | None]] = []
        rejects: list[Reject] = []
        for behind, record in csv_strict.records(text, self._delimiter, self._quote, self._is_last):
            position = behind
            if record.cells is not None or record.rule is not None:
                reject = self._fault(record, self._line)
                if reject is None:
                    cells = [self._decoded(c, self._line) or None for c in record.cells or ()]
                    kept.append([*cells, self._line, self._row])
                else:
                    rejects.append(reject)
                self._row += 1
            self._line += record.lines
            if len(kept) + len(rejects) >= _EXACT_RECORDS:
                break
        self._rest = text[position:]
        rows = pl.DataFrame(kept, schema=place_schema(self._columns), orient="row")
        return RawChunk(rows, rejects, len(kept) + len(rejects))

    def _fault(self, record: csv_strict.Record, line: int) -> Reject | None:
        rule = record.rule
        if b"\0" in record.raw:
            rule = "nul_byte"
        elif record.cells is not None and len(record.cells) != len(self._columns):
            rule = "ragged_row"
        if rule is None:
            return None
        return Reject(line, None, rule, None, {"_text": self._decoded(record.raw, line)})

    def _decoded(self, cell: bytes, line: int) -> str:
        try:
            return cell.decode("utf-8")
        except UnicodeDecodeError:
            raise wrong_encoding(self._path, self._file.encoding, line) from None


def _shape(
    text: bytes, delimiter: bytes, quote: bytes, columns: int, is_last: bool
) -> _Shape | None:
    """Where the rows of a block are, if nothing but the width of a few of them is wrong."""
    if b"\0" in text or (b"\r" in text and text.count(b"\r") != text.count(b"\r\n")):
        return None
    if columns == 1 and (b"\n\n" in text or b"\n\r\n" in text or text[:1] in (b"\r", b"\n")):
        return None
    if quote and quote in text:
        return _quoted_shape(text, ord(delimiter), ord(quote), columns, is_last)
    end = len(text) if is_last else text.rfind(b"\n") + 1
    if end == 0:
        return None
    lines = text.count(b"\n", 0, end)
    rows = lines + (not text.endswith(b"\n", 0, end))
    shape = _Shape(rows, end, np.arange(rows, dtype=np.int64), lines)
    if text.count(delimiter, 0, end) == rows * (columns - 1):
        return shape
    array = np.frombuffer(text, dtype=np.uint8, count=end)
    row_ends = np.flatnonzero(array == _LF)
    return _with_ragged(shape, row_ends, np.flatnonzero(array == ord(delimiter)), columns)


def _with_ragged(
    shape: _Shape, row_ends: NDArray[np.int64], delimiters: NDArray[np.int64], columns: int
) -> _Shape | None:
    """The shape with the places of the rows of another width; None when they are many."""
    bounds = np.concatenate(([0], row_ends + 1))
    bounds = bounds if bounds[-1] == shape.end else np.append(bounds, shape.end)
    widths = np.diff(np.searchsorted(delimiters, bounds))
    ragged = np.flatnonzero(widths != columns - 1)
    if bounds.size != shape.rows + 1 or not 0 < ragged.size <= shape.rows // _MOST_RAGGED:
        return None
    return shape._replace(ragged=ragged, bounds=bounds)


def _fitting(text: bytes, shape: _Shape) -> bytes:
    """The rows of the block without those of another width."""
    if not shape.ragged.size:
        return text if shape.end == len(text) else text[: shape.end]
    begins = shape.bounds[np.concatenate(([0], shape.ragged + 1))].tolist()
    ends = shape.bounds[np.append(shape.ragged, shape.rows)].tolist()
    return b"".join(text[a:b] for a, b in zip(begins, ends, strict=True))


def _quoted_shape(
    text: bytes, delimiter: int, quote: int, columns: int, is_last: bool
) -> _Shape | None:
    array = np.frombuffer(text, dtype=np.uint8)
    is_quote = array == quote
    inside = np.cumsum(is_quote, dtype=np.uint8) & 1
    newlines = np.flatnonzero(array == _LF)
    ends_row = inside[newlines] == 0
    row_ends = newlines[ends_row]
    open_at_end = bool(inside[-1])
    if is_last and open_at_end:
        return None
    end = len(text) if is_last else int(row_ends[-1]) + 1 if row_ends.size else 0
    if end == 0 or not _quotes_fit(array[:end], np.flatnonzero(is_quote[:end]), delimiter, quote):
        return None
    unfinished = array[end - 1] != _LF or bool(inside[end - 1])
    rows = int(row_ends.size) + unfinished
    outside = (array[:end] == delimiter) & (inside[:end] == 0)
    behind = np.flatnonzero(ends_row)
    first_lines = np.concatenate(([0], behind + 1))[:rows].astype(np.int64)
    shape = _Shape(rows, end, first_lines, int(np.count_nonzero(newlines < end)))
    if int(np.count_nonzero(outside)) == rows * (columns - 1):
        return shape
    return _with_ragged(shape, row_ends[row_ends < end], np.flatnonzero(outside), columns)


def _quotes_fit(
    array: NDArray[np.uint8], quotes: NDArray[np.int64], delimiter: int, quote: int
) -> bool:
    """Whether each opening quote begins a cell and each closing one ends it.

    Quotes alternate; a doubled quote is a closing one right before an opening one.
    """
    if quotes.size % 2:
        return False
    opening, closing = quotes[0::2], quotes[1::2]
    before = array[np.maximum(opening - 1, 0)]
    begins = (before == delimiter) | (before == _LF) | (before == quote) | (opening == 0)
    after = array[np.minimum(closing + 1, array.size - 1)]
    ends = (
        (after == delimiter) | (after == _LF) | (after == _CR) | (after == quote)
        | (closing == array.size - 1)
    )  # fmt: skip
    return bool(begins.all() and ends.all())
