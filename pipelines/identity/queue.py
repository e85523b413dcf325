"""The clerical queue: pairs of subjects that may be one person, for a steward to decide.

Landing queues what exact identifiers leave in doubt; :mod:`pipelines.proposals` adds what Splink
finds likely. Privacy: pseudonyms, reasons and weights.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.common.errors import InputError, UsageError
from pipelines.identity.merge import members_below
from pipelines.vault import audit, schema
from pipelines.vault.bulk import allocate, insert_rows, select_in
from pipelines.vault.noted_rows import answer_apart, note_apart
from pipelines.vault.subjects import survivors

if TYPE_CHECKING:
    from pipelines.vault.store import Vault


class OpenPair(NamedTuple):
    """A pair that waits; ``weight`` in bits, None where no model weighed it."""

    queue_id: int
    subject_key: str
    other_key: str | None
    reason: str
    weight: float | None


def open_pairs(conn: Connection, limit: int) -> list[OpenPair]:
    """Pairs that wait, the surest first, then the oldest; those who are one by now are left out.

    Questions about a name in a text are apart: :mod:`pipelines.doubtful_mentions`.
    """
    q = schema.identity_queue
    a, b = schema.subjects.alias("a"), schema.subjects.alias("b")
    query = (
        sa.select(q.c.queue_id, a.c.subject_key, b.c.subject_key, q.c.reason, q.c.weight,
                  q.c.subject_id, q.c.other_subject_id)
        .join(a, a.c.subject_id == q.c.subject_id)
        .outerjoin(b, b.c.subject_id == q.c.other_subject_id)
        .where(q.c.state == "open", q.c.record_id.is_(None))
        .order_by(sa.func.coalesce(q.c.weight, -1e9).desc(), q.c.queue_id)
    )  # fmt: skip
    rows = conn.execute(query).all()
    ids = {i for r in rows for i in (r.subject_id, r.other_subject_id) if i is not None}
    one = survivors(conn, ids)
    waiting = [
        r for r in rows
        if r.other_subject_id is None or one[r.subject_id] != one[r.other_subject_id]
    ]  # fmt: skip
    return [
        OpenPair(r[0], r[1], r[2], r[3], None if r[4] is None else round(r[4], 1))
        for r in waiting[:limit]
    ]


def keep_apart(
    conn: Connection, vault: Vault, subject_id: int, other_id: int, *, actor: str
) -> int:
    """Answer whatever asks about these two: they are not one person.

    Returns:
        How many questions were answered; a pair that was not queued is noted, so that nobody
        proposes it.

    Raises:
        UsageError: They stand for one another by now.
    """
    if len(set(survivors(conn, [subject_id, other_id]).values())) == 1:
        raise UsageError(
            "both were merged into one", code="merged_already",
            todo="klantkluis identity unmerge takes them apart; then say so again",
        )  # fmt: skip
    ours, theirs = members_below(conn, subject_id), members_below(conn, other_id)
    answered = answer_apart(conn, ours, theirs)
    note_apart(conn, (subject_id, other_id))
    audit.append(
        conn, vault, actor=actor, action="subjects_kept_apart", subject_count=2,
        payload={"subject_ids": sorted((subject_id, other_id))},
    )  # fmt: skip
    return answered


def queue_pairs(conn: Connection, pairs: Iterable[tuple[int, int, float]], reason: str) -> int:
    """Queue (subject_id, subject_id, weight) pairs that nobody was asked about yet.

    A pair that waits for another reason gets its weight. Returns how many are new.
    """
    best: dict[tuple[int, int], float] = {}
    for a, b, weight in pairs:
        key = (min(a, b), max(a, b))
        best[key] = max(weight, best.get(key, weight))
    sql = (
        "SELECT subject_id, other_subject_id FROM identity_queue "
        "WHERE other_subject_id IN ({values})"
    )
    known = set(select_in(conn, sql, sorted({b for _, b in best})))
    q = schema.identity_queue
    for a, b in sorted(known & best.keys()):
        conn.execute(
            sa.update(q)
            .where(q.c.subject_id == a, q.c.other_subject_id == b)
            .values(weight=best[a, b])
        )
    new = sorted(best.keys() - known)
    ids = allocate(conn, "identity_queue", len(new)) if new else ()
    insert_rows(
        conn, q, ("queue_id", "subject_id", "other_subject_id", "reason", "state", "weight"),
        [(i, *pair, reason, "open", best[pair]) for i, pair in zip(ids, new, strict=True)],
    )  # fmt: skip
    return len(new)


def queue_doubts(
    conn: Connection, doubts: Iterable[tuple[int, int, str]], batch_id: int | None = None
) -> None:
    """Queue (subject_id, other_subject_id, reason), once per pair and reason.

    Args:
        conn: In a transaction.
        doubts: The lower id first.
        batch_id: The batch that raised them.
    """
    wanted = set(doubts)
    if not wanted:
        return
    sql = (
        "SELECT subject_id, other_subject_id, reason FROM identity_queue "
        "WHERE other_subject_id IN ({values})"  # the younger one: the older may be in thousands
    )
    new = sorted(wanted - set(select_in(conn, sql, {b for _, b, _ in wanted})))
    ids = allocate(conn, "identity_queue", len(new)) if new else ()
    insert_rows(
        conn, schema.identity_queue,
        ("queue_id", "batch_id", "subject_id", "other_subject_id", "reason", "state"),
        [(i, batch_id, *doubt, "open") for i, doubt in zip(ids, new, strict=True)],
    )  # fmt: skip


def id_of(conn: Connection, subject_key: str) -> int:
    """The subject of a pseudonym, merged ones too.

    Raises:
        InputError: Nobody has it.
    """
    t = schema.subjects
    found = conn.scalar(sa.select(t.c.subject_id).where(t.c.subject_key == subject_key))
    if found is None:
        raise InputError(
            "nobody has this pseudonym", code="unknown_subject",
            todo="klantkluis identity queue shows those that wait",
        )  # fmt: skip
    return int(found)
