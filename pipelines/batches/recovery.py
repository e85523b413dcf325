"""Mends what a kill has left, before anything else is done with the stores.

A batch is in the vault or it never was: what the warehouse has beyond that is undone, a file that
was set aside goes back to the inbox unless its batch is in, data keys of nobody are destroyed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import sqlalchemy as sa

from pipelines.batches.context import LandingContext
from pipelines.common.settings import Home
from pipelines.vault import schema
from pipelines.vault.batches import landed_batches
from pipelines.warehouse.pseudo import undo_unknown_batches

ASIDE = ".landing"
"""Folder beside an inbox file while its batch is being committed; hidden from file patterns."""


@contextmanager
def landing_under_way(home: Home) -> Iterator[None]:
    """Leave a mark in the home that stays when the batch does not get through."""
    mark = home.root / ASIDE
    was_there = mark.exists()
    mark.touch()
    yield
    if not was_there:
        mark.unlink()


def set_aside(path: Path, batch_id: int) -> Path:
    """Move an inbox file out of sight under its batch's number."""
    folder = path.parent / ASIDE / str(batch_id)
    folder.mkdir(parents=True, exist_ok=True)
    return path.rename(folder / path.name)


def remove_aside(path: Path) -> None:
    """Remove a file that was set aside, now that its batch is in."""
    path.unlink()
    path.parent.rmdir()


def recover(context: LandingContext, connection: duckdb.DuckDBPyConnection) -> tuple[int, ...]:
    """Mend what a kill has left.

    Returns:
        Ids of the batches undone in the warehouse.
    """
    with context.vault.begin() as vault:
        landed = landed_batches(vault)
        undone = undo_unknown_batches(connection, landed)
        mark = context.home.root / ASIDE
        if mark.exists():
            _return_files(context.home, landed)
            known = _known_keys(vault)
            context.vault.data_keys.destroy(context.vault.data_keys.orphans(known))
            mark.unlink()
    return undone


def _return_files(home: Home, landed: set[int]) -> None:
    for folder in home.inbox.glob(f"*/{ASIDE}/*"):
        for path in folder.iterdir():
            if int(folder.name) in landed:
                path.unlink()
            else:
                path.rename(folder.parent.parent / path.name)
        folder.rmdir()


def _known_keys(vault: sa.Connection) -> set[int]:
    tables = [t for t in schema.metadata.sorted_tables if "key_id" in t.c]
    found = {k for t in tables for k in vault.scalars(sa.select(t.c.key_id).distinct())}
    return {k for k in found if k is not None}
