"""Which backups of data there are, and which are too old.

A backup is a folder ``<id>/`` with ``manifest.json`` and ``content``; it gets its name when all
of it is there, so that whatever else lies about is no backup.
"""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson

from pipelines.common.errors import InputError, StorageError
from pipelines.common.settings import Home
from pipelines.vault.files import replace_private

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
CONTENT: Final = "content"
UNFINISHED: Final = ".new-"
NEWEST: Final = "latest"


class Manifest(NamedTuple):
    """What stands beside a backup in the open: names of ours, counts, a wrapped key."""

    format: int
    backup_id: str
    home_id: str
    created_at: str
    vault_revision: str
    ledger_sequence: int
    size_bytes: int
    wrapped_key: str

    @property
    def archive_name(self) -> str:
        """What the archive and its key are bound to."""
        return f"{self.home_id} {self.backup_id}"

    @property
    def instant(self) -> datetime:
        """When it was made."""
        return datetime.fromisoformat(self.created_at)

    def document(self) -> dict[str, Any]:
        """The manifest for people and programs, without the wrapped key."""
        return {
            "backup": self.backup_id,
            "created_at": self.created_at,
            "size_bytes": self.size_bytes,
            "ledger_sequence": self.ledger_sequence,
            "vault_revision": self.vault_revision,
        }


def list_backups(home: Home) -> list[Manifest]:
    """All backups of data, oldest first; one whose manifest is unreadable raises StorageError."""
    if not home.backups.is_dir():
        return []
    folders = [p for p in home.backups.iterdir() if p.is_dir() and not p.name.startswith(".")]
    return sorted((read_manifest(p) for p in folders), key=lambda m: (m.created_at, m.backup_id))


def find_backup(home: Home, backup_id: str) -> Manifest:
    """The backup of that id, or the newest for ``latest``.

    Raises:
        InputError: There is none.
    """
    found = list_backups(home)
    wanted = found[-1:] if backup_id == NEWEST else [m for m in found if m.backup_id == backup_id]
    if not wanted:
        raise InputError(
            "there is no such backup", code="backup_unknown",
            todo="klantkluis backup list shows which there are",
        )  # fmt: skip
    return wanted[0]


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup.

    Raises:
        StorageError: It is damaged, or of another format.
    """
    try:
        manifest = Manifest(**orjson.loads((folder / MANIFEST).read_bytes()))
    except (OSError, ValueError, TypeError):
        manifest = None
    if manifest is None or manifest.format != FORMAT or manifest.backup_id != folder.name:
        raise StorageError(
            "a backup has no manifest that this version reads", code="backup_damaged",
            where={"backup": folder.name[:40]}, todo="remove that folder, or put it back whole",
        )  # fmt: skip
    return manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write or replace the manifest of a backup."""
    replace_private(folder / MANIFEST, orjson.dumps(manifest._asdict(), option=orjson.OPT_INDENT_2))


def prune(home: Home, as_of: datetime, keep_days: int) -> int:
    """Remove backups older than the days kept, though never the newest, and what kills left.

    Returns:
        How many backups were removed.

    Source: GDPR Art. 5(1)(e): a backup is no archive.
    """
    if not home.backups.is_dir():
        return 0
    for left in home.backups.glob(f"{UNFINISHED}*"):
        shutil.rmtree(left, ignore_errors=True)
    before = as_of - timedelta(days=keep_days)
    old = [m for m in list_backups(home)[:-1] if m.instant < before]
    for manifest in old:
        shutil.rmtree(home.backups / manifest.backup_id)
    return len(old)
