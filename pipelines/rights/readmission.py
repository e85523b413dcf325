"""A new relationship with somebody who was erased: only by an explicit act of a steward.

What was erased stays so: only the identifiers by which the person is known land again, and the
record of them as a contact. Source: GDPR Art. 17; recital 66 leaves a new relationship free.
"""

from __future__ import annotations

from collections.abc import Iterable

from pipelines.common.errors import InputError
from pipelines.vault import audit
from pipelines.vault.store import Vault
from pipelines.vault.subjects import Pair
from pipelines.vault.suppression import find_suppressed, release


def readmit(
    vault: Vault, pairs: Iterable[Pair], reason: str, *, request: str | None = None,
    actor: str = "steward",
) -> int:  # fmt: skip
    """Let identifiers land again; written into audit chain and ledger before it works.

    Args:
        vault: Whose.
        pairs: Blind identifiers of the person.
        reason: ``order`` or ``consent``: what the person did after the erasure.
        request: Number of a request that asks for it.
        actor: Who does it, a role.

    Returns:
        How many of them were suppressed.

    Raises:
        InputError: None of them was.
    """
    with vault.read() as conn:
        suppressed = find_suppressed(conn, pairs)
    if not suppressed:
        raise InputError(
            "nobody was erased under these identifiers", code="nobody_suppressed",
            todo="they can land as they are",
        )  # fmt: skip
    with vault.begin() as conn:
        audit.append(
            conn, vault, actor=actor, action="person_readmitted", purpose="relationship",
            request=request, subject_count=1, payload={"reason": reason},
        )  # fmt: skip
        head = audit.head(conn)
    identifiers = ((*pair, vault.epoch) for pair in sorted(suppressed))
    entry = vault.ledger.append(
        "readmitted", request=request, audit_head=head, identifiers=identifiers
    )
    with vault.begin() as conn:
        release(conn, suppressed)
        vault.note_ledger(conn, entry)
    return len(suppressed)
