"""Notices that a column of a known source starts to hold something else.

The head of each file is compared with what the last file of that pattern held; the newer profile
then takes the older one's place, so that a change is told once.

Privacy: canonical rows in; names of columns, kinds and counts out.
"""

from __future__ import annotations

import polars as pl

from pipelines.batches.context import Batch
from pipelines.batches.report import ColumnChange
from pipelines.common.entities import Entity
from pipelines.privacy.column_shapes import PROFILED_ROWS, added, new_kinds, shape_counts
from pipelines.vault.column_profiles import load_profiles, save_changes, save_profiles

_TEXT_TYPES = frozenset({"id", "name", "text", "category", "email", "phone", "country", "url"})
_PATTERN = 200


def look_at(batch: Batch, entity: Entity, frame: pl.DataFrame) -> None:
    """Add the rows to the batch's profiles, until enough of them were seen."""
    seen = batch.profiled_rows.get(entity.name, 0)
    if seen >= PROFILED_ROWS:
        return
    head = frame.head(PROFILED_ROWS - seen)
    batch.profiled_rows[entity.name] = seen + head.height
    for column in entity.columns.values():
        if column.type in _TEXT_TYPES and head.schema.get(column.name) == pl.String:
            key = (entity.name, column.name)
            counts = shape_counts(head[column.name])
            batch.profiles[key] = added(batch.profiles.get(key, (0, {})), counts)


def compare(batch: Batch) -> None:
    """Note what changed since the last file of this pattern, and keep the newer profiles."""
    pattern = batch.file.patterns[0][:_PATTERN]
    before = load_profiles(batch.connection, batch.source.name, pattern)
    now = {key: profile for key, profile in batch.profiles.items() if profile[0]}
    for (entity, column), profile in sorted(now.items()):
        for kind in new_kinds(before.get((entity, column), (0, {})), profile):
            change = ColumnChange(entity, column, kind, profile[1][kind], profile[0])
            batch.changes.append(change)
    save_changes(batch.connection, batch.batch_id, batch.changes)
    save_profiles(batch.connection, batch.source.name, pattern, now)
