"""Fills the clerical queue: all contacts are unsealed in memory, compared, and likely pairs queued.

One entry in the audit chain for the whole; nothing of it is written anywhere but pseudonyms and
weights. Privacy: direct identifiers in memory; subject ids and weights into the queue.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from pipelines.common.normalise import email_key, fold, is_role_mailbox, name_key, phone_key
from pipelines.identity.proposals import propose
from pipelines.identity.queue import queue_pairs
from pipelines.rights.person import OpenRecord, open_records
from pipelines.vault import audit, schema
from pipelines.vault.records import records_of_subjects
from pipelines.vault.subjects import survivors
from pipelines.warehouse.connection import open_instance

if TYPE_CHECKING:
    from pipelines.runs import Deployment

REASON: Final = "splink"
PURPOSE: Final = "relationship"
_AT_ONCE: Final = 5_000


def propose_pairs(deployment: Deployment, *, actor: str = "steward") -> int:
    """Queue pairs of contacts that Splink finds likely; returns how many are new.

    Restricted persons are left out: their data may only be kept.

    Args:
        deployment: Open.
        actor: Who asks, a role.

    Raises:
        FailedError: Splink failed.
    """
    vault = deployment.vault
    t = schema.subjects
    with vault.begin() as conn:
        active = sa.select(t.c.subject_id).where(
            t.c.kind == "contact", t.c.state.in_(("active", "merged"))
        )
        ids = sorted(conn.scalars(active))
        audit.append(
            conn, vault, actor=actor, action="contacts_compared", purpose=PURPOSE,
            subject_count=len(ids),
        )  # fmt: skip
        standing = survivors(conn, ids)
    records: list[dict[str, str | None]] = []
    owners: list[int] = []
    for opened in _contacts(deployment, ids):
        records.append(_compared(opened.fields))
        owners.append(standing[int(opened.record.subject_id or 0)])
    with closing(open_instance(deployment.home.spill, deployment.settings)) as connection:
        proposals = propose(connection, records)
    pairs = [
        (owners[p.place], owners[p.other], p.weight)
        for p in proposals
        if owners[p.place] != owners[p.other]
    ]
    with vault.begin() as conn:
        return queue_pairs(conn, pairs, REASON)


def _contacts(deployment: Deployment, ids: list[int]) -> Iterator[OpenRecord]:
    for start in range(0, len(ids), _AT_ONCE):
        with deployment.vault.read() as conn:
            found = records_of_subjects(conn, ids[start : start + _AT_ONCE])
        mine = set(ids[start : start + _AT_ONCE])
        contacts = [r for r in found if r.entity == "contacts" and r.subject_id in mine]
        yield from open_records(deployment.vault, contacts)


def _compared(fields: dict[str, Any]) -> dict[str, str | None]:
    """A contact's fields in the forms that are compared."""
    first, full = fields.get("first_name"), fields.get("full_name")
    key = name_key(first, fields.get("last_name"), full)
    given = fold(str(first or str(full or "").split(" ")[0])).split(" ")[0]
    email = email_key(fields.get("email"))
    return {
        "surname": key.partition("|")[0] if key else None,
        "given": given or None,
        "email": email if email and not is_role_mailbox(email) else None,
        "phone": phone_key(fields.get("mobile")) or phone_key(fields.get("phone")),
        "birth_date": str(fields["birth_date"])[:10] if fields.get("birth_date") else None,
        "postcode": str(fields.get("postcode") or "").replace(" ", "").upper() or None,
        "house_number": str(fields.get("house_number") or "").strip() or None,
    }
