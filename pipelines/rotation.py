"""Rotates the keys of a home: master key, index key, keys of roles. Each goes on after a kill.

A new key stands beside the old one (``<name>.next.key``) until everything is under it; both open
what they have to in between, so that a kill costs nothing but calling again.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from pydantic import SecretStr

from pipelines.backups.catalogue import list_backups, write_manifest
from pipelines.common.clock import now
from pipelines.common.errors import KeyWrongError, UsageError
from pipelines.common.settings import Home, Settings
from pipelines.runs import Deployment
from pipelines.vault import audit, schema
from pipelines.vault.files import create_private, hand_out, replace_scrubbing, scrub
from pipelines.vault.index_rotation import rotate_index
from pipelines.vault.keyring import KEY_BYTES, NEXT, ROLES, FileKey, KeyRing, Role
from pipelines.vault.keys_backup import (
    has_keys_backup,
    refresh_keys_backup,
    unwrap_backup_key,
    wrap_backup_key,
)
from pipelines.warehouse.compaction import recrypt_store
from pipelines.warehouse.connection import opens_under
from pipelines.warehouse.lock import home_lock

NAMES: Final = ("master", "index", *ROLES)


class KeyState(NamedTuple):
    """One key: which epoch of it, since when; ``is_unfinished`` when a rotation was interrupted."""

    name: str
    epoch: int
    created_at: datetime | None
    is_unfinished: bool

    def document(self) -> dict[str, Any]:
        """For people and programs."""
        return self._asdict()


def rotate_keys(
    settings: Settings, names: Sequence[str], *, wait_seconds: float = 0, actor: str = "operator"
) -> list[KeyState]:
    """Rotate keys, one after the other.

    Args:
        settings: Which home.
        names: Of ``master``, ``index`` and the roles; all of them when empty.
        wait_seconds: How long to wait for another run.
        actor: Who does it, a role.

    Returns:
        The keys that were rotated, as they stand now.

    Raises:
        UsageError: There is no such key.
        BusyError: Another run holds the lock, or has a store open.
        StorageError: No space; the old key stays in use.
    """
    for name in names:
        if name not in NAMES:
            raise UsageError(
                "there is no key of that name", code="key_unknown",
                todo="use one of " + ", ".join(NAMES),
            )  # fmt: skip
    wanted = [name for name in NAMES if not names or name in names]
    home = Home.of(settings)
    with home_lock(home, wait_seconds):
        for name in wanted:
            if name == "master":
                _rotate_master(home, settings, actor)
            elif name == "index":
                with Deployment.open(settings) as deployment:
                    rotate_index(deployment.vault, deployment.keyring, actor=actor)
            else:
                role = next(role for role in ROLES if role == name)
                with Deployment.open(settings) as deployment:
                    _rotate_role(deployment, role, actor)
        with Deployment.open(settings) as deployment:
            if has_keys_backup(home):
                refresh_keys_backup(home, deployment.vault, deployment.keyring)
            deployment.vault.note_audit_head()
            return [state for state in list_keys(deployment) if state.name in wanted]


def finish_rotations(settings: Settings) -> list[str]:
    """Finish rotations of roles' keys that were killed; each run of the pipeline begins so.

    The caller holds the home's lock. Returns the names of the keys.
    """
    home = Home.of(settings)
    left = [role for role in ROLES if _next(home, role).exists()]
    for role in left:
        with Deployment.open(settings) as deployment:
            _rotate_role(deployment, role, "pipeline")
    return list(left)


def list_keys(deployment: Deployment) -> list[KeyState]:
    """All keys of a home with their epochs, the master key first."""
    t, e = schema.role_keys, schema.key_epochs
    with deployment.vault.read() as conn:
        made = conn.scalar(sa.select(schema.meta.c.created_at))
        index = conn.execute(sa.select(e.c.epoch, e.c.created_at).order_by(e.c.epoch)).all()[-1]
        newest = {
            row.role: (row.epoch, row.created_at)
            for row in conn.execute(sa.select(t).order_by(t.c.epoch))
        }
    states = []
    for name in NAMES:
        epoch, since = newest.get(name, (1, made))
        if name == "index":
            epoch, since = index
        pending = _next(deployment.home, name).exists()
        states.append(KeyState(name, epoch, since, pending))
    return states


def export_role(
    deployment: Deployment, role: str, target: Path, *, actor: str = "operator"
) -> None:
    """Write the key of a role into a file for who bears that role, on record.

    Args:
        deployment: Open.
        role: Never the master key.
        target: Must not exist; gets mode 0600.
        actor: Who does it, a role.

    Raises:
        UsageError: There is no such role, or the file exists.
        StorageError: The file cannot be written.
        KeyMissingError, KeyWrongError: The role has no key, or others may read it.
    """
    if role not in ROLES:
        raise UsageError(
            "there is no role of that name", code="key_unknown",
            todo="use one of " + ", ".join(ROLES),
        )  # fmt: skip
    known = next(r for r in ROLES if r == role)
    content = deployment.keyring.role_key(known).get_secret_value().encode() + b"\n"
    with deployment.vault.begin() as conn:
        audit.append(
            conn, deployment.vault, actor=actor, action="role_key_exported", payload={"role": role}
        )
    hand_out(target, content)


def _rotate_master(home: Home, settings: Settings, actor: str) -> None:
    coming = _next(home, "master")
    if settings.master_key is not None and coming.exists():
        given = bytes.fromhex(settings.master_key.get_secret_value().strip())
        if given == FileKey(coming).read():
            scrub(coming)  # the operator has put the new key where the old one was
            return
    _make(coming)
    with Deployment.open(settings) as deployment:
        deployment.vault.rewrap(deployment.keyring)
        _note(deployment, "master", actor)
        if has_keys_backup(home):
            refresh_keys_backup(home, deployment.vault, deployment.keyring)
    if settings.master_key is None:
        replace_scrubbing(coming, home.keys / "master.key")


def _rotate_role(deployment: Deployment, role: Role, actor: str) -> None:
    home = deployment.home
    deployment.keyring.ensure_role(role)
    coming = _next(home, role)
    _make(coming)
    fresh = SecretStr(FileKey(coming).read().hex())
    if role == "backup":
        _rewrap_backups(home, deployment.keyring)
    else:
        paths = {
            "warehouse": home.warehouse, "analyst": home.analytics, "dashboards": home.dashboards
        }  # fmt: skip
        path = paths[role]
        if path.is_file() and not opens_under(path, fresh, home.spill, deployment.settings):
            recrypt_store(
                home.spill, path, deployment.keyring.role_key(role), fresh, deployment.settings
            )
    _note(deployment, role, actor)
    replace_scrubbing(coming, home.keys / f"{role}.key")
    if role == "backup" and has_keys_backup(home):
        refresh_keys_backup(home, deployment.vault, deployment.keyring)


def _rewrap_backups(home: Home, keyring: KeyRing) -> None:
    for manifest in list_backups(home):
        # a backup under a key that is gone for good stays as unreadable as it is
        with suppress(KeyWrongError):
            key = unwrap_backup_key(keyring, manifest.wrapped_key, manifest.archive_name)
            wrapped = wrap_backup_key(keyring, key, manifest.archive_name)
            write_manifest(
                home.backups / manifest.backup_id, manifest._replace(wrapped_key=wrapped)
            )


def _note(deployment: Deployment, name: str, actor: str) -> None:
    t = schema.role_keys
    with deployment.vault.begin() as conn:
        newest = conn.scalar(sa.select(sa.func.max(t.c.epoch)).where(t.c.role == name)) or 1
        conn.execute(
            sa.update(t).where(t.c.role == name, t.c.retired_at.is_(None)).values(retired_at=now())
        )
        conn.execute(sa.insert(t).values(role=name, epoch=newest + 1, created_at=now()))
        audit.append(
            conn, deployment.vault, actor=actor, action="key_rotated",
            payload={"key": name, "epoch": newest + 1},
        )  # fmt: skip


def _next(home: Home, name: str) -> Path:
    return home.keys / f"{name}.{NEXT}.key"


def _make(path: Path) -> None:
    with suppress(FileExistsError):
        create_private(path, secrets.token_hex(KEY_BYTES).encode() + b"\n")
