"""A sealed file: many bytes under one key, in chunks that can be neither cut off nor swapped.

Each archive has a fresh key, so that a counter serves as nonce; the last chunk says that it is
the last, which tells a whole archive from a truncated one.
Source: NIST SP 800-38D 8.2.1; the construction STREAM, Hoang et al., CRYPTO 2015.
"""

from __future__ import annotations

import io
from typing import IO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from typing_extensions import Buffer

from pipelines.common.errors import StorageError

CHUNK_BYTES: Final = 1 << 20
_LENGTH: Final = 4


class SealedWriter(io.RawIOBase):
    """Takes bytes and writes them sealed; not whole before :meth:`close`."""

    def __init__(self, file: IO[bytes], key: bytes, name: str) -> None:
        self._file = file
        self._cipher = AESGCM(key)
        self._name = name.encode()
        self._waiting = bytearray()
        self._count = 0

    def writable(self) -> bool:
        return True

    def write(self, content: Buffer) -> int:
        """Take bytes; returns how many."""
        taken = bytes(content)
        self._waiting += taken
        while len(self._waiting) > CHUNK_BYTES:
            self._flush_chunk(bytes(self._waiting[:CHUNK_BYTES]), is_last=False)
            del self._waiting[:CHUNK_BYTES]
        return len(taken)

    def close(self) -> None:
        """Write the last chunk; the file itself stays open."""
        if not self.closed:
            self._flush_chunk(bytes(self._waiting), is_last=True)
            super().close()

    def abandon(self) -> None:
        """Close without a last chunk: what was written opens for nobody as a whole."""
        if not self.closed:
            super().close()

    def _flush_chunk(self, content: bytes, *, is_last: bool) -> None:
        sealed = self._cipher.encrypt(
            _nonce(self._count), content, _aad(self._name, self._count, is_last=is_last)
        )
        self._file.write(len(sealed).to_bytes(_LENGTH, "big") + sealed)
        self._count += 1


class SealedReader(io.RawIOBase):
    """Gives back what a :class:`SealedWriter` took.

    Raises:
        StorageError: The file was cut off or changed, or its key is another one.
    """

    def __init__(self, file: IO[bytes], key: bytes, name: str) -> None:
        self._file = file
        self._cipher = AESGCM(key)
        self._name = name.encode()
        self._waiting = b""
        self._count = 0
        self._is_over = False

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        """At most ``size`` bytes, fewer only at the end; all by default."""
        parts = [self._waiting]
        got = len(self._waiting)
        while not self._is_over and (size is None or size < 0 or got < size):
            parts.append(self._next_chunk())
            got += len(parts[-1])
        whole = b"".join(parts)
        cut = len(whole) if size is None or size < 0 else size
        self._waiting = whole[cut:]
        return whole[:cut]

    def _next_chunk(self) -> bytes:
        length = self._file.read(_LENGTH)
        sealed = self._file.read(int.from_bytes(length, "big"))
        for is_last in (False, True):
            try:
                content = self._cipher.decrypt(
                    _nonce(self._count), sealed, _aad(self._name, self._count, is_last=is_last)
                )
            except (InvalidTag, ValueError):
                continue
            self._count += 1
            self._is_over = is_last
            if is_last and self._file.read(1):
                break
            return content
        raise StorageError(
            "the backup is damaged, or not all of it is there", code="backup_damaged",
            where={"chunk": self._count + 1},
            todo="use another one; klantkluis backup verify says which are whole",
        ) from None  # fmt: skip


def _nonce(count: int) -> bytes:
    return count.to_bytes(12, "big")


def _aad(name: bytes, count: int, *, is_last: bool) -> bytes:
    return b"archive " + name + b" %d %d" % (count, is_last)
