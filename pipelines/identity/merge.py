"""Merging two subjects that are one person, and undoing it.

A merge changes who stands for whom and nothing else: rows, keys, identifiers and sealed records
stay with the subject that they landed under, so that undoing it gives each exactly what was theirs.
A wrong merge hands one person's data to another; whatever speaks against it refuses the merge.
Source: GDPR Art. 5(1)(d) and (f), 32.

Privacy: pseudonyms and blind indexes only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.common.clock import now
from pipelines.common.errors import InputError, NotAllowedError
from pipelines.identity.decide import names_agree
from pipelines.vault import audit, schema
from pipelines.vault.bulk import allocate
from pipelines.vault.noted_rows import answer, note_merge, note_restriction
from pipelines.vault.subjects import Pair, identifiers_of, members, survivors

if TYPE_CHECKING:
    from pipelines.vault.store import Vault


class Merge(NamedTuple):
    """A merge that stands: who was merged, and into whom."""

    merge_id: int
    subject_key: str
    into_key: str


def merge_subjects(
    conn: Connection,
    vault: Vault,
    subject_id: int,
    other_id: int,
    *,
    actor: str,
    weight: float | None = None,
    despite_names: bool = False,
) -> Merge:
    """Let one subject stand for both from now on; the older one, whichever is named first.

    Args:
        conn: In a transaction.
        vault: Whose.
        subject_id: One of them, or anybody merged into it.
        other_id: The other.
        actor: Who decides, a role.
        weight: Evidence of the proposal in bits, where there was one.
        despite_names: The names contradict each other and the steward knows why.

    Raises:
        InputError: One is unknown, or both are the same already.
        NotAllowedError: They are no persons or of different kinds, one is erased or being erased,
            one alone is restricted, or their names contradict each other.
    """
    found = survivors(conn, [subject_id, other_id])
    keeper, other = sorted((found[subject_id], found[other_id]))
    _check(conn, keeper, other, despite_names=despite_names)
    t = schema.subjects
    conn.execute(
        sa.update(t).where(t.c.subject_id == other).values(state="merged", merged_into=keeper)
    )
    (merge_id,) = allocate(conn, "merges", 1)
    conn.execute(
        sa.insert(schema.merges).values(
            merge_id=merge_id, subject_id=other, into_subject_id=keeper, weight=weight,
            merged_at=now(),
        )
    )  # fmt: skip
    _answer_queue(conn, keeper, other, "merged")
    note_merge(conn, merge_id)
    keys = _keys(conn, [keeper, other])
    audit.append(
        conn, vault, actor=actor, action="subjects_merged", subject_count=2,
        payload={"subject_key": keys[other], "into": keys[keeper], "despite_names": despite_names},
    )  # fmt: skip
    return Merge(merge_id, keys[other], keys[keeper])


def unmerge_subject(conn: Connection, vault: Vault, subject_id: int, *, actor: str) -> Merge:
    """Undo the merge of a subject; what was merged into it before comes along with it.

    Args:
        conn: In a transaction.
        vault: Whose.
        subject_id: The one that was merged.
        actor: Who decides, a role.

    Raises:
        InputError: It is unknown, or was not merged.
        NotAllowedError: The person is erased, or is being erased.
    """
    t, m = schema.subjects, schema.merges
    row = conn.execute(sa.select(t).where(t.c.subject_id == subject_id)).first()
    if row is None or row.merged_into is None:
        raise InputError(
            "this subject was not merged into another", code="not_merged",
            todo="klantkluis identity list shows what stands merged",
        )  # fmt: skip
    into = survivors(conn, [subject_id])[subject_id]
    if row.state == "erased" or _is_being_erased(conn, members(conn, into)):
        raise _erased()
    state = conn.scalar(sa.select(t.c.state).where(t.c.subject_id == into))
    conn.execute(
        sa.update(t).where(t.c.subject_id == subject_id).values(state=state, merged_into=None)
    )
    merge_id = conn.scalar(
        sa.select(m.c.merge_id)
        .where(m.c.subject_id == subject_id, m.c.undone_at.is_(None))
        .order_by(m.c.merge_id.desc())
    )
    conn.execute(sa.update(m).where(m.c.merge_id == merge_id).values(undone_at=now()))
    _answer_queue(conn, subject_id, row.merged_into, "apart")
    keys = _keys(conn, [subject_id, row.merged_into])
    if merge_id is not None:
        note_merge(conn, merge_id)
    note_restriction(conn, keys[subject_id], state or "active")
    audit.append(
        conn, vault, actor=actor, action="subject_unmerged", subject_count=2,
        payload={"subject_key": keys[subject_id], "from": keys[row.merged_into]},
    )  # fmt: skip
    return Merge(merge_id or 0, keys[subject_id], keys[row.merged_into])


def standing_merges(conn: Connection) -> list[Merge]:
    """The merges that were not undone, oldest first."""
    m, a = schema.merges, schema.subjects.alias("a")
    b = schema.subjects.alias("b")
    query = (
        sa.select(m.c.merge_id, a.c.subject_key, b.c.subject_key)
        .join(a, a.c.subject_id == m.c.subject_id)
        .join(b, b.c.subject_id == m.c.into_subject_id)
        .where(m.c.undone_at.is_(None), a.c.state != "erased")
        .order_by(m.c.merge_id)
    )
    return [Merge(*row) for row in conn.execute(query)]


def _check(conn: Connection, keeper: int, other: int, *, despite_names: bool) -> None:
    if keeper == other:
        raise InputError(
            "both are one subject already", code="same_subject", todo="there is nothing to merge"
        )
    t = schema.subjects
    rows = conn.execute(sa.select(t).where(t.c.subject_id.in_([keeper, other]))).all()
    if len(rows) < 2:
        raise InputError(
            "there is no such subject", code="unknown_subject", todo="look it up again"
        )
    if len({row.kind for row in rows}) > 1:
        raise NotAllowedError(
            "a person, an account and a user are never one", code="kinds_differ",
            todo="merge subjects of one kind",
        )  # fmt: skip
    if rows[0].kind != "contact":
        raise NotAllowedError(
            "only persons are merged: the figures count accounts and users as they landed",
            code="kind_not_merged", todo="mend the account or user in its source system",
        )  # fmt: skip
    everybody = members(conn, keeper) + members(conn, other)
    if any(row.state == "erased" for row in rows) or _is_being_erased(conn, everybody):
        raise _erased()
    if len({row.state for row in rows}) > 1:
        raise NotAllowedError(
            "one of them is restricted and the other is not", code="restriction_differs",
            todo="lift the restriction, or restrict the other too, before merging",
        )  # fmt: skip
    ours, theirs = _names(conn, keeper), _names(conn, other)
    if not despite_names and not names_agree(ours, theirs):
        raise NotAllowedError(
            "their names contradict each other", code="names_differ",
            todo="leave them apart; if you know that it is one person, say --despite-names",
        )  # fmt: skip


def _names(conn: Connection, subject_id: int) -> set[Pair]:
    return {p for p in identifiers_of(conn, members(conn, subject_id)) if "name" in p[0]}


def _is_being_erased(conn: Connection, ids: list[int]) -> bool:
    e = schema.erasures
    query = sa.select(e.c.subject_id).where(e.c.subject_id.in_(ids), e.c.state != "completed")
    return conn.execute(query.limit(1)).first() is not None


def _answer_queue(conn: Connection, a: int, b: int, state: str) -> None:
    """Whatever asked about these two, or those merged into them, is answered."""
    answer(conn, members_below(conn, a), members_below(conn, b), state)


def members_below(conn: Connection, subject_id: int) -> list[int]:
    """A subject and those merged into it, without what it was merged into itself."""
    t = schema.subjects
    found = layer = [subject_id]
    while layer:
        layer = list(conn.scalars(sa.select(t.c.subject_id).where(t.c.merged_into.in_(layer))))
        found = found + layer
    return found


def _keys(conn: Connection, ids: list[int]) -> dict[int, str]:
    t = schema.subjects
    rows = conn.execute(sa.select(t.c.subject_id, t.c.subject_key).where(t.c.subject_id.in_(ids)))
    return {row.subject_id: row.subject_key for row in rows}


def _erased() -> NotAllowedError:
    return NotAllowedError(
        "one of them is erased, or is being erased", code="subject_erased",
        todo="an erasure cannot be mixed with a merge; leave it as it is",
    )  # fmt: skip
