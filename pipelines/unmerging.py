"""Taking a person out of the one they were merged into, with what was said for both meanwhile.

While a merge stands, words on consent and holds are entered for the survivor, whoever of both they
were about. So whatever withholds goes along with both: it is better to write to nobody who objected
and to keep what a court may ask for than the other way round (docs/decisions/0110).

Privacy: pseudonyms, codes of ours and references of cases.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.common.clock import now
from pipelines.identity.merge import Merge, unmerge_subject
from pipelines.rights.consent import Word, enter
from pipelines.rights.holds import hold_person, holds_on
from pipelines.rights.package_files import drop_drafts_of
from pipelines.vault import audit, schema
from pipelines.vault.store import Vault
from pipelines.vault.subjects import members

WITHHOLDING: Final = ("withdrawn", "refused", "objected")


class Unmerged(NamedTuple):
    """A merge that was undone, and how much of the survivor's was copied or dropped."""

    merge: Merge
    words: int
    holds: int
    drafts: int


def unmerge_person(conn: Connection, vault: Vault, subject_id: int, *, actor: str) -> Unmerged:
    """Undo the merge of a subject, and copy to it what withholds and was entered since.

    Args:
        conn: In a writing transaction.
        vault: Whose.
        subject_id: The one that was merged.
        actor: Who decides, a role.

    Raises:
        InputError: It is unknown, or was not merged.
        NotAllowedError: The person is erased, or is being erased.
    """
    stood_for = _stood_for(conn, subject_id)
    both = members(conn, subject_id)
    merge = unmerge_subject(conn, vault, subject_id, actor=actor)
    words = sum(_copy_words(conn, vault, subject_id, *one) for one in stood_for)
    holds = sum(_copy_holds(conn, vault, subject_id, *one, actor) for one in stood_for)
    drafts = drop_drafts_of(conn, both)
    audit.append(
        conn, vault, actor=actor, action="unmerged_with", subject_count=2,
        payload={
            "subject_key": merge.subject_key, "words": words, "holds": holds, "drafts": drafts,
        },
    )  # fmt: skip
    return Unmerged(merge, words, holds, drafts)


def _stood_for(conn: Connection, subject_id: int) -> list[tuple[int, datetime]]:
    """Who stood for a merged subject, one after the other, each since when."""
    s, m = schema.subjects, schema.merges
    found: list[tuple[int, datetime]] = []
    while into := conn.scalar(sa.select(s.c.merged_into).where(s.c.subject_id == subject_id)):
        at = conn.scalar(
            sa.select(sa.func.max(m.c.merged_at)).where(
                m.c.subject_id == subject_id, m.c.into_subject_id == into, m.c.undone_at.is_(None)
            )
        )
        if at is not None:
            found.append((into, max([at, *(since for _, since in found)])))
        subject_id = into
    return found


def _copy_words(
    conn: Connection, vault: Vault, subject_id: int, survivor: int, since: datetime
) -> int:
    t = schema.consents
    rows = conn.execute(
        sa.select(t)
        .where(t.c.subject_id == survivor, t.c.status.in_(WITHHOLDING), t.c.recorded_at >= since)
        .order_by(t.c.consent_id)
    ).all()
    return enter(
        conn, vault,
        [
            Word(
                subject_id, row.purpose, row.channel, row.status, row.occurred_at,
                "request" if row.request else "steward",  # so that it is in the ledger
                row.lawful_basis, notice_version=row.notice_version, request=row.request,
            )
            for row in rows
        ],
    )  # fmt: skip


def _copy_holds(
    conn: Connection, vault: Vault, subject_id: int, survivor: int, since: datetime, actor: str
) -> int:
    copied = [
        hold
        for hold in holds_on(conn, now().date(), subject_ids=[survivor])
        if hold.scope == "person" and hold.placed_at >= since
    ]
    for hold in copied:
        hold_person(
            conn, vault, subject_id, hold.reference, until_on=hold.until_on, actor=actor
        )  # fmt: skip
    return len(copied)
