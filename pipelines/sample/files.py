"""Writing the files of a delivery: block after block, in parts, never holding more than a block.

The bytes depend on plan and block alone, so that the same seed gives the same files.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import openpyxl
import orjson
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.sample.layout import FILES, FileSpec
from pipelines.sample.plan import Plan

PART_BLOCKS: Final = 100
"""Blocks in a part of a file: no file grows without bound."""
SPOIL_FIRST: Final = 60
SPOIL_EVERY: Final = 1_000
IMPOSSIBLE_DATE: Final = {"csv": "31-02-2025", "jsonl": "2025-02-31T10:00:00Z"}
_MONEY = pa.decimal128(18, 2)
_ARROW: Final = {
    "ordered_at": pa.timestamp("us", "UTC"), "amount": _MONEY, "margin": _MONEY, "quantity": pa.int64(),
    "unit_price": _MONEY, "unit_cost": _MONEY,
}  # fmt: skip


class Files:
    """All files of one delivery. A context: leaving it closes them.

    Args:
        out: Folder of the delivery.
        plan: What is delivered.
    """

    def __init__(self, out: Path, plan: Plan) -> None:
        self._out = out
        self._plan = plan
        self._part = 0
        self._open: dict[str, _Sheet | _Parquet] = {}
        self._until_spoiled = dict.fromkeys(FILES, SPOIL_FIRST)
        self._spoiled_rows: Counter[str] = Counter()
        self.rows: Counter[str] = Counter()
        """Rows written by ``source/file``, spoiled ones included."""
        self.spoiled: Counter[str] = Counter()
        """Rows by ``source/file`` that no contract lets pass."""

    def __enter__(self) -> Files:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def begin(self, ordinal: int) -> None:
        """Start the block with this ordinal number (0, 1, 2 …)."""
        if ordinal % PART_BLOCKS == 0:
            self.close()
            self._part += 1

    def close(self) -> None:
        """Close every file that is open."""
        for sheet in self._open.values():
            sheet.close()
        self._open.clear()

    def place(self, spec: FileSpec) -> str:
        """``source/file`` of the current part."""
        ending = {"excel": "xlsx"}.get(spec.format, spec.format)
        part = 1 if spec.is_reference else self._part
        return f"{spec.source}/{spec.stem}-{self._plan.stamp}-{part:03d}.{ending}"

    def write(self, stem: str, rows: Sequence[Sequence[Any]]) -> None:
        """Append rows, in the columns of the file's layout; without rows there is no file."""
        if not rows:
            return
        spec = FILES[stem]
        place, sheet = self._sheet(spec)
        sheet.write(rows)
        self.rows[place] += len(rows)
        if spec.spoil is not None:
            self._spoil(spec, place, sheet, rows)

    def write_frame(self, stem: str, frame: pl.DataFrame) -> None:
        """Append a frame of strings with the columns of the file's layout."""
        spec = FILES[stem]
        place, sheet = self._sheet(spec)
        assert isinstance(sheet, _Sheet)
        sheet.write_frame(frame)
        self.rows[place] += frame.height
        if spec.spoil is not None:
            self._spoil(spec, place, sheet, _Lazily(frame))

    def _sheet(self, spec: FileSpec) -> tuple[str, _Sheet | _Parquet]:
        place = self.place(spec)
        if place not in self._open:
            path = self._out / place
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open[place] = (
                _Parquet(path, spec) if spec.format == "parquet" else _Sheet(path, spec)
            )
        return place, self._open[place]

    def _spoil(
        self, spec: FileSpec, place: str, sheet: _Sheet | _Parquet, rows: Sequence[Sequence[Any]]
    ) -> None:
        """Add a broken copy of a row: an impossible date, a missing value, a ragged row."""
        assert spec.spoil is not None
        assert isinstance(sheet, _Sheet)
        due = self._until_spoiled[spec.stem]
        while due < len(rows):
            row = list(rows[due])
            row[0] = f"{row[0]}-{due}"
            count = self._spoiled_rows[spec.stem]
            way = count % 3
            if way == 0:
                row[spec.columns.index(spec.spoil[0])] = IMPOSSIBLE_DATE[spec.format]
            elif way == 1:
                row[spec.columns.index(spec.spoil[1])] = None if spec.format == "jsonl" else ""
            sheet.write_ragged(row) if way == 2 else sheet.write([row])
            self._spoiled_rows[spec.stem] += 1
            self.rows[place] += 1
            self.spoiled[place] += 1
            due += SPOIL_EVERY
        self._until_spoiled[spec.stem] = due - len(rows)


class _Lazily(Sequence[Sequence[Any]]):
    """The rows of a frame, made when asked for."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def __len__(self) -> int:
        return self._frame.height

    def __getitem__(self, at: Any) -> Any:
        return self._frame.row(at)


class _Sheet:
    """A file of lines: CSV or JSON lines."""

    def __init__(self, path: Path, spec: FileSpec) -> None:
        self._spec = spec
        self._handle = path.open("wb")
        self._text = io.TextIOWrapper(
            self._handle, encoding=spec.encoding, errors="replace", newline="", write_through=False
        )
        self._csv = csv.writer(
            self._text,
            delimiter=spec.delimiter,
            lineterminator="\r\n" if spec.delimiter == ";" else "\n",
        )
        if spec.format == "csv":
            self._csv.writerow(spec.columns)

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        if self._spec.format == "csv":
            self._csv.writerows(rows)
            return
        self._text.flush()
        columns = self._spec.columns
        self._handle.write(
            b"".join(orjson.dumps(dict(zip(columns, row, strict=True))) + b"\n" for row in rows)
        )

    def write_frame(self, frame: pl.DataFrame) -> None:
        self._text.flush()
        frame.write_csv(self._handle, include_header=False, separator=self._spec.delimiter)

    def write_ragged(self, row: Sequence[Any]) -> None:
        """A line with too many cells, or one that stops in the middle of its object."""
        if self._spec.format == "csv":
            self._csv.writerow([*row, "??", ""])
            return
        self._text.flush()
        line = orjson.dumps(dict(zip(self._spec.columns, row, strict=True)))
        self._handle.write(line[: len(line) // 2] + b"\n")

    def close(self) -> None:
        self._text.close()


class _Parquet:
    """A Parquet file, a row group for each block."""

    def __init__(self, path: Path, spec: FileSpec) -> None:
        self._schema = pa.schema([(c, _ARROW.get(c, pa.string())) for c in spec.columns])
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(self._schema)
        arrays = [pa.array(c, f.type) for c, f in zip(columns, self._schema, strict=True)]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        self._writer.close()


def write_workbook(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """An Excel file whose bytes do not tell when it was written."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "targets"
    sheet.append(list(columns))
    for row in rows:
        sheet.append(list(row))
    raw = io.BytesIO()
    book.save(raw)
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(raw) as made, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as fixed:
        for entry in made.infolist():
            content = made.read(entry)
            if entry.filename == "docProps/core.xml":
                content = re.sub(
                    rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"2026-01-01T00:00:00Z", content
                )
            fixed.writestr(zipfile.ZipInfo(entry.filename), content, zipfile.ZIP_DEFLATED)
