"""Excel sheets row by row, after a look at what the container would unpack to.

openpyxl's read-only mode streams rows, so that memory stays that of the shared texts. A ``.xlsx``
is a ZIP file: one that unpacks to far more than it is, is refused before anything is unpacked.

Privacy: raw values in and out; errors carry sheets by number, rows and columns only.
"""

from __future__ import annotations

import datetime
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from pipelines.common.errors import InputError
from pipelines.common.rejects import Reject
from pipelines.landing.files import empty_file, input_error, opened
from pipelines.landing.jsonl_reader import as_text
from pipelines.landing.mapping import FileMapping
from pipelines.landing.raw import RawChunk, checked_header, place_schema
from pipelines.landing.rebatch import rebatched

MAXIMUM_UNPACKED_BYTES = 1024 * 1024 * 1024
MAXIMUM_SHARED_BYTES = 256 * 1024 * 1024
"""The table of shared texts is the one part that is held in memory."""
MAXIMUM_RATIO = 200
"""Sheets of numbers and dates pack about 10 to 1, the emptiest real ones about 60 to 1."""
_RATIO_FROM_BYTES = 16 * 1024 * 1024
_MAXIMUM_MEMBERS = 10_000
_BATCH_ROWS = 10_000
_FOREIGN_FAILURES = (
    zipfile.BadZipFile, zlib.error, SyntaxError, OSError, EOFError, ValueError, TypeError, KeyError,
    IndexError, AttributeError, RuntimeError,
)  # fmt: skip
"""openpyxl meets whatever a foreign program wrote (a broken part of XML is a SyntaxError)."""


def read_excel(path: Path, file: FileMapping, chunk_rows: int) -> Iterator[RawChunk]:
    """Rows of one sheet, the first by default; ``_line`` is the number of the row in the sheet.

    Rows without any value are no rows. Rejects: ``ragged_row`` for a value beyond the header.

    Raises:
        InputError: ``damaged_file``, ``zip_bomb``, ``sheet_missing``, ``empty_file``,
            ``duplicate_column``.
    """
    with opened(path) as stream:
        check_container(path, stream)
        stream.seek(0)
        yield from rebatched(_chunks(path, file, stream), chunk_rows)


def check_container(path: Path, stream: BinaryIO) -> None:
    """Refuse a container that is no ZIP file or would unpack to too much.

    Raises:
        InputError: ``damaged_file`` or ``zip_bomb``.
    """
    try:
        with zipfile.ZipFile(stream) as container:
            members = container.infolist()
            _check_sizes(path, members)
            if any(_declares_a_type(container, member) for member in members):
                raise _damaged(path)
    except _FOREIGN_FAILURES:
        raise _damaged(path) from None


def _check_sizes(path: Path, members: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(m.file_size for m in members)
    shared = sum(m.file_size for m in members if m.filename.endswith("sharedStrings.xml"))
    packed = max(1, sum(m.compress_size for m in members))
    is_dense = unpacked > _RATIO_FROM_BYTES and unpacked / packed > MAXIMUM_RATIO
    overlaps = packed > path.stat().st_size
    is_large = unpacked > MAXIMUM_UNPACKED_BYTES or shared > MAXIMUM_SHARED_BYTES
    if is_large or is_dense or overlaps or len(members) > _MAXIMUM_MEMBERS:
        raise input_error(
            path, "the file would unpack to far more than a sheet holds", "zip_bomb",
            "ask the source for CSV or Parquet",
        )  # fmt: skip


def _declares_a_type(container: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    """Whether a part of XML has a document type: entities can grow without bound or name files."""
    if not member.filename.endswith((".xml", ".rels")):
        return False
    with container.open(member) as part:
        return b"<!DOCTYPE" in part.read(4096).replace(b"\0", b"").upper()


def _chunks(path: Path, file: FileMapping, stream: BinaryIO) -> Iterator[RawChunk]:
    rows = _sheet_rows(path, file, stream)
    first = next(rows, None)
    if first is None:
        raise empty_file(path)
    if file.header:
        columns = checked_header(path, [as_text(c) for c in _trimmed(first[1])])
    else:
        names = file.column_names or [None] * len(_trimmed(first[1]))
        columns = checked_header(path, list(names))
        rows = _chained(first, rows)
    schema, number = place_schema(columns), 0
    yield RawChunk(pl.DataFrame(schema=schema), [], 0)
    while part := list(islice(rows, _BATCH_ROWS)):
        kept: list[list[Any]] = []
        rejects: list[Reject] = []
        for line, values in part:
            number += 1
            cells = [_cell(v, file.decimal) for v in _trimmed(values)]
            if len(cells) > len(columns):
                rejects.append(Reject(line, None, "ragged_row", None, {"_cells": cells}))
                continue
            kept.append([*cells, *[None] * (len(columns) - len(cells)), line, number])
        yield RawChunk(pl.DataFrame(kept, schema=schema, orient="row"), rejects, len(part))


def _chained(
    first: tuple[int, tuple[Any, ...]], rows: Iterator[tuple[int, tuple[Any, ...]]]
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    yield first
    yield from rows


def _sheet_rows(
    path: Path, file: FileMapping, stream: BinaryIO
) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """Number and values of each row that has a value, after ``skip_rows``."""
    import openpyxl

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
            sheet = _sheet(path, file, book)
            sheet.reset_dimensions()
            for number, values in enumerate(sheet.iter_rows(values_only=True), start=1):
                if number > file.skip_rows and any(v is not None and v != "" for v in values):
                    yield number, values
            book.close()
    except InputError:
        raise
    except _FOREIGN_FAILURES:
        raise _damaged(path) from None


def _sheet(path: Path, file: FileMapping, book: Any) -> Any:
    names = book.sheetnames
    if isinstance(file.sheet, str) and file.sheet in names:
        return book[file.sheet]
    place = 0 if file.sheet is None else file.sheet - 1 if isinstance(file.sheet, int) else -1
    if not 0 <= place < len(names):
        raise input_error(
            path, "the sheet that the mapping names is not there", "sheet_missing",
            "set sheet in the mapping to a name or to 1, 2, 3", sheet=str(file.sheet),
        )  # fmt: skip
    return book[names[place]]


def _trimmed(values: tuple[Any, ...]) -> list[Any]:
    cells = list(values)
    while cells and cells[-1] in (None, ""):
        cells.pop()
    return cells


def _cell(value: Any, decimal: str) -> str | None:
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return as_text(value, decimal)


def _damaged(path: Path) -> InputError:
    return input_error(
        path, "the file is no complete Excel file (.xlsx)", "damaged_file",
        "save it again as .xlsx, or export CSV",
    )  # fmt: skip
