"""Removes what is kept no longer than the rules say. What is due is asked of the state alone.

The caller holds the home's lock. Only rejected rows so far: the rules of the entities say how
long their rows are kept, but nothing applies them yet.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from pipelines.vault import audit, quarantine
from pipelines.vault.store import Vault

RUN_HISTORY = timedelta(days=90)
"""How long the history of runs is kept; it holds counts and names of ours."""


def sweep_quarantine(vault: Vault, as_of: datetime) -> int:
    """Destroy rejected rows whose time is over; a day that was missed is caught up.

    Args:
        vault: Open for writing.
        as_of: The instant (UTC) at which they are due.

    Returns:
        Rows removed.

    Source: GDPR Art. 5(1)(e).
    """
    with vault.read() as conn:
        due = quarantine.expired(conn, as_of)
        keys = quarantine.key_ids_of(conn, due)
    if not due:
        return 0
    vault.data_keys.destroy(keys)  # first: a kill leaves rows that are found again
    with vault.begin() as conn:
        removed = quarantine.delete_rows(conn, due)
        audit.append(
            conn, vault, actor="retention", action="quarantine_expired", payload={"rows": removed}
        )
    return removed
