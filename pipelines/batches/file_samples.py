"""The first rows of a file of unknown make, as text, for a look at what its columns hold.

Privacy: values stay in the frame; errors name the file only.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import orjson
import polars as pl

from pipelines.common.errors import InputError

ROWS: Final = 5_000
_HEAD_BYTES: Final = 65_536


class FileSample(NamedTuple):
    """Rows as text, and how a mapping says the file is read."""

    table: pl.DataFrame
    reading: dict[str, str]


def sample_file(path: Path) -> FileSample:
    """The first ``ROWS`` rows of a CSV, JSON lines, Parquet or Excel file.

    Raises:
        InputError: The file is of no kind that can be read, or is empty.
    """
    readers: dict[str, Callable[[Path], FileSample]] = {
        ".csv": _csv, ".tsv": _csv, ".txt": _csv, ".jsonl": _lines, ".ndjson": _lines,
        ".parquet": _parquet, ".xlsx": _excel,
    }  # fmt: skip
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise InputError(
            "files of this kind cannot be read", code="file_kind_unknown",
            where={"file": path.name}, todo="give a csv, tsv, jsonl, parquet or xlsx file",
        )  # fmt: skip
    try:
        found = reader(path)
    except Exception:  # noqa: BLE001 - what a reader raises may hold a row
        found = None
    if found is None or not found.table.width or not found.table.height:
        raise InputError(
            "the file has no rows that can be read", code="file_unreadable",
            where={"file": path.name}, todo="see that it is whole, with names of columns first",
        ) from None  # fmt: skip
    return found


def _csv(path: Path) -> FileSample:
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    encoding = "utf-8"
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        is_cut = error.start > len(head) - 4
        encoding = "utf-8" if is_cut else "cp1252"
        text = head.decode(encoding, errors="replace")
    first = text.split("\n", 1)[0]
    delimiter = max(";,\t|", key=lambda d: (first.count(d), d == ","))
    reading = {"delimiter": delimiter} | ({"encoding": encoding} if encoding != "utf-8" else {})
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, newline="") as lines:
        rows = list(islice(csv.reader(lines, delimiter=delimiter), ROWS + 1))
    names, body = rows[0], [r for r in rows[1:] if len(r) == len(rows[0])]
    return FileSample(_table(names, body), reading)


def _lines(path: Path) -> FileSample:
    with path.open("rb") as file:
        rows = [orjson.loads(line) for line in islice(file, ROWS) if line.strip()]
    names = list(dict.fromkeys(name for row in rows for name in row))
    return FileSample(_table(names, [[row.get(name) for name in names] for row in rows]), {})


def _parquet(path: Path) -> FileSample:
    frame = pl.scan_parquet(path).head(ROWS).collect()
    return FileSample(_table(frame.columns, [list(row) for row in frame.iter_rows()]), {})


def _excel(path: Path) -> FileSample:
    from openpyxl import load_workbook

    book = load_workbook(path, read_only=True, data_only=True)
    rows = [list(row) for row in islice(book.worksheets[0].iter_rows(values_only=True), ROWS + 1)]
    book.close()
    return FileSample(_table([str(name or "") for name in rows[0]], rows[1:]), {})


def _table(names: list[str], rows: list[list[object]] | list[list[str]]) -> pl.DataFrame:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return pl.DataFrame(
        {
            name: pl.Series([None if v is None else str(v) for v in values], dtype=pl.String)
            for name, values in zip(names, columns, strict=True)
            if name
        }
    )
