"""Verifies a backup by reading and opening everything in it, and leaves no trace of that."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from pipelines.backups.catalogue import NEWEST, UNFINISHED, Manifest, find_backup, list_backups
from pipelines.backups.content import Opened, lay_out, open_everything
from pipelines.common.settings import Home
from pipelines.runs import Deployment
from pipelines.vault.keys_backup import backup_unwritable, verify_keys_backup


class Verified(NamedTuple):
    """A backup that opened, with what is in it."""

    manifest: Manifest
    opened: Opened


def verify_backup(deployment: Deployment, backup_id: str = NEWEST) -> Verified:
    """Decrypt a backup, open its stores and read every row; and read the one of the data keys.

    Args:
        deployment: Open; its data keys unseal what is not erased.
        backup_id: Which; the newest by default.

    Raises:
        InputError: There is no such backup.
        StorageError: It was cut off or changed, or a store in it does not open.
        KeyWrongError: The backup key is another one.
    """
    home = deployment.home
    manifest = find_backup(home, backup_id)
    verify_keys_backup(home, deployment.keyring)
    with scratch(home) as folder:
        secrets = lay_out(home, deployment.keyring, manifest, folder)
        opened = open_everything(folder, secrets, deployment.vault.data_keys, deployment.settings)
    return Verified(manifest, opened)


def verify_all(deployment: Deployment) -> list[Verified]:
    """Verify every backup, oldest first; raises as :func:`verify_backup` at the first that fails."""
    return [verify_backup(deployment, m.backup_id) for m in list_backups(deployment.home)]


@contextmanager
def scratch(home: Home) -> Iterator[Path]:
    """A private folder among the backups that is gone afterwards; what a kill leaves is pruned."""
    try:
        folder = Path(tempfile.mkdtemp(prefix=f"{UNFINISHED}check-", dir=home.backups))
    except OSError:
        raise backup_unwritable() from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
