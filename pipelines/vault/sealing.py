"""Sealing: AES-256-GCM under a data key, a random nonce of 12 bytes in front.

Source: NIST SP 800-38D; random nonces are safe for 2^32 messages under one key, and a data
key seals one person's records.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines.common.errors import StorageError

NONCE_BYTES = 12


def seal(key: bytes, payload: bytes, aad: bytes) -> bytes:
    """The payload sealed and bound to ``aad``. Privacy: any class in, sealed out."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, payload, aad)


def unseal(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    """What :func:`seal` took. Privacy: sealed in, any class out; the caller writes the audit.

    Raises:
        StorageError: The sealed text was changed, or belongs to another key or record.
    """
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], aad)
    except (InvalidTag, ValueError):
        raise StorageError(
            "a sealed record does not open", code="sealed_record_damaged",
            todo="verify the newest backup",
        ) from None  # fmt: skip


def seal_many(rows: Iterable[tuple[bytes, bytes, bytes]]) -> list[bytes]:
    """Seal (key, payload, aad) rows, in order; one cipher per key, one draw of randomness."""
    rows = list(rows)
    randomness = os.urandom(NONCE_BYTES * len(rows))
    ciphers: dict[bytes, AESGCM] = {}
    sealed: list[bytes] = []
    start = 0
    for key, payload, aad in rows:
        cipher = ciphers.get(key)
        if cipher is None:
            cipher = ciphers[key] = AESGCM(key)
        nonce = randomness[start : start + NONCE_BYTES]
        start += NONCE_BYTES
        sealed.append(nonce + cipher.encrypt(nonce, payload, aad))
    return sealed


def unseal_many(rows: Iterable[tuple[bytes, bytes, bytes]]) -> list[bytes]:
    """Unseal (key, sealed, aad) rows, in order; raises as :func:`unseal`."""
    return [unseal(key, sealed, aad) for key, sealed, aad in rows]
