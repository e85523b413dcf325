"""From a file to chunks of canonical entities: the one entrance of reading.

Owns conservation: every row that is read ends in a frame or in a reject, for each entity that
applies to it. Knows nothing of contracts, subjects or stores.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipelines.common.rejects import Reject
from pipelines.landing.csv_reader import read_csv
from pipelines.landing.excel_reader import read_excel
from pipelines.landing.files import FileStamp, check_unchanged, file_fingerprint, file_stamp
from pipelines.landing.files import input_error as _input_error
from pipelines.landing.jsonl_reader import read_jsonl
from pipelines.landing.mapping import POSITION_COLUMNS, FileMapping, SourceMapping
from pipelines.landing.parquet_reader import read_parquet
from pipelines.landing.raw import LINE, ROW, RawChunk
from pipelines.landing.rows import entity_frame
from pipelines.landing.sources import position_prefix

__all__ = [
    "CanonicalChunk",
    "FileStamp",
    "canonical_chunks",
    "check_unchanged",
    "file_fingerprint",
    "file_stamp",
]

_READERS: dict[str, Callable[[Path, FileMapping, int], Iterator[RawChunk]]] = {
    "csv": read_csv,
    "jsonl": read_jsonl,
    "parquet": read_parquet,
    "excel": read_excel,
}


class CanonicalChunk(NamedTuple):
    """Some rows of a file as canonical entities.

    ``frames``: per entity that the file can yield, ``_line`` (Int64) and all columns of the entity
    in canonical order and type; ids as the source writes them, times in UTC.
    ``rows_read``: physical rows. ``candidates``: per entity the rows to which it applies, which is
    the frame's height plus the entity's rejects. Rejects without an entity are whole rows.
    ``unmapped``: columns that no entity uses and how many rows fill them; ``missing``: optional
    columns that the file lacks (of JSON lines: all that no object so far had). ``leftovers``: ``_line`` and the unmapped columns, only where the
    mapping says ``unmapped: quarantine``.

    Privacy: direct identifiers in frames, rejects and leftovers.
    """

    rows_read: int
    frames: dict[str, pl.DataFrame]
    rejects: list[Reject]
    unmapped: dict[str, int]
    missing: tuple[str, ...]
    candidates: dict[str, int]
    leftovers: pl.DataFrame | None


def canonical_chunks(
    path: Path, file: FileMapping, source: SourceMapping, chunk_rows: int = 250_000
) -> Iterator[CanonicalChunk]:
    """Read a file; there is at least one chunk, without rows when the file only has a header.

    Rejects: those of the readers; ``empty_row``; ``no_entity``; ``type`` with the canonical column.

    Raises:
        InputError: The file cannot be read, or changed meanwhile (``file_changed``): whatever was
            handed out before must then be taken back. ``column_missing``, ``expression_failed``.
    """
    prefix = position_prefix(source, file, path)
    for raw in _READERS[file.format](path, file, chunk_rows):
        yield _canonical(path, file, source, raw, prefix)


def _canonical(
    path: Path, file: FileMapping, source: SourceMapping, raw: RawChunk, prefix: str
) -> CanonicalChunk:
    own = [c for c in raw.rows.columns if c not in (LINE, ROW)]
    missing = _missing(path, file, own)
    rows = raw.rows.with_columns(pl.lit(None, pl.String).alias(c) for c in missing)
    rows = _without_nulls(rows, file)
    rejects = list(raw.rejects)
    rows, empty = _split_empty(rows, own)
    rejects += [Reject(line, None, "empty_row", None, {}) for line in empty]
    position = (pl.lit(prefix) + pl.col(ROW).cast(pl.String)).alias(POSITION_COLUMNS[0])
    rows = rows.with_columns(position)
    applied = pl.Series([False] * rows.height, dtype=pl.Boolean)
    frames: dict[str, list[pl.DataFrame]] = {}
    candidates: dict[str, int] = {}
    used = sorted(file.source_columns)
    for mapping in file.entities:
        applies, frame, faults = entity_frame(path, file, source, mapping, rows, used)
        applied = applies | applied
        frames.setdefault(mapping.entity, []).append(frame)
        rejects += faults
        candidates[mapping.entity] = candidates.get(mapping.entity, 0) + int(applies.sum())
    if not applied.all():
        orphans = rows.filter(~applied).select(LINE, *used)
        rejects += [
            Reject(int(row.pop(LINE)), None, "no_entity", None, row)
            for row in orphans.iter_rows(named=True)
        ]
    unmapped = [
        c for c in own if c not in file.source_columns and not _is_null_parent(c, rows, file)
    ]
    return CanonicalChunk(
        raw.rows_read,
        {name: _joined(parts) for name, parts in frames.items()},
        rejects,
        _filled(rows, unmapped),
        missing,
        candidates,
        rows.select(LINE, *unmapped) if file.unmapped == "quarantine" and unmapped else None,
    )


def _missing(path: Path, file: FileMapping, own: list[str]) -> tuple[str, ...]:
    missing = sorted(file.source_columns - set(own))
    gone = [c for c in missing if c not in file.optional_columns]
    # Objects leave out keys that are null, so an absent key says nothing about the file.
    if gone and file.format != "jsonl":
        raise _input_error(
            path, "columns that the mapping needs are not in the file", "column_missing",
            "correct the mapping, mark the column optional, or check delimiter and skip_rows",
            column=", ".join(gone),
        )  # fmt: skip
    return tuple(missing)


def _without_nulls(rows: pl.DataFrame, file: FileMapping) -> pl.DataFrame:
    """Null for empty text and for what the mapping calls null."""
    nothing = ["", *file.null_values]
    own = [c for c in rows.columns if c not in (LINE, ROW)]
    return rows.with_columns(
        pl.when(~pl.col(c).is_in(nothing)).then(pl.col(c)).alias(c) for c in own
    )


def _split_empty(rows: pl.DataFrame, own: list[str]) -> tuple[pl.DataFrame, list[int]]:
    is_empty = rows.select(pl.all_horizontal(pl.col(c).is_null() for c in own)).to_series()
    if not is_empty.any():
        return rows, []
    return rows.filter(~is_empty), rows.filter(is_empty)[LINE].to_list()


def _joined(parts: list[pl.DataFrame]) -> pl.DataFrame:
    return parts[0] if len(parts) == 1 else pl.concat(parts).sort(LINE, maintain_order=True)


def _is_null_parent(column: str, rows: pl.DataFrame, file: FileMapping) -> bool:
    """Whether it is only there since an object was null whose members are mapped."""
    inner = f"{column}."
    is_parent = file.format == "jsonl" and any(c.startswith(inner) for c in file.source_columns)
    return is_parent and rows[column].is_null().all()


def _filled(rows: pl.DataFrame, unmapped: list[str]) -> dict[str, int]:
    if not unmapped:
        return {}
    counts = rows.select(pl.col(c).count() for c in unmapped).row(0)
    return {_shown(c, n): int(k) for n, (c, k) in enumerate(zip(unmapped, counts, strict=True), 1)}


def _shown(name: str, place: int) -> str:
    """A column's name, unless it looks like data (a file of JSON can have addresses for keys)."""
    is_name = len(name) <= 64 and "@" not in name and sum(c.isdigit() for c in name) < 5
    return name if is_name else f"(unnamed {place})"
