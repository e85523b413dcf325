"""Reads a backup: lays out what is in it, each byte authenticated, and tries that it opens."""

from __future__ import annotations

import shutil
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any, Final, NamedTuple

import orjson
from pydantic import SecretStr

from pipelines.backups.catalogue import CONTENT, Manifest
from pipelines.backups.create import FOLDERS, SECRETS, VAULT, WAREHOUSE
from pipelines.common.errors import StorageError
from pipelines.common.settings import Home, Settings
from pipelines.vault.archive import SealedReader
from pipelines.vault.data_keys import DataKeys
from pipelines.vault.keyring import KeyRing
from pipelines.vault.keys_backup import unwrap_backup_key
from pipelines.vault.records import record_aad
from pipelines.vault.sealing import unseal
from pipelines.warehouse.connection import attach, open_instance, quote

_PAGE: Final = 5_000
_PIECE_BYTES: Final = 1 << 20
_EXPECTED: Final = frozenset({SECRETS, VAULT, WAREHOUSE, f"{WAREHOUSE}.wal"})


class Opened(NamedTuple):
    """What a backup held. ``dead_records`` are sealed under keys that are destroyed."""

    tables: int
    records: int
    dead_records: int
    relations: int
    rows: int

    def document(self) -> dict[str, int]:
        """The counts for programs."""
        return self._asdict()


def lay_out(home: Home, keyring: KeyRing, manifest: Manifest, folder: Path) -> dict[str, Any]:
    """Write what a backup holds into an empty folder; returns its secrets.

    Raises:
        StorageError: The backup was cut off or changed.
        KeyWrongError: The backup key is another one.
    """
    key = unwrap_backup_key(keyring, manifest.wrapped_key, manifest.archive_name)
    content = home.backups / manifest.backup_id / CONTENT
    found: dict[str, Any] = {}
    try:
        with content.open("rb") as file:
            reader = SealedReader(file, key, manifest.archive_name)
            with tarfile.open(fileobj=reader, mode="r|") as tar:
                for entry in tar:
                    if entry.name == SECRETS:
                        extracted = tar.extractfile(entry)
                        found = orjson.loads(extracted.read()) if extracted else {}
                    elif entry.name in _EXPECTED or entry.name.split("/")[0] in FOLDERS:
                        _extract(tar, entry, folder)
            while reader.read(1 << 20):  # to the last chunk, which says that it is the last
                pass
    except (tarfile.TarError, OSError, ValueError):
        raise StorageError(
            "the backup is damaged, or there is no space to lay it out", code="backup_damaged",
            where={"backup": manifest.backup_id}, todo="free some space, or use another backup",
        ) from None  # fmt: skip
    for path in folder.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return found


def _extract(tar: tarfile.TarFile, entry: tarfile.TarInfo, folder: Path) -> None:
    """Write one file or folder below ``folder``; links, devices and ways out of it are refused.

    Written by hand, since the filters of :mod:`tarfile` came only with Python 3.11.4.
    """
    path = folder / entry.name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise tarfile.ExtractError
    if entry.isdir():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return
    extracted = tar.extractfile(entry) if entry.isreg() else None
    if extracted is None:
        raise tarfile.ExtractError
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with extracted, path.open("wb") as file:
        shutil.copyfileobj(extracted, file, _PIECE_BYTES)


def open_everything(
    folder: Path, secrets: dict[str, Any], data_keys: DataKeys | None, settings: Settings
) -> Opened:
    """Open what was laid out and read it from end to end: tables, sealed records, relations.

    Args:
        folder: As :func:`lay_out` left it.
        secrets: What it returned.
        data_keys: Keys to unseal with; without them sealed records count as dead.
        settings: Memory limit (MB).

    Raises:
        StorageError: Something in it does not open.
    """
    tables, records, dead = _read_vault(folder / VAULT, data_keys)
    relations, rows = 0, 0
    if (folder / WAREHOUSE).is_file():
        relations, rows = _read_warehouse(folder, secrets, settings)
    return Opened(tables, records, dead, relations, rows)


def _read_vault(path: Path, data_keys: DataKeys | None) -> tuple[int, int, int]:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as vault:
            if vault.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                raise _damaged(path.name)
            tables = vault.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table'")
            (count,) = tables.fetchone()
            records, dead = _unseal_all(vault, data_keys)
    except sqlite3.Error:
        raise _damaged(path.name) from None
    return count, records, dead


def _unseal_all(vault: sqlite3.Connection, data_keys: DataKeys | None) -> tuple[int, int]:
    cursor = vault.execute(
        "SELECT entity, source, record_blind, key_id, sealed FROM sealed_records "
        "WHERE sealed IS NOT NULL"
    )
    records = dead = 0
    while page := cursor.fetchmany(_PAGE):
        keys = data_keys.get({row[3] for row in page}) if data_keys else {}
        for entity, source, blind, key_id, sealed in page:
            key = keys.get(key_id)
            if key is None:
                dead += 1
            else:
                unseal(key, sealed, record_aad(entity, source, blind))
        records += len(page)
    return records, dead


def _read_warehouse(folder: Path, secrets: dict[str, Any], settings: Settings) -> tuple[int, int]:
    with closing(open_instance(folder, settings)) as duck:
        key = SecretStr(secrets["warehouse_key"])
        attach(duck, folder / WAREHOUSE, key, alias="backup")
        names = duck.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'backup'"
        ).fetchall()
        rows = 0
        for schema, table in names:
            # a hash over whole rows reads every column; a count would read none
            row = duck.execute(
                f"SELECT count(*), bit_xor(hash(t)) FROM backup.{quote(schema)}.{quote(table)} t"
            ).fetchone()
            rows += int(row[0]) if row else 0
    return len(names), rows


def _damaged(store: str) -> StorageError:
    return StorageError(
        "a store in the backup does not open", code="backup_damaged", where={"store": store},
        todo="use another backup",
    )  # fmt: skip
