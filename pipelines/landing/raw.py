"""What every reader yields: a frame of strings with the place of each row, and what it rejected."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipelines.common.errors import InputError
from pipelines.common.rejects import Reject
from pipelines.landing.files import input_error

LINE, ROW = "_line", "_row"

MAXIMUM_CHUNK_BYTES = 96 * 1024 * 1024
"""A chunk ends early when its text is larger, so that long rows do not cost more memory."""


class RawChunk(NamedTuple):
    """Rows of a file as text.

    ``rows`` has the file's columns as strings (null or empty where there is nothing), then ``_line`` and
    ``_row`` (Int64, 1-based). ``rows_read`` counts rejected rows too.

    Privacy: raw values.
    """

    rows: pl.DataFrame
    rejects: list[Reject]
    rows_read: int


def place_schema(columns: Sequence[str]) -> dict[str, pl.DataType]:
    """The schema of ``RawChunk.rows``."""
    return {**{c: pl.String() for c in columns}, LINE: pl.Int64(), ROW: pl.Int64()}


def checked_header(path: Path, names: Sequence[str | None]) -> list[str]:
    """Names of columns: trimmed, the nameless ones ``column_<place>``, none twice.

    Raises:
        InputError: ``duplicate_column``; tells places only, since what stands in a header may be a
            row of a file without one. ``reserved_column`` for names that begin our own columns.
    """
    found: dict[str, int] = {}
    for place, name in enumerate(names, start=1):
        shown = (name or "").strip().strip("\ufeff") or f"column_{place}"
        if shown in found:
            raise _duplicate(path, found[shown], place)
        if shown in (LINE, ROW, "_position"):
            raise input_error(
                path, "a column has a name that is kept for places of rows", "reserved_column",
                "rename it", column=shown,
            )  # fmt: skip
        found[shown] = place
    return list(found)


def _duplicate(path: Path, first: int, second: int) -> InputError:
    return input_error(
        path,
        "two columns have the same name",
        "duplicate_column",
        "rename one of them, or map the file with header: false",
        column=f"{first} and {second}",
    )
