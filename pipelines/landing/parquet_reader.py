"""Parquet by batches of rows, every column as text so that one set of rules parses all formats.

Privacy: raw values in and out; errors carry no value (pyarrow's messages are dropped).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.common.errors import InputError
from pipelines.landing.files import input_error, opened
from pipelines.landing.jsonl_reader import as_text
from pipelines.landing.mapping import FileMapping
from pipelines.landing.raw import LINE, ROW, RawChunk, checked_header, place_schema
from pipelines.landing.rebatch import rebatched

_BATCH_ROWS = 65_536


def read_parquet(path: Path, file: FileMapping, chunk_rows: int) -> Iterator[RawChunk]:
    """Rows of a Parquet file; ``_line`` is the number of the row.

    Raises:
        InputError: ``damaged_file`` for a truncated one or another format, ``duplicate_column``.
    """
    with opened(path) as stream:
        try:
            parquet = pq.ParquetFile(stream, pre_buffer=False, buffer_size=1 << 20)
        except (pa.ArrowException, OSError, ValueError):
            raise _damaged(path) from None
        columns = checked_header(path, parquet.schema_arrow.names)
        rows = min(chunk_rows, _BATCH_ROWS)
        yield from rebatched(_chunks(path, file, parquet, columns, rows), chunk_rows)


def _chunks(
    path: Path, file: FileMapping, parquet: pq.ParquetFile, columns: list[str], batch_rows: int
) -> Iterator[RawChunk]:
    row = 1
    yield RawChunk(pl.DataFrame(schema=place_schema(columns)), [], 0)
    batches = parquet.iter_batches(batch_size=batch_rows, use_threads=False)
    while True:
        try:
            batch = next(batches, None)
        except (pa.ArrowException, OSError, ValueError):
            raise _damaged(path) from None
        if batch is None:
            return
        texts = [_text(batch.column(place), file.decimal) for place in range(len(columns))]
        rows = pl.DataFrame([t.alias(c) for t, c in zip(texts, columns, strict=True)])
        numbers = pl.int_range(row, row + batch.num_rows, dtype=pl.Int64, eager=True)
        rows = rows.with_columns(numbers.alias(LINE), numbers.alias(ROW))
        row += batch.num_rows
        yield RawChunk(rows, [], rows.height)


def _text(array: Any, decimal: str) -> pl.Series:
    """A column as text: numbers shortest, times in ISO with their zone."""
    kind = array.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pl.Series(pl.from_arrow(array), dtype=pl.String)
    simple = pa.types.is_integer(kind) or pa.types.is_boolean(kind) or pa.types.is_date32(kind)
    if simple:
        return pl.Series(pl.from_arrow(array)).cast(pl.String)
    if pa.types.is_timestamp(kind):
        series = pl.Series(pl.from_arrow(array))
        zone = "+00:00" if kind.tz else ""
        utc = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None) if kind.tz else series
        return utc.dt.to_string("%Y-%m-%dT%H:%M:%S%.6f") + zone
    values = [_plain(v, decimal) for v in array.to_pylist()]
    return pl.Series(values, dtype=pl.String)


def _plain(value: Any, decimal: str) -> str | None:
    if isinstance(value, bytes):
        return value.hex()
    if value is not None and type(value).__name__ == "Decimal":
        return str(value).replace(".", decimal)
    if isinstance(value, dict | list | str | int | float | None):
        return as_text(value, decimal)
    return str(value)


def _damaged(path: Path) -> InputError:
    return input_error(
        path, "the file is no complete Parquet file", "damaged_file",
        "ask the source for the file again",
    )  # fmt: skip
