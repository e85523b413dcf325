"""The blind index: identifiers can be found by who has the key, and guessed by nobody else.

Source: HMAC-SHA256, RFC 2104; truncation, NIST SP 800-107r1 5.1.
"""

from __future__ import annotations

import hmac
from base64 import b32encode
from typing import Final

BLIND_BYTES: Final = 16
TOKEN_LENGTH: Final = 12

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS: Final = tuple(a + b for a in _ALPHABET for b in _ALPHABET)


class BlindIndex:
    """Blind indexes and tokens under one index key; ``repr`` hides the key."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "BlindIndex(***)"

    def of(self, kind: str, value: str) -> bytes:
        """The blind index of an identifier in normal form, 16 bytes.

        The kind stands in the message, so that a telephone number that is also a customer
        number has two blind indexes. Privacy: a direct identifier in, a pseudonym out.
        """
        message = f"{kind}\0{value}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, message, "sha256")[:BLIND_BYTES]

    def token(self, kind: str, value: str) -> str:
        """A stable pseudonym of a record's key, 12 characters of ``a-z2-7`` (60 bits)."""
        message = f"token\0{kind}\0{value}".encode("utf-8", "surrogatepass")
        number = int.from_bytes(hmac.digest(self._key, message, "sha256")[:8], "big")
        pairs = _PAIRS
        return (
            pairs[number & 1023]
            + pairs[number >> 10 & 1023]
            + pairs[number >> 20 & 1023]
            + pairs[number >> 30 & 1023]
            + pairs[number >> 40 & 1023]
            + pairs[number >> 50 & 1023]
        )


def keys_from(randomness: bytes) -> list[str]:
    """Pseudonyms of 12 characters, two from every 15 bytes of randomness."""
    text = b32encode(randomness).decode("ascii").lower()
    return [text[i : i + TOKEN_LENGTH] for i in range(0, len(text), TOKEN_LENGTH)]
