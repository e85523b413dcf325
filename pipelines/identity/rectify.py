"""The identifiers of a person after a contact record of theirs was corrected.

Privacy: contact fields in, blind indexes to the vault.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from pipelines.identity.contact_identifiers import (
    MATCHING_KINDS,
    contact_identifiers,
    told_identifiers,
)
from pipelines.identity.queue import queue_doubts
from pipelines.vault.bulk import execute_in
from pipelines.vault.subjects import (
    FORMER,
    Pair,
    add_identifiers,
    find_identifiers,
    survivors,
)

if TYPE_CHECKING:
    from pipelines.vault.store import Vault

Fields = Mapping[str, Any]


def refresh_identifiers(
    conn: Connection,
    vault: Vault,
    subject_id: int,
    source: str,
    region: str,
    before: Fields,
    after: Fields,
    others: Iterable[Fields],
) -> None:
    """Let a person be found by what is right; what was wrong becomes a former identifier.

    Stale sources go on bringing it: it leads what lands, and an erasure, to the person, and nothing
    else. An identifier that another record of theirs bears stays. A new one that somebody else bears already
    merges nobody: the pair goes to the steward's queue.

    Args:
        conn: In a transaction.
        vault: Whose.
        subject_id: Who owns the record.
        source: Where the record comes from.
        region: Country of telephone numbers without prefix.
        before: The record as it was.
        after: The record as it is.
        others: The person's other contact records.
    """
    old, new = _pairs(vault, before, region), _pairs(vault, after, region)
    kept = {pair for fields in others for pair in _pairs(vault, fields, region)}
    wrong = old - new - kept
    for kind in {kind for kind, _ in wrong}:
        execute_in(
            conn,
            "DELETE FROM identifiers WHERE blind IN ({values}) AND kind = {mark} "
            "AND subject_id = {mark}",
            [blind for k, blind in wrong if k == kind],
            kind,
            subject_id,
        )
    former = [(FORMER + kind, blind, subject_id, source) for kind, blind in sorted(wrong)]
    add_identifiers(conn, former, None)
    fresh = new - old
    bearers = find_identifiers(conn, (p for p in fresh if p[0] in MATCHING_KINDS))
    mine = survivors(conn, [subject_id])[subject_id]
    add_identifiers(conn, [(*pair, subject_id, source) for pair in sorted(fresh)], None)
    queue_doubts(
        conn,
        {
            (min(mine, other), max(mine, other), f"{kind}_of_another")
            for (kind, _), found in bearers.items()
            for other in found
            if other != mine
        },
    )


def _pairs(vault: Vault, fields: Fields, region: str) -> set[Pair]:
    found = (*contact_identifiers(fields, region), *told_identifiers(fields))
    return {(i.kind, vault.index.of(i.kind, i.value)) for i in found}
