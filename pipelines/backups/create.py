"""Makes a backup: vault, warehouse, policy and sources sealed, the data keys apart from them.

The backup holds secrets of the home (index keys, warehouse key), so that it opens after a
rotation too; the master key, the data keys and the ledger are not in it.
"""

from __future__ import annotations

import io
import os
import secrets
import shutil
import tarfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

import orjson

from pipelines.backups.catalogue import (
    CONTENT,
    FORMAT,
    UNFINISHED,
    Manifest,
    prune,
    write_manifest,
)
from pipelines.common.clock import now
from pipelines.common.errors import UsageError
from pipelines.common.log import log_event
from pipelines.runs import Deployment
from pipelines.vault import audit, schema
from pipelines.vault.archive import SealedWriter
from pipelines.vault.files import create_private, sync_folder
from pipelines.vault.keyring import KEY_BYTES
from pipelines.vault.keys_backup import (
    backup_unwritable,
    refresh_keys_backup,
    wrap_backup_key,
)

VAULT: Final = "vault.db"
WAREHOUSE: Final = "warehouse.duckdb"
SECRETS: Final = "secrets.json"
FOLDERS: Final = ("policy", "sources")


def create_backup(deployment: Deployment, as_of: datetime | None = None) -> Manifest:
    """Make a backup of the data and refresh the one of the data keys. The caller holds the lock.

    A kill at any point leaves what was there before.

    Args:
        deployment: Open.
        as_of: When it is made (UTC); now by default. Backups that are too old then are removed.

    Raises:
        UsageError: The vault is on PostgreSQL, whose own backups are to be used.
        StorageError: No space, or the place cannot be written.

    Privacy: sealed records and pseudonymous rows in; one sealed file out.
    """
    if deployment.settings.vault_url is not None:
        raise UsageError(
            "the vault is on PostgreSQL, which has backups of its own", code="backup_postgresql",
            todo="dump the database with its own tools; see docs/runbooks/backup.md",
        )  # fmt: skip
    home, vault, at = deployment.home, deployment.vault, as_of or now()
    with vault.begin() as conn:
        audit.append(conn, vault, actor="operator", action="backup_created")
    vault.note_audit_head()  # so that the backup and the ledger agree on the chain
    backup_id = f"{at:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"
    folder = home.backups / f"{UNFINISHED}{backup_id}"
    try:
        folder.mkdir(mode=0o700, parents=True)
        manifest = _write(deployment, folder, backup_id, at)
        folder.rename(home.backups / backup_id)
        sync_folder(home.backups)
        refresh_keys_backup(home, vault, deployment.keyring)
        prune(home, at, deployment.settings.backup_days)
    except OSError:
        raise backup_unwritable() from None
    finally:
        with suppress(OSError):
            shutil.rmtree(folder, ignore_errors=True)
    log_event("backup_created", count=1)
    return manifest


def _write(deployment: Deployment, folder: Path, backup_id: str, at: datetime) -> Manifest:
    home, vault = deployment.home, deployment.vault
    deployment.keyring.ensure_role("backup")
    key = secrets.token_bytes(KEY_BYTES)
    name = f"{vault.home_id} {backup_id}"
    copy = folder / VAULT
    vault.snapshot(copy)
    content = folder / CONTENT
    create_private(content, b"")
    with content.open("ab") as file:
        writer = SealedWriter(file, key, name)
        try:
            with tarfile.open(fileobj=writer, mode="w|", format=tarfile.PAX_FORMAT) as tar:
                _add(tar, SECRETS, _secrets(deployment))
                tar.add(copy, VAULT, filter=_anonymous)
                for path in (home.warehouse, home.warehouse.with_name(WAREHOUSE + ".wal")):
                    if path.is_file():
                        tar.add(path, path.name, filter=_anonymous)
                for part in FOLDERS:
                    tar.add(home.root / part, part, filter=_anonymous)
            writer.close()
        finally:
            writer.abandon()
        file.flush()
        os.fsync(file.fileno())
    copy.unlink()
    manifest = Manifest(
        format=FORMAT,
        backup_id=backup_id,
        home_id=vault.home_id,
        created_at=at.isoformat(),
        vault_revision=schema.REVISION,
        ledger_sequence=vault.ledger.entries()[-1].sequence,
        size_bytes=content.stat().st_size,
        wrapped_key=wrap_backup_key(deployment.keyring, key, name),
    )
    write_manifest(folder, manifest)
    return manifest


def _secrets(deployment: Deployment) -> bytes:
    keys = deployment.vault.exported_keys(deployment.keyring)
    warehouse = deployment.keyring.role_key("warehouse").get_secret_value()
    return orjson.dumps({**keys, "warehouse_key": warehouse})


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    entry.mode = 0o600
    tar.addfile(entry, io.BytesIO(content))


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without the names of whoever runs this."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry
