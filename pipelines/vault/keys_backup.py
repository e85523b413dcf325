"""The one backup of ``keys.db``: apart from the data, overwritten after every erasure.

There is never a second version of it, for an old one would bring back the key of an erased
person, and with it all that old backups of the data hold sealed under it.

Privacy: wrapped data keys, sealed once more under the backup key.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import orjson
from cryptography.exceptions import InvalidTag

from pipelines.common.clock import now
from pipelines.common.errors import KeyWrongError, StorageError
from pipelines.common.settings import Home
from pipelines.vault.archive import CHUNK_BYTES, SealedReader, SealedWriter
from pipelines.vault.files import create_private, replace_scrubbing, scrub
from pipelines.vault.keyring import KEY_BYTES, NEXT, FileKey, KeyRing
from pipelines.vault.sealing import seal, unseal
from pipelines.vault.store import Vault

FILE: Final = "keys.backup"
_COPY: Final = ".keys.db"


class KeysBackup(NamedTuple):
    """What the header of the backup says; ``ledger_sequence`` is how far it knows the ledger."""

    home_id: str
    created_at: str
    ledger_sequence: int
    wrapped_key: str


def refresh_keys_backup(home: Home, vault: Vault, keyring: KeyRing) -> None:
    """Write the backup of the data keys anew, over the one that is there.

    A kill leaves the old one in place or the new one, and nothing of the copy it was made from
    that the next call does not overwrite.

    Raises:
        StorageError: The place of backups cannot be written, or is full.
    """
    folder = home.backups
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in (folder / _COPY, folder / f"{FILE}.new"):
            scrub(left)
        keyring.ensure_role("backup")
        name, key = f"keys {vault.home_id}", secrets.token_bytes(KEY_BYTES)
        head = KeysBackup(
            vault.home_id,
            now().isoformat(),
            vault.ledger.entries()[-1].sequence,
            wrap_backup_key(keyring, key, name),
        )
        copy, beside = folder / _COPY, folder / f"{FILE}.new"
        vault.data_keys.snapshot(copy)
        create_private(beside, orjson.dumps(head._asdict()) + b"\n")
        with copy.open("rb") as source, beside.open("ab") as target:
            seal_file(source, target, key, name)
        scrub(copy)
        replace_scrubbing(beside, folder / FILE)
    except OSError:
        raise backup_unwritable() from None


def has_keys_backup(home: Home) -> bool:
    """Whether there is one."""
    return (home.backups / FILE).is_file()


def restore_keys(home: Home, keyring: KeyRing, target: Path) -> KeysBackup:
    """Write the data keys of the backup into a new file.

    Args:
        home: Whose backup.
        keyring: Its keys.
        target: Where to; must not exist.

    Returns:
        The header; whoever compares ``ledger_sequence`` with the ledger sees what it missed.

    Raises:
        StorageError: There is none, or it is damaged.
        KeyWrongError: The backup key is another one.
    """
    with _opened(home, keyring) as (head, reader):
        create_private(target, b"")
        with target.open("r+b") as file:
            while content := reader.read(CHUNK_BYTES):
                file.write(content)
    return head


def verify_keys_backup(home: Home, keyring: KeyRing) -> KeysBackup:
    """Read the backup from end to end; raises as :func:`restore_keys`."""
    with _opened(home, keyring) as (head, reader):
        while reader.read(CHUNK_BYTES):
            pass
    return head


def seal_file(source: IO[bytes], target: IO[bytes], key: bytes, name: str) -> None:
    """Copy a file into an archive, and let it be durable."""
    writer = SealedWriter(target, key, name)
    try:
        while content := source.read(CHUNK_BYTES):
            writer.write(content)
        writer.close()
    finally:
        writer.abandon()
    target.flush()
    os.fsync(target.fileno())


def wrap_backup_key(keyring: KeyRing, key: bytes, name: str) -> str:
    """The key of one archive, wrapped by the backup key that is newest."""
    newest = backup_keys(keyring)[0]
    return seal(newest, key, b"backup " + name.encode()).hex()


def unwrap_backup_key(keyring: KeyRing, wrapped: str, name: str) -> bytes:
    """What :func:`wrap_backup_key` took; raises KeyWrongError when no backup key opens it."""
    for candidate in backup_keys(keyring):
        try:
            return unseal(candidate, bytes.fromhex(wrapped), b"backup " + name.encode())
        except (StorageError, ValueError, InvalidTag):
            continue
    raise KeyWrongError(
        "the backup key does not open this backup", code="backup_key_wrong",
        todo="put back the keys/backup.key of the time it was made",
    ) from None  # fmt: skip


def backup_keys(keyring: KeyRing) -> list[bytes]:
    """The backup key, a coming one before the one in use."""
    paths = [keyring.folder / f"backup.{NEXT}.key", keyring.folder / "backup.key"]
    found = [FileKey(path).read() for path in paths if path.exists()]
    return found or [FileKey(paths[1]).read()]


def backup_unwritable() -> StorageError:
    """The error of a place of backups that cannot be written."""
    return StorageError(
        "the backup cannot be written", code="backup_unwritable",
        todo="make KLANTKLUIS_BACKUPS writable and free some space; older backups stand",
    )  # fmt: skip


@contextmanager
def _opened(home: Home, keyring: KeyRing) -> Iterator[tuple[KeysBackup, SealedReader]]:
    path = home.backups / FILE
    if not path.is_file():
        raise StorageError(
            "there is no backup of the data keys", code="keys_backup_missing",
            todo="put keys.backup into the folder of backups",
        )  # fmt: skip
    with path.open("rb") as file:
        try:
            raw: dict[str, Any] = orjson.loads(file.readline())
            head = KeysBackup(**raw)
        except (ValueError, TypeError):
            raise StorageError(
                "the backup of the data keys is damaged", code="backup_damaged",
                todo="make a new one with klantkluis backup create while the home works",
            ) from None  # fmt: skip
        name = f"keys {head.home_id}"
        yield head, SealedReader(file, unwrap_backup_key(keyring, head.wrapped_key, name), name)
