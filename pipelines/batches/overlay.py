"""Corrected values go over what a file says, until the file says the same.

Privacy: canonical rows in and out; overlays are unsealed for the rows of the batch only.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from pipelines.batches.context import Batch
from pipelines.common.clock import now
from pipelines.common.entities import Column, Entity
from pipelines.landing.values import NumberStyle, TimeStyle, typed
from pipelines.vault.overlays import Overlay, change_overlay, overlaid_entities, overlays_of


def overlaid(
    batch: Batch, entity: Entity, frame: pl.DataFrame, blinds: list[bytes]
) -> pl.DataFrame:
    """The rows with the values that persons had corrected.

    A source that agrees by now ends the overlay. One that says a third thing is noted, for a
    steward to look at; the person's word stands.

    Args:
        batch: The batch under way.
        entity: Whose rows they are.
        frame: Canonical rows.
        blinds: Blind index of each row's key.
    """
    if not has_overlays(batch, entity):
        return frame
    places = {blind: place for place, blind in enumerate(blinds)}
    changed: dict[str, list[Any]] = {}
    for overlay in overlays_of(batch.connection, batch.vault, blinds):
        if overlay.entity != entity.name or overlay.source != batch.source.name:
            continue
        place, column = places[overlay.record_blind], entity.columns[overlay.column]
        said = as_text(frame[overlay.column][place])
        right = cell(overlay.value, column)
        if said == as_text(right):
            change_overlay(batch.connection, batch.vault, overlay, state="agreed", ended_at=now())
            continue
        _note_other_word(batch, overlay, said)
        cells = changed.setdefault(overlay.column, frame[overlay.column].to_list())
        cells[place] = right
    return frame.with_columns(
        pl.Series(name, cells, dtype=frame.schema[name]) for name, cells in changed.items()
    )


def has_overlays(batch: Batch, entity: Entity) -> bool:
    """Whether any row of an entity of this source is overlaid; asked once per batch."""
    if batch.overlaid is None:
        batch.overlaid = overlaid_entities(batch.connection, batch.source.name)
    return entity.name in batch.overlaid


def cell(text: str | None, column: Column) -> Any:
    """The typed value of a column from its text, None where it is empty or does not fit."""
    series = pl.Series(column.name, [text], dtype=pl.String)
    return typed(series, column, NumberStyle(), TimeStyle())[0]


def as_text(value: Any) -> str | None:
    """The text by which values are compared and kept: ISO 8601 for times."""
    if value is None:
        return None
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _note_other_word(batch: Batch, overlay: Overlay, said: str | None) -> None:
    if said != overlay.was:
        change_overlay(batch.connection, batch.vault, overlay, was=said, source_differs=True)
