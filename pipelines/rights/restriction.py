"""Restriction: the data stays, and nobody uses it until it is lifted. Source: GDPR Art. 18, 19.

The vault marks the person; staging leaves the rows out, so that no figure that is still open and
no table of persons has them, while figures of closed periods stand as they were sealed.

Privacy: pseudonyms only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.common.errors import InputError
from pipelines.vault import audit, schema
from pipelines.vault.noted_rows import note_restriction
from pipelines.vault.subjects import members, survivors

if TYPE_CHECKING:
    from pipelines.vault.store import Vault


def restrict_subject(
    conn: Connection, vault: Vault, subject_id: int, *, actor: str, request: str | None = None
) -> bool:
    """Restrict a person with all that was merged into them; False when they are restricted already.

    Args:
        conn: In a transaction.
        vault: Whose.
        subject_id: Any id of the person.
        actor: Who does it, a role.
        request: Number of the request.

    Raises:
        InputError: There is no such person, or they are erased.
    """
    return _set(conn, vault, subject_id, "restricted", actor, request)


def lift_restriction(
    conn: Connection, vault: Vault, subject_id: int, *, actor: str, request: str | None = None
) -> bool:
    """Let a person's data be used again; False when they are not restricted.

    The person has to be told before (Art. 18(3)); that is the steward's to do.
    """
    return _set(conn, vault, subject_id, "active", actor, request)


def is_restricted(conn: Connection, subject_id: int) -> bool:
    """Whether a person is restricted now."""
    t = schema.subjects
    survivor = survivors(conn, [subject_id])[subject_id]
    return conn.scalar(sa.select(t.c.state).where(t.c.subject_id == survivor)) == "restricted"


def restricted_keys(conn: Connection, subject_keys: Iterable[str] | None = None) -> set[str]:
    """Pseudonyms of whom nothing may be used, those merged into a restricted person too.

    Args:
        conn: The vault.
        subject_keys: Only of these; all by default.
    """
    t = schema.subjects
    found = set(conn.scalars(sa.select(t.c.subject_id).where(t.c.state == "restricted")))
    layer: Collection[int] = found
    while layer:
        layer = set(conn.scalars(sa.select(t.c.subject_id).where(t.c.merged_into.in_(layer))))
        found |= set(layer)
    keys = set(conn.scalars(sa.select(t.c.subject_key).where(t.c.subject_id.in_(found))))
    return keys if subject_keys is None else keys & set(subject_keys)


def _set(
    conn: Connection, vault: Vault, subject_id: int, state: str, actor: str, request: str | None
) -> bool:
    t = schema.subjects
    survivor = survivors(conn, [subject_id])[subject_id]
    row = conn.execute(
        sa.select(t.c.state, t.c.subject_key).where(t.c.subject_id == survivor)
    ).first()
    if row is None or row.state == "erased":
        raise InputError(
            "there is no such person, or they are erased", code="unknown_subject",
            todo="look it up again",
        )  # fmt: skip
    if row.state == state:
        return False
    conn.execute(sa.update(t).where(t.c.subject_id == survivor).values(state=state))
    note_restriction(conn, row.subject_key, state, request)
    action = "subject_restricted" if state == "restricted" else "restriction_lifted"
    audit.append(
        conn, vault, actor=actor, action=action, request=request,
        subject_count=1, payload={"subject_keys": _keys(conn, survivor)},
    )  # fmt: skip
    return True


def _keys(conn: Connection, subject_id: int) -> list[str]:
    t = schema.subjects
    ids = members(conn, subject_id)
    return list(conn.scalars(sa.select(t.c.subject_key).where(t.c.subject_id.in_(ids))))
