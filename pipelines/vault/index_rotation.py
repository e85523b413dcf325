"""Rotates the key of the blind index: every stored blind index is brought to a new epoch.

The new key goes into the ledger first, sealed, so that a home that is restored later can follow;
then one transaction brings all blind indexes to it. A kill leaves the old epoch or the new one.

Privacy: blind indexes in, blind indexes out; no identifier is unsealed.
"""

from __future__ import annotations

import secrets
import sqlite3

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from pipelines.common.clock import now
from pipelines.vault import audit, schema
from pipelines.vault.blind_index import FIXED_KIND, reblind
from pipelines.vault.keyring import KEY_BYTES, KeyRing
from pipelines.vault.store import Vault, index_aad

KEY_KIND = "index key"
"""Kind under which a ledger entry holds a new index key among its sealed identifiers."""


def rotate_index(vault: Vault, keyring: KeyRing, *, actor: str = "operator") -> int:
    """Bring the vault to a new epoch of the index key; open it anew afterwards.

    A rotation that was killed after its key went into the ledger is finished with that key.

    Args:
        vault: Whose; the caller holds the home's lock and lets nobody else use the vault.
        keyring: Wraps the new key.
        actor: Who does it, a role.

    Returns:
        The new epoch.
    """
    epoch = vault.epoch + 1
    if epoch not in _keys_in_ledger(vault):
        with vault.read() as conn:
            head = audit.head(conn)
        key = secrets.token_bytes(KEY_BYTES)
        vault.ledger.append("rotated", identifiers=[(KEY_KIND, key, epoch)], audit_head=head)
    _bring_to(vault, keyring, epoch, _keys_in_ledger(vault)[epoch], actor)
    vault.checkpoint()  # the old epoch leaves the log too
    return epoch


def catch_up_index(vault: Vault, keyring: KeyRing) -> int:
    """Bring a vault that was restored to the epoch that its ledger has reached; returns it."""
    keys = _keys_in_ledger(vault)
    epoch = vault.epoch
    while epoch + 1 in keys:
        epoch += 1
        _bring_to(vault, keyring, epoch, keys[epoch], "restore")
    return epoch


def _keys_in_ledger(vault: Vault) -> dict[int, bytes]:
    """Keys of epochs by epoch; of two for one epoch the first counts, as on rotating."""
    found: dict[int, bytes] = {}
    for entry in vault.ledger.entries():
        if entry.kind == "rotated":
            for (_, key), epoch in vault.ledger.identifiers(entry):
                found.setdefault(epoch, key)
    return found


def _bring_to(vault: Vault, keyring: KeyRing, epoch: int, key: bytes, actor: str) -> None:
    t = schema.key_epochs
    with vault.begin() as conn:
        for table in schema.metadata.sorted_tables:
            if "blind" in table.c:
                _reblind(conn, table, key)
                if "epoch" in table.c:
                    conn.execute(sa.update(table).values(epoch=epoch))
        conn.execute(sa.update(t).where(t.c.retired_at.is_(None)).values(retired_at=now()))
        conn.execute(
            sa.insert(t).values(
                epoch=epoch, created_at=now(),
                wrapped_index_key=keyring.wrap(key, index_aad(vault.home_id, epoch)),
            )
        )  # fmt: skip
        audit.append(conn, vault, actor=actor, action="index_key_rotated", payload={"epoch": epoch})


def _reblind(conn: Connection, table: Table, key: bytes) -> None:
    """Every blind index of a table but those of records, in one statement where that is possible."""
    name = conn.dialect.identifier_preparer.quote(table.name)
    raw = conn.connection.driver_connection
    if isinstance(raw, sqlite3.Connection):
        raw.create_function("reblind", 1, lambda b: reblind(key, b), deterministic=True)
        conn.exec_driver_sql(
            f"UPDATE {name} SET blind = reblind(blind) WHERE kind <> ?", (FIXED_KIND,)
        )
        return
    others = sa.select(table.c.blind).where(table.c.kind != FIXED_KIND).distinct()
    blinds = [bytes(blind) for blind in conn.scalars(others)]
    for old in blinds:
        conn.execute(
            sa.update(table)
            .where(table.c.blind == old, table.c.kind != FIXED_KIND)
            .values(blind=reblind(key, old))
        )
