"""Restores a backup, or brings a home that was put back by hand up to its ledger.

Everything is laid ready beside the home first; only then is anything replaced, and from there on
a kill is made good by calling again. The ledger never goes back: whoever was erased since is
erased again before the home opens for anything else, and what was published goes, since it may
know them.
"""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic import SecretStr
from sqlalchemy import Connection

from pipelines.backups.catalogue import Manifest, find_backup
from pipelines.backups.content import lay_out, open_everything
from pipelines.backups.create import FOLDERS, VAULT, WAREHOUSE
from pipelines.common.errors import NotAllowedError, UsageError
from pipelines.common.settings import Home, Settings
from pipelines.corrections import bring_corrections
from pipelines.erasures import replay_ledger
from pipelines.rights.audience_files import remove_unknown_audiences
from pipelines.rights.journal import CaughtUp
from pipelines.rights.package_files import remove_unknown
from pipelines.runs import Deployment
from pipelines.vault import audit
from pipelines.vault.bulk import count_up_to
from pipelines.vault.files import create_private, sync_folder
from pipelines.vault.keyring import KeyRing
from pipelines.vault.keys_backup import restore_keys
from pipelines.vault.ledger import Ledger
from pipelines.vault.store import adopt_copy
from pipelines.warehouse.connection import WAREHOUSE as ALIAS
from pipelines.warehouse.connection import attach, open_instance
from pipelines.warehouse.lock import home_lock

READY: Final = "ready"
"""Mark that all is laid ready; from here on a restore only goes forward."""
KEYS: Final = "keys.db"
_ORPHANS: Final = "orphans"
"""Mark that data keys were restored, among which are some that were destroyed since."""


class Restored(NamedTuple):
    """What a restore did; ``backup`` is None when it only replayed the ledger.

    ``noted`` is what came after the backup: entered again, or lost because its person is not in it.
    ``outbox_files`` went, since the restored vault knows nothing of them.
    """

    backup: Manifest | None
    replayed_persons: int
    restored_data_keys: bool
    noted: CaughtUp
    outbox_files: int

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "backup": self.backup.backup_id if self.backup else None,
            "replayed_persons": self.replayed_persons,
            "restored_data_keys": self.restored_data_keys,
            "entered_words": self.noted.words,
            "entered_requests": self.noted.requests,
            "lost_words": self.noted.unknown_words,
            "lost_requests": list(self.noted.unknown_requests),
            "entered_rows": self.noted.rows,
            "lost_rows": self.noted.unknown_rows,
            "lost_numbers": list(self.noted.unknown_numbers),
            "outbox_files_removed": self.outbox_files,
        }


def restore_backup(
    settings: Settings,
    backup_id: str | None = None,
    *,
    with_data_keys: bool = False,
    wait_seconds: float = 0,
    actor: str = "operator",
) -> Restored:
    """Put a backup in the place of the home's data, then erase again whoever was erased since.

    Args:
        settings: Which home; its keys and its ledger have to be there.
        backup_id: Which backup, ``latest`` for the newest; None replaces nothing, finishes a
            restore that was interrupted, and replays what the home missed.
        with_data_keys: Replace ``keys.db`` too; it is restored by itself where it is missing.
        wait_seconds: How long to wait for another run.
        actor: Who does it, a role.

    Raises:
        InputError: There is no such backup.
        StorageError: The backup is damaged; the home is as it was.
        KeyWrongError: The backup key, or the master key, is another one.
        NotAllowedError: The ledger is missing, or older than the backup.
        UsageError: The home is of somebody else, or its vault is on PostgreSQL.
    """
    home = Home.of(settings)
    keyring = KeyRing.open(home, settings)
    with home_lock(home, wait_seconds):
        _roll_forward(home)
        manifest = None
        has_keys = False
        if backup_id is not None:
            manifest = find_backup(home, backup_id)
            has_keys = _lay_ready(home, settings, keyring, manifest, with_data_keys)
            _roll_forward(home)
        replayed, noted, files = _replay(settings, home, manifest, actor)
    return Restored(manifest, replayed, has_keys, noted, files)


