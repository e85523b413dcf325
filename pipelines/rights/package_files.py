"""Packages that nobody is owed any more: expired, withdrawn, erased, or of a request given up.

Privacy: names of files of ours; what is in them is encrypted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from pipelines.vault import schema

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy import Connection

    from pipelines.common.settings import Home
    from pipelines.vault.store import Vault

_NAME: Final = re.compile(r"(?:access|portability)-[\w-]+\.zip(?:\.part)?")
_t, _r, _s = schema.packages, schema.requests, schema.subjects


def drop_drafts(conn: Connection, request: str) -> None:
    """Destroy the drafts of a request that is refused or was taken back."""
    is_it = (_t.c.request == request, _t.c.state == "draft")
    conn.execute(sa.update(_t).where(*is_it).values(state="withdrawn", sealed=None))


def drop_drafts_of(conn: Connection, subject_ids: Collection[int]) -> int:
    """Destroy the drafts of persons who are no longer whom they were gathered of; how many."""
    is_theirs = (_t.c.subject_id.in_(subject_ids), _t.c.state == "draft")
    done = conn.execute(sa.update(_t).where(*is_theirs).values(state="withdrawn", sealed=None))
    return done.rowcount


def withdrawn_since(conn: Connection, at: datetime) -> list[str]:
    """Fulfilled requests of which no package lies ready: the newest was withdrawn before its time.

    A request is told of until that time, or until the person's next one for the same right.

    Args:
        conn: The vault.
        at: The instant (UTC).

    Returns:
        Their numbers, the oldest first.
    """
    newest = sa.select(sa.func.max(_t.c.package_id)).group_by(_t.c.request)
    later = _r.alias("later")
    has_later = sa.exists().where(
        later.c.subject_id.in_([_r.c.subject_id, _s.c.merged_into]), later.c.right == _r.c.right,
        later.c.request_id > _r.c.request_id,
    )  # fmt: skip
    query = (
        sa.select(_r.c.number)
        .join(_t, _t.c.request == _r.c.number)
        .join(_s, _s.c.subject_id == _r.c.subject_id)
        .where(
            _t.c.package_id.in_(newest), _t.c.state == "withdrawn", _t.c.expires_at > at,
            _r.c.state == "fulfilled", _s.c.state != "erased", ~has_later,
        )
        .order_by(_r.c.request_id)
    )  # fmt: skip
    return list(conn.scalars(query))


def remove_unknown(vault: Vault, home: Home) -> int:
    """Remove package files that no row of the vault knows: expired, erased, or left by a kill."""
    with vault.read() as conn:
        known = set(conn.scalars(sa.select(_t.c.file_name).where(_t.c.file_name.is_not(None))))
    removed = 0
    for path in home.outbox.glob("*.zip*") if home.outbox.is_dir() else ():
        if _NAME.fullmatch(path.name) and path.name not in known:
            path.unlink(missing_ok=True)
            removed += 1
    return removed
