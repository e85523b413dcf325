"""Rows that no older backup may lose: noted in the ledger as they stand, and put back as they stood.

Holds, corrections, tasks of others, restrictions, and what is kept of erased persons. Noting happens
in the transaction that changes the row (:func:`pipelines.vault.store.to_ledger`).

Privacy: pseudonyms, blind indexes, codes of ours and references of cases. Values of a person are
there only as the row has them: sealed under a key that an erasure, or the end of the task or of the
period, destroys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.vault import schema
from pipelines.vault.bulk import count_up_to
from pipelines.vault.store import Vault, to_ledger

RESTRICTION: Final = "restriction"
KEPT_OF: Final = "kept_of"
"""Says of persons that what is kept of them has been noted; an erasure replayed keeps nothing anew."""


class _Kind(NamedTuple):
    table: sa.Table
    counter: str


KINDS: Final = {
    "hold": _Kind(schema.holds, "holds"),
    "overlay": _Kind(schema.overlays, "overlays"),
    "task": _Kind(schema.outbound_tasks, "outbound_tasks"),
    "kept": _Kind(schema.kept_records, "kept_records"),
}


def note_rows(conn: Connection, kind: str, row_ids: Iterable[int]) -> None:
    """Have rows as they stand in this transaction in the ledger; rows that are gone, as gone."""
    table = KINDS[kind].table
    (key,) = table.primary_key.columns
    epoch = conn.scalar(sa.select(sa.func.max(schema.key_epochs.c.epoch)))
    s = schema.subjects.c
    for row_id in row_ids:
        row = conn.execute(sa.select(table).where(key == row_id)).first()
        body: dict[str, Any] = {"row_id": row_id, "is_gone": row is None}
        if row is not None:
            body |= {
                str(n): v.hex() if isinstance(v, bytes) else v for n, v in row._mapping.items()
            }
            subject_id = body.pop("subject_id", None)
            body["epoch"] = epoch
            body["subject_key"] = subject_id and conn.scalar(
                sa.select(s.subject_key).where(s.subject_id == subject_id)
            )
        to_ledger(conn, kind, body)


def note_restriction(conn: Connection, subject_key: str, state: str) -> None:
    """Have in the ledger whether a person is ``restricted`` or ``active``."""
    to_ledger(conn, RESTRICTION, {"subject_key": subject_key, "state": state})


def note_kept_of(conn: Connection, subject_keys: Iterable[str]) -> None:
    """Have in the ledger that all that is kept of persons stands there."""
    to_ledger(conn, KEPT_OF, {"subject_keys": sorted(subject_keys)})


def put_back(
    conn: Connection, vault: Vault, kind: str, body: Mapping[str, Any], persons: Mapping[str, int]
) -> bool | None:
    """Let a row stand as it was noted.

    Args:
        conn: In a writing transaction.
        vault: Whose.
        kind: One of ``KINDS``.
        body: As :func:`note_rows` wrote it.
        persons: Subject ids of pseudonyms.

    Returns:
        Whether that changed anything; None where the person is not known here.
    """
    table, counter = KINDS[kind]
    (key,) = table.primary_key.columns
    row_id = body["row_id"]
    count_up_to(conn, counter, row_id)
    is_it = key == row_id
    before = conn.execute(sa.select(table).where(is_it)).first()
    if body["is_gone"]:
        conn.execute(sa.delete(table).where(is_it))
        return before is not None
    values = {c.name: parsed(c, body[c.name]) for c in table.c if c.name in body}
    if body["subject_key"] is not None:
        if body["subject_key"] not in persons:
            return None
        values["subject_id"] = persons[body["subject_key"]]
    if values.get("record_blind") is not None:
        values["record_blind"] = vault.index.advanced(
            "record", values["record_blind"], body["epoch"]
        )
    if kind == "overlay":
        values["is_applied"] = values["state"] == "replaced"
    if before is None:
        conn.execute(sa.insert(table).values(**values))
    elif any(before._mapping[n] != v for n, v in values.items() if n != "is_applied"):
        conn.execute(sa.update(table).where(is_it).values(**values))
    else:
        return False
    return True


def restrict_again(conn: Connection, subject_id: int, state: str) -> bool:
    """Let a person be restricted, or not any more; whether that changed anything."""
    t = schema.subjects
    done = conn.execute(
        sa.update(t)
        .where(t.c.subject_id == subject_id, t.c.state.in_(("active", "restricted")))
        .where(t.c.state != state)
        .values(state=state)
    )
    return bool(done.rowcount)


def parsed(column: sa.Column[Any], value: Any) -> Any:
    """A value of the ledger's JSON as its column takes it."""
    if not isinstance(value, str):
        return value
    if isinstance(column.type, sa.LargeBinary):
        return bytes.fromhex(value)
    if isinstance(column.type, sa.Date):
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if isinstance(column.type, schema.Instant) else value