def _lay_ready(
    home: Home, settings: Settings, keyring: KeyRing, manifest: Manifest, with_data_keys: bool
) -> bool:
    if settings.vault_url is not None:
        raise UsageError(
            "the vault is on PostgreSQL, which has backups of its own", code="backup_postgresql",
            todo="restore the database with its own tools; see docs/runbooks/backup.md",
        )  # fmt: skip
    shutil.rmtree(home.restoring, ignore_errors=True)
    folder = home.restoring / "new"
    folder.mkdir(mode=0o700, parents=True)
    try:
        ledger = Ledger.open(home.ledger, manifest.home_id, keyring)
        secrets = lay_out(home, keyring, manifest, folder)
        open_everything(folder, secrets, None, settings)
        _check_ledger(ledger, *adopt_copy(folder / VAULT, keyring, secrets))
        _under_todays_key(folder, keyring, secrets, settings)
        needs_keys = with_data_keys or not home.data_keys.exists()
        if needs_keys:
            restore_keys(home, keyring, folder / KEYS)
            create_private(home.restoring / _ORPHANS, b"")
    except BaseException:
        shutil.rmtree(home.restoring, ignore_errors=True)
        raise
    sync_folder(folder)
    create_private(home.restoring / READY, b"")
    return needs_keys


def _roll_forward(home: Home) -> None:
    """Replace what was laid ready; called again after a kill it does the rest."""
    if not (home.restoring / READY).exists():
        shutil.rmtree(home.restoring, ignore_errors=True)
        return
    folder = home.restoring / "new"
    for published in (home.analytics, home.dashboards):
        published.unlink(missing_ok=True)  # made again by the next run, without the erased
    for name in (KEYS, VAULT, WAREHOUSE):
        if (folder / name).exists():
            for left in ("-wal", "-shm", "-journal", ".wal"):
                (home.root / (name + left)).unlink(missing_ok=True)
            (folder / name).replace(home.root / name)
    for name in FOLDERS:
        if (folder / name).exists():
            shutil.rmtree(home.root / name, ignore_errors=True)
            (folder / name).replace(home.root / name)
    sync_folder(home.root)
    if (home.restoring / _ORPHANS).exists():
        (home.root / f".{_ORPHANS}").touch(mode=0o600)
    # the mark goes first: without it what is left is swept away
    (home.restoring / READY).unlink()
    shutil.rmtree(home.restoring)


def _replay(
    settings: Settings, home: Home, manifest: Manifest | None, actor: str
) -> tuple[int, CaughtUp, int]:
    results, noted = replay_ledger(settings)
    if results:
        for published in (home.analytics, home.dashboards):
            published.unlink(missing_ok=True)
    mark = home.root / f".{_ORPHANS}"
    with Deployment.open(settings) as deployment:
        vault = deployment.vault
        if mark.exists():
            # of persons who came and were erased since, and of what was let go: nothing knows them
            vault.purge_orphans()
            mark.unlink()
        if manifest is not None:
            with vault.begin() as conn:
                audit.append(
                    conn, vault, actor=actor, action="backup_restored",
                    payload={"backup": manifest.backup_id},
                )  # fmt: skip
                _number_on(conn, home)
        bring_corrections(deployment)
        files = remove_unknown(vault, home) + remove_unknown_audiences(home, vault)
        vault.note_audit_head()
    return len(results), noted, files


def _number_on(conn: Connection, home: Home) -> None:
    """Certificates written since the backup stand in ``reports/``; their numbers are taken."""
    for kind, counter in (("erasure", "erasure_certificates"), ("retention", "retention_runs")):
        numbers = [int(p.stem.rpartition("-")[2]) for p in home.reports.glob(f"{kind}-*.json")]
        count_up_to(conn, counter, max(numbers, default=0))


def _check_ledger(ledger: Ledger, sequence: int, mac: str) -> None:
    entries = ledger.entries()
    if sequence > len(entries) or entries[sequence - 1].mac != mac:
        raise NotAllowedError(
            "the erasure ledger is older than this backup", code="ledger_older",
            todo="put back the newest copy of the ledger",
        )  # fmt: skip


def _under_todays_key(
    folder: Path, keyring: KeyRing, secrets: dict[str, Any], settings: Settings
) -> None:
    """Encrypt the warehouse anew where its key was rotated since."""
    today = keyring.role_key("warehouse")
    path = folder / WAREHOUSE
    if not path.is_file() or secrets["warehouse_key"] == today.get_secret_value():
        return
    beside = folder / "warehouse.new"
    with closing(open_instance(folder, settings)) as duck:
        attach(duck, path, SecretStr(secrets["warehouse_key"]), alias=ALIAS)
        attach(duck, beside, today, alias="fresh")
        duck.execute(f"COPY FROM DATABASE {ALIAS} TO fresh")
        duck.execute("DETACH fresh")
        duck.execute(f"DETACH {ALIAS}")
    path.with_name(WAREHOUSE + ".wal").unlink(missing_ok=True)
    beside.chmod(0o600)
    beside.replace(path)
