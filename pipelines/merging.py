"""Letting one person stand for two, once nothing that was asked for one of them waits to be done.

A verified request is carried out for whoever its subject stands for then. Who asked was checked for one
of them alone, so a merge before it would erase, correct or hand over somebody who never asked
(docs/decisions/0115). Source: GDPR Art. 5(1)(f), 12(6).

Privacy: pseudonyms, numbers of requests and counts.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection

from pipelines.common.errors import NotAllowedError
from pipelines.identity.merge import Merge, merge_subjects
from pipelines.rights.package_files import drop_drafts_of
from pipelines.rights.requests import list_requests
from pipelines.vault import audit
from pipelines.vault.store import Vault
from pipelines.vault.subjects import members


class Merged(NamedTuple):
    """A merge that stands now, and how many drafts of packages it made incomplete."""

    merge: Merge
    drafts: int


def merge_persons(
    conn: Connection,
    vault: Vault,
    subject_id: int,
    other_id: int,
    *,
    actor: str,
    despite_names: bool = False,
) -> Merged:
    """Merge two persons, as :func:`merge_subjects`, and drop drafts that lack the other's records.

    Args:
        conn: In a writing transaction.
        vault: Whose.
        subject_id: One of them, or anybody merged into it.
        other_id: The other.
        actor: Who decides, a role.
        despite_names: The names contradict each other and the steward knows why.

    Raises:
        InputError: One is unknown, or both are the same already.
        NotAllowedError: A verified request of either is not carried out yet, or they are not to be
            merged at all.
    """
    both = members(conn, subject_id) + members(conn, other_id)
    _check_nothing_waits(conn, both)
    merge = merge_subjects(
        conn, vault, subject_id, other_id, actor=actor, despite_names=despite_names
    )
    drafts = drop_drafts_of(conn, both)
    if drafts:
        audit.append(
            conn, vault, actor=actor, action="merged_with", subject_count=2,
            payload={"subject_key": merge.subject_key, "drafts": drafts},
        )  # fmt: skip
    return Merged(merge, drafts)


def _check_nothing_waits(conn: Connection, subject_ids: Collection[int]) -> None:
    waiting = list_requests(conn, ("in_progress",), subject_ids=subject_ids)
    if waiting:
        raise NotAllowedError(
            "a verified request of one of them is not carried out yet, and would be for both",
            code="request_waits",
            where={"requests": ", ".join(request.number for request in waiting)},
            todo="fulfil, refuse or withdraw it first; to have it done for both: withdraw it, merge, and open it anew",
        )  # fmt: skip
