"""Overlays: values that a person had corrected, per record and column, over what a source says.

An overlay keeps what the source said beside what is right, both sealed under the person's key, so
that it can be undone and its history read. Privacy: sealed; names of columns in the open.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.common.clock import now
from pipelines.vault import schema
from pipelines.vault.bulk import allocate, select_in
from pipelines.vault.noted_rows import note_rows
from pipelines.vault.records import SealedRecord
from pipelines.vault.sealing import seal, unseal

if TYPE_CHECKING:
    from pipelines.vault.store import Vault

_t = schema.overlays
_COLUMNS = (
    "overlay_id", "entity", "source", "record_blind", "record_key", "column_name", "subject_id",
    "key_id", "sealed", "state", "source_differs",
)  # fmt: skip


class Overlay(NamedTuple):
    """One corrected value; ``value`` and ``was`` as text, None for empty. Privacy: any class."""

    overlay_id: int
    entity: str
    source: str
    record_blind: bytes
    record_key: str
    column: str
    subject_id: int
    key_id: int
    state: str
    source_differs: bool
    value: str | None
    was: str | None

    def __repr__(self) -> str:
        return f"Overlay({self.overlay_id} {self.entity}.{self.column})"

    @property
    def standing(self) -> str | None:
        """What counts now: the corrected value, or the source's once it was undone."""
        return self.was if self.state == "reverted" else self.value


def add_overlay(
    conn: Connection,
    vault: Vault,
    record: SealedRecord,
    column: str,
    value: str | None,
    was: str | None,
    *,
    subject_id: int,
    key_id: int,
    request: str | None,
) -> int:
    """Note a corrected value; one that stood there before is replaced and stays as history.

    Args:
        conn: In a transaction.
        vault: Whose.
        record: What is corrected.
        column: Its column.
        value: What is right.
        was: What the source says.
        subject_id: Whose record it is.
        key_id: The person's data key.
        request: Number of the request.
    """
    before = next(iter(overlays_of(conn, vault, [record.record_blind], column=column)), None)
    if before is not None:
        was = before.was
        conn.execute(
            sa.update(_t)
            .where(_t.c.overlay_id == before.overlay_id)
            .values(state="replaced", is_applied=True, ended_at=now())
        )
        note_rows(conn, "overlay", [before.overlay_id])
    (overlay_id,) = allocate(conn, "overlays", 1)
    key = vault.data_keys.get([key_id])[key_id]
    conn.execute(
        sa.insert(_t).values(
            overlay_id=overlay_id, entity=record.entity, source=record.source,
            record_blind=record.record_blind, record_key=record.record_key, column_name=column,
            subject_id=subject_id, key_id=key_id, sealed=_sealed(key, overlay_id, value, was),
            state="active", is_applied=False, source_differs=False, request=request,
            created_at=now(),
        )
    )  # fmt: skip
    note_rows(conn, "overlay", [overlay_id])
    return overlay_id


def overlays_of(
    conn: Connection, vault: Vault, blinds: Iterable[bytes], *, column: str | None = None
) -> list[Overlay]:
    """The active overlays of records, by their blinds, in the order in which they were made."""
    sql = (
        f"SELECT {', '.join(_COLUMNS)} FROM overlays "
        "WHERE record_blind IN ({values}) AND state = {mark}"
    )
    rows = sorted(select_in(conn, sql, blinds, "active"))
    return [o for o in _opened(vault, rows) if column is None or o.column == column]


def overlays_to_apply(conn: Connection, vault: Vault) -> list[Overlay]:
    """Overlays that the warehouse does not have yet, made or undone, oldest first."""
    query = sa.select(*(_t.c[c] for c in _COLUMNS)).where(_t.c.is_applied.is_(False))
    return _opened(vault, [tuple(row) for row in conn.execute(query.order_by(_t.c.overlay_id))])


def overlay_by_id(conn: Connection, vault: Vault, overlay_id: int) -> Overlay | None:
    """One overlay, whatever its state."""
    query = sa.select(*(_t.c[c] for c in _COLUMNS)).where(_t.c.overlay_id == overlay_id)
    return next(iter(_opened(vault, [tuple(row) for row in conn.execute(query)])), None)


def change_overlay(conn: Connection, vault: Vault, overlay: Overlay, **values: Any) -> None:
    """Change an overlay; ``was`` is sealed, everything else is a column."""
    if "was" in values:
        key = vault.data_keys.get([overlay.key_id])[overlay.key_id]
        was = values.pop("was")
        values["sealed"] = _sealed(key, overlay.overlay_id, overlay.value, was)
    conn.execute(sa.update(_t).where(_t.c.overlay_id == overlay.overlay_id).values(**values))
    if values.keys() != {"is_applied"}:
        note_rows(conn, "overlay", [overlay.overlay_id])


def overlaid_entities(conn: Connection, source: str) -> frozenset[str]:
    """Entities of a source of which some record has an active overlay."""
    query = sa.select(_t.c.entity).where(_t.c.source == source, _t.c.state == "active").distinct()
    return frozenset(conn.scalars(query))


def list_overlays(conn: Connection, subject_ids: Iterable[int]) -> list[dict[str, Any]]:
    """Corrections of persons without their values, oldest first."""
    columns = (
        _t.c.overlay_id, _t.c.entity, _t.c.source, _t.c.column_name, _t.c.state,
        _t.c.source_differs, _t.c.request, _t.c.created_at, _t.c.ended_at,
    )  # fmt: skip
    query = sa.select(*columns).where(_t.c.subject_id.in_(list(subject_ids)))
    return [dict(row) for row in conn.execute(query.order_by(_t.c.overlay_id)).mappings()]


def _opened(vault: Vault, rows: list[tuple[Any, ...]]) -> list[Overlay]:
    keys = vault.data_keys.get({row[7] for row in rows})
    made: list[Overlay] = []
    for row in rows:
        if row[7] in keys:
            body = orjson.loads(unseal(keys[row[7]], bytes(row[8]), _aad(row[0])))
            place = (row[0], row[1], row[2], bytes(row[3]), row[4], row[5], row[6], row[7])
            made.append(Overlay(*place, row[9], bool(row[10]), body["value"], body["was"]))
    return made


def _sealed(key: bytes, overlay_id: int, value: str | None, was: str | None) -> bytes:
    return seal(key, orjson.dumps({"value": value, "was": was}), _aad(overlay_id))


def _aad(overlay_id: int) -> bytes:
    return b"overlay %d" % overlay_id
