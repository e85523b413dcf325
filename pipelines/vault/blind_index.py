"""The blind index: identifiers can be found by who has the key, and guessed by nobody else.

Source: HMAC-SHA256, RFC 2104; truncation, NIST SP 800-107r1 5.1. The two padded keys are hashed
once and copied for each message, which takes half the time of a fresh HMAC.

A rotation puts another HMAC on top, under the new epoch's key: what is stored can be brought to the
new epoch without knowing a single identifier, and whoever has an older key alone can guess nothing.
Blind indexes of records (kind ``record``) and tokens stay those of the first epoch, because sealed
records are bound to them and the warehouse bears them.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode
from collections.abc import Iterable, Sequence
from typing import Final

BLIND_BYTES: Final = 16
TOKEN_LENGTH: Final = 12

_BLOCK: Final = 64
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS: Final = tuple(a + b for a in _ALPHABET for b in _ALPHABET)


FIXED_KIND: Final = "record"
"""Kind whose blind indexes no rotation changes."""


class BlindIndex:
    """Blind indexes and tokens under the keys of all epochs; ``repr`` hides them.

    Args:
        key: Of the first epoch.
        later: Of the epochs after it, in order.
    """

    __slots__ = ("_inner", "_later", "_outer")

    def __init__(self, key: bytes, later: Sequence[bytes] = ()) -> None:
        self._later = tuple(later)
        block = (key if len(key) <= _BLOCK else hashlib.sha256(key).digest()).ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(block.translate(_INNER))
        self._outer = hashlib.sha256(block.translate(_OUTER))

    def __repr__(self) -> str:
        return "BlindIndex(***)"

    def of(self, kind: str, value: str) -> bytes:
        """The blind index of an identifier in normal form, 16 bytes.

        The kind stands in the message, so that a telephone number that is also a customer
        number has two blind indexes. Privacy: a direct identifier in, a pseudonym out.
        """
        blind = self._digest(f"{kind}\0{value}")[:BLIND_BYTES]
        return self._on_top(kind, blind) if self._later else blind

    def advanced(self, kind: str, blind: bytes, epoch: int) -> bytes:
        """A blind index of an earlier epoch (from 1) as this one makes it."""
        return self._on_top(kind, blind, epoch)

    def many(self, kind: str, values: Iterable[str]) -> list[bytes]:
        """The blind indexes of identifiers of one kind, in order, as :meth:`of` gives them."""
        start, outer = self._inner.copy(), self._outer
        start.update(f"{kind}\0".encode("utf-8", "surrogatepass"))
        found: list[bytes] = []
        for value in values:
            inner = start.copy()
            inner.update(value.encode("utf-8", "surrogatepass"))
            whole = outer.copy()
            whole.update(inner.digest())
            found.append(whole.digest()[:BLIND_BYTES])
        return [self._on_top(kind, blind) for blind in found] if self._later else found

    def token(self, kind: str, value: str) -> str:
        """A stable pseudonym of a record's key, 12 characters of ``a-z2-7`` (60 bits)."""
        number = int.from_bytes(self._digest(f"token\0{kind}\0{value}")[:8], "big")
        pairs = _PAIRS
        return (
            pairs[number & 1023]
            + pairs[number >> 10 & 1023]
            + pairs[number >> 20 & 1023]
            + pairs[number >> 30 & 1023]
            + pairs[number >> 40 & 1023]
            + pairs[number >> 50 & 1023]
        )

    def _on_top(self, kind: str, blind: bytes, epoch: int = 1) -> bytes:
        if kind == FIXED_KIND:
            return blind
        for key in self._later[epoch - 1 :]:
            blind = reblind(key, blind)
        return blind

    def _digest(self, message: str) -> bytes:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message.encode("utf-8", "surrogatepass"))
        outer.update(inner.digest())
        return outer.digest()


def reblind(key: bytes, blind: bytes) -> bytes:
    """A blind index brought to the next epoch, whose key this is."""
    return hmac.digest(key, blind, "sha256")[:BLIND_BYTES]


def keys_from(randomness: bytes) -> list[str]:
    """Pseudonyms of 12 characters, two from every 15 bytes of randomness."""
    text = b32encode(randomness).decode("ascii").lower()
    return [text[i : i + TOKEN_LENGTH] for i in range(0, len(text), TOKEN_LENGTH)]
