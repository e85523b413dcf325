"""Rows that no older backup may lose: noted in the ledger as they stand, and put back as they stood.

Holds, corrections, tasks of others, restrictions, merges of subjects and answers that keep two apart,
and what is kept of erased persons. Noting happens
in the transaction that changes the row (:func:`pipelines.vault.store.to_ledger`).

Privacy: pseudonyms, blind indexes, codes of ours and references of cases. Values of a person are
there only as the row has them: sealed under a key that an erasure, or the end of the task or of the
period, destroys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from datetime import date, datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.vault import schema
from pipelines.vault.bulk import allocate, count_up_to
from pipelines.vault.store import Vault, to_ledger

RESTRICTION: Final = "restriction"
MERGE: Final = "merge"
APART: Final = "apart"
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


def note_restriction(
    conn: Connection, subject_key: str, state: str, request: str | None = None
) -> None:
    """Have in the ledger whether a person is ``restricted`` or ``active``, and on whose request."""
    body = {"subject_key": subject_key, "state": state, "request": request}
    to_ledger(conn, RESTRICTION, body)


def note_kept_of(conn: Connection, subject_keys: Iterable[str]) -> None:
    """Have in the ledger that all that is kept of persons stands there."""
    to_ledger(conn, KEPT_OF, {"subject_keys": sorted(subject_keys)})


def note_merge(conn: Connection, merge_id: int) -> None:
    """Have a merge as it stands in this transaction, or was undone, in the ledger."""
    m, a, b = schema.merges, schema.subjects.alias("a"), schema.subjects.alias("b")
    row = conn.execute(
        sa.select(
            m.c.merge_id, m.c.weight, m.c.merged_at, m.c.undone_at,
            a.c.subject_key, b.c.subject_key.label("into_key"),
        )
        .join(a, a.c.subject_id == m.c.subject_id)
        .join(b, b.c.subject_id == m.c.into_subject_id)
        .where(m.c.merge_id == merge_id)
    ).one()  # fmt: skip
    to_ledger(conn, MERGE, {str(name): value for name, value in row._mapping.items()})


def note_apart(conn: Connection, subject_ids: Iterable[int]) -> None:
    """Have in the ledger that two subjects are not one person."""
    s = schema.subjects.c
    keys = sa.select(s.subject_key).where(s.subject_id.in_(list(subject_ids)))
    to_ledger(conn, APART, {"subject_keys": sorted(conn.scalars(keys))})


def put_back(
    conn: Connection,
    vault: Vault,
    kind: str,
    body: Mapping[str, Any],
    persons: Mapping[str, int],
    erased: Set[str] = frozenset(),
) -> bool | None:
    """Let a row stand as it was noted, of whom it is of here.

    Of the erased the newest pseudonym is blank, so an older one or the row that stands tells whose it
    is. A hold of who is erased and not known here stands without a person: what it kept goes with it.

    Args:
        conn: In a writing transaction.
        vault: Whose.
        kind: One of ``KINDS``.
        body: As :func:`note_rows` wrote it; ``owners`` are all pseudonyms that it was noted under.
        persons: Subject ids of pseudonyms.
        erased: Pseudonyms of who was erased since.

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
        here = before.subject_id if before is not None else None
        here = next((persons[k] for k in body["owners"] if k in persons), here)
        if here is None and not (kind == "hold" and erased & {*body["owners"]}):
            return None
        values["subject_id"] = here
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


def merge_again(
    conn: Connection, body: Mapping[str, Any], persons: Mapping[str, int]
) -> bool | None:
    """Let a merge stand, or be undone, as :func:`note_merge` wrote it; the erased stay what they are.

    Returns:
        Whether that changed anything; None where one of both is not known here.
    """
    t, m = schema.subjects, schema.merges
    count_up_to(conn, "merges", body["merge_id"])
    keys = [body["subject_key"], body["into_key"]]
    if not persons.keys() >= set(keys):
        return None
    other, into = (persons[key] for key in keys)
    states = dict(
        conn.execute(sa.select(t.c.subject_id, t.c.state).where(t.c.subject_id.in_([other, into])))
        .tuples()
        .all()
    )
    if "erased" in states.values():
        return False
    values = {c.name: parsed(c, body[c.name]) for c in m.c if c.name in body}
    values |= {"subject_id": other, "into_subject_id": into}
    is_it = m.c.merge_id == body["merge_id"]
    before = conn.execute(sa.select(m).where(is_it)).first()
    if before is not None and dict(before._mapping) == values:
        return False
    if before is not None:
        conn.execute(sa.delete(m).where(is_it))
    conn.execute(sa.insert(m).values(**values))
    is_standing = values["undone_at"] is None
    now = {"state": "merged", "merged_into": into} if is_standing else {"merged_into": None}
    if not is_standing and states[other] == "merged":
        now["state"] = states[into]
    conn.execute(sa.update(t).where(t.c.subject_id == other).values(**now))
    answer(conn, [other], [into], "merged" if is_standing else "apart")
    return True


def apart_again(
    conn: Connection, body: Mapping[str, Any], persons: Mapping[str, int]
) -> bool | None:
    """Let two subjects be known as two persons, as :func:`note_apart` wrote it."""
    if not persons.keys() >= set(body["subject_keys"]) or len(body["subject_keys"]) != 2:
        return None
    q = schema.identity_queue
    low, high = sorted(persons[key] for key in body["subject_keys"])
    is_said = sa.select(q.c.queue_id).where(
        q.c.subject_id == low, q.c.other_subject_id == high, q.c.state == "apart"
    )
    if conn.execute(is_said).first() is not None:
        return False
    answer_apart(conn, [low], [high])
    return True


def answer_apart(conn: Connection, ours: list[int], theirs: list[int]) -> int:
    """Let none of ours be one of theirs, the first of each first; how many questions that answers.

    Where nobody asked, it is noted, so that nobody proposes it.
    """
    if answered := answer(conn, ours, theirs, "apart"):
        return answered
    low, high = sorted((ours[0], theirs[0]))
    (queue_id,) = allocate(conn, "identity_queue", 1)
    conn.execute(
        sa.insert(schema.identity_queue).values(
            queue_id=queue_id, subject_id=low, other_subject_id=high, reason="steward",
            state="apart",
        )
    )  # fmt: skip
    return 1


def answer(conn: Connection, ours: list[int], theirs: list[int], state: str) -> int:
    """Answer whatever asks whether one of ours is one of theirs; how many questions that were."""
    q = schema.identity_queue
    both = sa.or_(
        sa.and_(q.c.subject_id.in_(ours), q.c.other_subject_id.in_(theirs)),
        sa.and_(q.c.subject_id.in_(theirs), q.c.other_subject_id.in_(ours)),
    )
    return conn.execute(sa.update(q).where(both).values(state=state)).rowcount


def parsed(column: sa.Column[Any], value: Any) -> Any:
    """A value of the ledger's JSON as its column takes it."""
    if not isinstance(value, str):
        return value
    if isinstance(column.type, sa.LargeBinary):
        return bytes.fromhex(value)
    if isinstance(column.type, sa.Date):
        return date.fromisoformat(value)
    return datetime.fromisoformat(value) if isinstance(column.type, schema.Instant) else value
