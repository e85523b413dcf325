"""What became of the rows of a batch. Counts only, nothing about anybody.

Invariant: rows_read = landed + unchanged + quarantined + suppressed, per entity; and every
physical row of the file yielded at least one row of an entity or is in the quarantine.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import NamedTuple

UNREADABLE = "unreadable"
"""Stands for the entity of rows that yielded none: ragged, empty, no condition applied."""


@dataclass
class EntityCounts:
    """Rows of one entity in one batch; ``changed`` is the part of ``landed`` that replaced."""

    rows_read: int = 0
    landed: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    suppressed: int = 0
    deleted: int = 0

    @property
    def balances(self) -> bool:
        """Whether every row read is accounted for."""
        return self.rows_read == self.landed + self.unchanged + self.quarantined + self.suppressed

    def add(self, other: EntityCounts) -> None:
        """Add another batch's counts."""
        for f in fields(self):
            setattr(self, f.name, getattr(self, f.name) + getattr(other, f.name))


class ColumnChange(NamedTuple):
    """A kind that a column did not hold before: how many of the filled values looked at have it."""

    entity: str
    column: str
    kind: str
    value_count: int
    filled_count: int


@dataclass
class BatchReport:
    """One file. ``state`` is landed, unchanged (the same file again) or failed.

    ``undeleted`` are entities of a snapshot of which nothing could be deleted, since rows of it
    are in quarantine.
    """

    source: str
    pattern: str
    batch_id: int | None
    state: str
    rows_read: int = 0
    entities: dict[str, EntityCounts] = field(default_factory=dict)
    unmapped: dict[str, int] = field(default_factory=dict)
    changes: list[ColumnChange] = field(default_factory=list)
    undeleted: list[str] = field(default_factory=list)
    error: str | None = None
    error_code: str | None = None


@dataclass
class LandSummary:
    """All files of one landing."""

    batches: list[BatchReport] = field(default_factory=list)
    undone_batches: tuple[int, ...] = ()

    @property
    def entities(self) -> dict[str, EntityCounts]:
        """Counts per entity over all batches."""
        return _totals(self.batches)

    @property
    def has_changes(self) -> bool:
        """Whether anything landed or was deleted, so that what is derived has to be rebuilt."""
        return bool(self.undone_batches) or any(
            c.landed or c.deleted for b in self.batches for c in b.entities.values()
        )

    @property
    def empty(self) -> list[BatchReport]:
        """Files that were read and hold no rows."""
        return [b for b in self.batches if b.state != "failed" and b.rows_read == 0]

    @property
    def failed(self) -> list[BatchReport]:
        """Files that did not land."""
        return [b for b in self.batches if b.state == "failed"]


def _totals(batches: Iterable[BatchReport]) -> dict[str, EntityCounts]:
    totals: dict[str, EntityCounts] = {}
    for batch in batches:
        for entity, counts in batch.entities.items():
            totals.setdefault(entity, EntityCounts()).add(counts)
    return totals
