"""Takes audiences back: the file of the outbox, and after expiry the list of who was in it.

Privacy: a whole file goes, for it is encrypted and cannot be cut. Source: GDPR Art. 5(1)(e), 17, 21(3).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from pipelines.common.settings import Home
from pipelines.vault import schema
from pipelines.vault.store import Vault


def withdraw_persons(home: Home, vault: Vault, subject_ids: Collection[int]) -> int:
    """Take back every audience that has one of these persons; returns how many.

    The file goes, for it cannot be cut; who had it in hand has to build it again.
    """
    m = schema.audience_members
    with vault.read() as conn:
        ids = set(conn.scalars(sa.select(m.c.audience_id).where(m.c.subject_id.in_(subject_ids))))
    return _end(home, vault, ids, "withdrawn")


def expire_audiences(home: Home, vault: Vault, as_of: datetime) -> int:
    """Remove audiences whose days are over, with the list of who was in them."""
    t = schema.audiences
    with vault.read() as conn:
        ids = set(conn.scalars(sa.select(t.c.audience_id).where(t.c.expires_at <= as_of)))
    return _end(home, vault, ids, "expired")


def remove_unknown_audiences(home: Home, vault: Vault) -> int:
    """Remove files of audiences that the vault does not know, as after a restore; returns how many."""
    t = schema.audiences
    with vault.read() as conn:
        known = set(conn.scalars(sa.select(t.c.file_name).where(t.c.state == "ready")))
    removed = 0
    for path in home.outbox.glob("audience-*.zip*") if home.outbox.is_dir() else ():
        if path.name not in known:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _end(home: Home, vault: Vault, ids: Collection[int], state: str) -> int:
    t, m = schema.audiences, schema.audience_members
    with vault.read() as conn:
        query = sa.select(t.c.file_name).where(t.c.audience_id.in_(ids), t.c.state == "ready")
        names = list(conn.scalars(query))
    for name in names:
        (home.outbox / Path(name).name).unlink(missing_ok=True)
    if ids:
        with vault.begin() as conn:
            conn.execute(
                sa.update(t)
                .where(t.c.audience_id.in_(ids), t.c.state == "ready")
                .values(state=state)
            )
            if state == "expired":
                conn.execute(sa.delete(m).where(m.c.audience_id.in_(ids)))
    return len(names)
