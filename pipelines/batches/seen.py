"""Keys of a sealed entity that a file has had so far, so that a second row of a key is noticed.

The last chunk is held in memory, those before it in a temporary table of the warehouse's
connection: a file of one chunk needs no table, and memory does not grow with the file.

Privacy: blind indexes and MACs only; DuckDB's temporary files are encrypted.
"""

from __future__ import annotations

from typing import Literal

import duckdb
import polars as pl

Standing = Literal["new", "same", "conflict"]
NEW: Standing = "new"
SAME: Standing = "same"
"""Equal to an earlier row of the file."""
CONFLICT: Standing = "conflict"
"""Of the key of an earlier row of the file, with other content."""


class Seen:
    """What one file has had of one entity: table ``seen_<entity>(blind, mac)`` once stored."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, entity: str) -> None:
        self._duckdb = connection
        self.table = f"seen_{entity}"
        self._held: dict[bytes, bytes] = {}
        self._has_table = False

    def standing(self, blinds: list[bytes], macs: list[bytes]) -> list[Standing] | None:
        """Per row of a chunk how it stands to earlier rows of the file; None when all are new."""
        earlier = self._earlier(blinds)
        held = dict(zip(blinds, macs, strict=True))
        if len(held) == len(blinds) and not earlier:
            self._held = held
            return None
        held = {}
        found: list[Standing] = []
        for blind, mac in zip(blinds, macs, strict=True):
            first = earlier.get(blind, held.get(blind))
            if first is None:
                held[blind] = mac
                found.append(NEW)
            else:
                found.append(SAME if first == mac else CONFLICT)
        self._held = held
        return found

    def store(self) -> str:
        """Put what is held into the table, and give the table's name."""
        if not self._has_table:
            self._duckdb.execute(
                f"create or replace temp table {self.table} (blind BLOB, mac BLOB)"
            )
            self._has_table = True
        if self._held:
            self._register(list(self._held), list(self._held.values()))
            self._duckdb.execute(f"insert into {self.table} select blind, mac from chunk")
            self._duckdb.unregister("chunk")
            self._held = {}
        return self.table

    def _earlier(self, blinds: list[bytes]) -> dict[bytes, bytes]:
        if not self._held and not self._has_table:
            return {}
        self.store()
        self._register(blinds, blinds)
        rows = self._duckdb.execute(
            f"select s.blind, s.mac from {self.table} s semi join chunk c on c.blind = s.blind"
        ).fetchall()
        self._duckdb.unregister("chunk")
        return dict(rows)

    def _register(self, blinds: list[bytes], macs: list[bytes]) -> None:
        columns = {
            "blind": pl.Series(blinds, dtype=pl.Binary),
            "mac": pl.Series(macs, dtype=pl.Binary),
        }
        self._duckdb.register("chunk", pl.DataFrame(columns).to_arrow())
