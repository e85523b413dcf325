"""The audit chain: who looked at whose data, for what. It shows any tampering.

Each entry's HMAC covers the entry before; the key is wrapped by the master key, so whoever can
edit the file cannot recompute the chain. Payloads are sealed apart, so that
they can expire while their digest stays. The head goes into the ledger, which shows a cut end.
Source: GDPR Art. 5(2), 32(1).
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.common.clock import now
from pipelines.vault import schema
from pipelines.vault.bulk import allocate
from pipelines.vault.sealing import seal, unseal

if TYPE_CHECKING:
    from pipelines.vault.store import Vault

_FIELDS = (
    "sequence", "at", "actor", "action", "purpose", "request", "subject_count", "payload_digest",
)  # fmt: skip


class AuditResult(NamedTuple):
    """``first_bad`` is the sequence of the first entry that does not fit, None when all do."""

    entry_count: int
    first_bad: int | None

    @property
    def is_intact(self) -> bool:
        """Whether nothing was changed, left out or put in."""
        return self.first_bad is None


def append(
    conn: Connection,
    vault: Vault,
    *,
    actor: str,
    action: str,
    purpose: str | None = None,
    request: str | None = None,
    subject_count: int = 0,
    payload: dict[str, Any] | None = None,
) -> int:
    """Write one entry; a bulk unsealing is one.

    Args:
        conn: In the transaction of what is told, so that both stand or neither.
        vault: Whose chain.
        actor: Role and login, never a person's name.
        action: Stable snake_case name.
        purpose: A purpose of the policy.
        request: Number of the request.
        subject_count: How many persons it touched.
        payload: Details of ours, sealed apart. Privacy: pseudonyms and names of columns.

    Returns:
        The sequence of the entry.
    """
    (sequence,) = allocate(conn, "audit", 1)
    digest = None
    if payload is not None:
        sealed = seal(vault.audit_key, orjson.dumps(payload, default=str), _aad(sequence))
        digest = hashlib.sha256(sealed).hexdigest()
        conn.execute(sa.insert(schema.audit_payloads).values(sequence=sequence, sealed=sealed))
    entry: dict[str, Any] = dict(
        zip(
            _FIELDS,
            (sequence, now(), actor, action, purpose, request, subject_count, digest),
            strict=True,
        )
    )
    mac = _mac(vault.audit_key, head(conn)[1], entry)
    conn.execute(sa.insert(schema.audit_entries).values(**entry, mac=mac))
    return sequence


def head(conn: Connection) -> tuple[int, str]:
    """Newest sequence and its MAC; (0, "") of an empty chain."""
    t = schema.audit_entries
    row = conn.execute(sa.select(t.c.sequence, t.c.mac).order_by(t.c.sequence.desc()).limit(1))
    found = row.first()
    return (found.sequence, found.mac) if found else (0, "")


def verify(conn: Connection, vault: Vault) -> AuditResult:
    """Check every entry, the payloads that are still there, and the heads in the ledger."""
    payloads = {
        row.sequence: hashlib.sha256(row.sealed).hexdigest()
        for row in conn.execute(sa.select(schema.audit_payloads))
    }
    noted = _noted_heads(vault)
    previous, count = "", 0
    t = schema.audit_entries
    for row in conn.execute(sa.select(t).order_by(t.c.sequence)).mappings():
        count += 1
        entry = {name: row[name] for name in _FIELDS}
        fits = hmac.compare_digest(row["mac"], _mac(vault.audit_key, previous, entry))
        digest = payloads.pop(row["sequence"], entry["payload_digest"])
        expected = noted.pop(row["sequence"], row["mac"])
        if not fits or row["sequence"] != count or digest != entry["payload_digest"]:
            return AuditResult(count, min(count, row["sequence"]))
        if expected != row["mac"]:
            return AuditResult(count, row["sequence"])
        previous = row["mac"]
    lost = sorted(noted.keys() | payloads.keys())
    return AuditResult(count, count + 1 if lost else None)


def payload_of(conn: Connection, vault: Vault, sequence: int) -> dict[str, Any] | None:
    """The unsealed payload of an entry, None when it has none or it expired."""
    t = schema.audit_payloads
    sealed = conn.scalar(sa.select(t.c.sealed).where(t.c.sequence == sequence))
    if sealed is None:
        return None
    found: dict[str, Any] = orjson.loads(unseal(vault.audit_key, sealed, _aad(sequence)))
    return found


def _noted_heads(vault: Vault) -> dict[int, str]:
    """Heads in the ledger; those before a restore belong to entries that the backup lacks."""
    noted: dict[int, str] = {}
    for entry in vault.ledger.entries():
        if entry.kind in ("replayed", "accepted"):
            noted = {}
        if entry.audit_sequence:
            noted[entry.audit_sequence] = entry.audit_mac
    return noted


def _mac(key: bytes, previous: str, entry: dict[str, Any]) -> str:
    text = orjson.dumps([previous, entry], option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)
    return hmac.digest(key, text, "sha256").hex()


def _aad(sequence: int) -> bytes:
    return b"audit %d" % sequence
