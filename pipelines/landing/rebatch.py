"""Joins what readers yield into chunks of the wanted number of rows."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from pipelines.common.rejects import Reject
from pipelines.landing.raw import MAXIMUM_CHUNK_BYTES, RawChunk


def rebatched(chunks: Iterator[RawChunk], chunk_rows: int) -> Iterator[RawChunk]:
    """The same rows and rejects in the same order, at most ``chunk_rows`` rows a chunk.

    A chunk is shorter when its text is larger than ``MAXIMUM_CHUNK_BYTES``. There is at least one.
    """
    waiting: list[pl.DataFrame] = []
    rejects: list[Reject] = []
    size = height = emitted = 0
    empty: pl.DataFrame | None = None
    for chunk in chunks:
        empty = chunk.rows.clear() if empty is None else empty
        if chunk.rows.height:
            waiting.append(chunk.rows)
        rejects += chunk.rejects
        height += chunk.rows.height
        size += int(chunk.rows.estimated_size())
        if height < chunk_rows and size < MAXIMUM_CHUNK_BYTES and len(rejects) < chunk_rows:
            continue
        rows = pl.concat(waiting, how="diagonal") if waiting else empty
        waiting = []
        while rows.height >= chunk_rows or (rows.height and size >= MAXIMUM_CHUNK_BYTES):
            part, rows = rows[:chunk_rows], rows[chunk_rows:]
            yield RawChunk(part, rejects, part.height + len(rejects))
            rejects, emitted = [], emitted + 1
            size = int(rows.estimated_size()) if rows.height < chunk_rows else size
        if rejects and len(rejects) >= chunk_rows:
            yield RawChunk(rows.clear(), rejects, len(rejects))
            rejects, emitted = [], emitted + 1
        if rows.height:
            waiting = [rows]
        height, size = rows.height, int(rows.estimated_size()) if rows.height else 0
    if empty is None:
        return
    if waiting or rejects or not emitted:
        rows = pl.concat(waiting, how="diagonal") if waiting else empty
        yield RawChunk(rows, rejects, rows.height + len(rejects))
