"""Connections to the encrypted DuckDB files of a home; the only place that opens them.

Every connection is an in-memory instance that first closes what leaks: spill files are
encrypted and inside the home, nothing is installed or loaded by itself, no secret is kept.
Then it attaches one file under a fixed alias, because views and compaction carry the alias.

``httpfs`` brings OpenSSL, without which DuckDB 1.5 will not write an encrypted file. It comes
as the package ``duckdb-extension-httpfs`` and is loaded straight from the package's folder,
signature checked: no network, no installation, no writing outside the home, so a read-only
site will do.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

import duckdb
from pydantic import SecretStr

from pipelines.common.errors import KeyWrongError, StorageError
from pipelines.common.settings import Home, Settings
from pipelines.warehouse.errors import store_errors
from pipelines.warehouse.lock import home_lock
from pipelines.warehouse.spill import own_folder

__all__ = [
    "WAREHOUSE",
    "Published",
    "attach",
    "connect_published",
    "connect_warehouse",
    "extension_file",
    "home_lock",
    "literal",
    "open_instance",
    "quote",
]

WAREHOUSE = "warehouse"
"""The fixed alias of ``warehouse.duckdb`` in every connection, dbt's too."""

_SPILL_PER_MEMORY: Final = 8
"""How often its memory limit one reader's query may spill: a careless join must not fill the disk."""

Published = Literal["analytics", "dashboards"]


def quote(name: str) -> str:
    """An identifier as SQL; the one place where names enter SQL text."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str) -> str:
    """A text as a SQL literal, for the statements that take no bound parameter (ATTACH, SET)."""
    return "'" + value.replace("'", "''") + "'"


def extension_file(name: str = "httpfs") -> Path:
    """The file of a DuckDB extension that was installed as a package, for this DuckDB.

    Raises:
        StorageError: No package of that extension for the installed DuckDB.
    """
    try:
        package = Path(str(files(f"duckdb_extension_{name}")))
    except ModuleNotFoundError:
        package = Path()
    path = package / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    if not path.is_file():
        raise StorageError(
            "the DuckDB extension is not installed for this version of DuckDB",
            code="extension_missing",
            where={"extension": name, "duckdb": duckdb.__version__},
            todo="run make setup, which installs it as a package",
        )
    return path


def open_instance(spill: Path, settings: Settings) -> duckdb.DuckDBPyConnection:
    """An empty in-memory instance with everything set that keeps data inside the home.

    Args:
        spill: Folder under which this process has one for temporary files; they are encrypted with a
            key of the process.
        settings: Memory limit (MB); threads follow ``workers`` when that is set.

    Raises:
        StorageError: The extension that encrypts is not installed.
    """
    config: dict[str, str | bool | int | float | list[str]] = {
        "temp_file_encryption": "true",
        "temp_directory": str(own_folder(spill)),
        "memory_limit": f"{settings.memory_limit_mb}MB",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        "allow_persistent_secrets": "false",
    }
    if settings.workers:
        config["threads"] = str(settings.workers)
    extension = extension_file()
    with store_errors("duckdb"):
        connection = duckdb.connect(":memory:", config=config)
        connection.execute(f"LOAD {literal(str(extension))}")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET enable_progress_bar = false")
    return connection


def attach(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    key: SecretStr,
    *,
    alias: str,
    read_only: bool = False,
) -> None:
    """Attach one encrypted file; the statement, which holds the key, goes nowhere else.

    Raises:
        KeyWrongError: The key does not open the file.
        BusyError: Another process has it open for writing.
        StorageError: No space, read-only, damaged, or absent while reading only.
    """
    options = f"ENCRYPTION_KEY {literal(key.get_secret_value())}"
    if read_only:
        options += ", READ_ONLY"
    with store_errors(path.stem):
        connection.execute(f"ATTACH {literal(str(path))} AS {quote(alias)} ({options})")


def opens_under(path: Path, key: SecretStr, spill: Path, settings: Settings) -> bool:
    """Whether a key opens a store that is there."""
    connection = open_instance(spill, settings)
    try:
        attach(connection, path, key, alias="tried", read_only=True)
    except KeyWrongError:
        return False
    finally:
        connection.close()
    return True


def connect_warehouse(
    home: Home, key: SecretStr, settings: Settings, *, read_only: bool = False
) -> duckdb.DuckDBPyConnection:
    """The warehouse of a home, made when absent, attached as ``warehouse`` and in use.

    The caller holds the home's lock (:func:`pipelines.warehouse.lock.home_lock`) and closes it.

    Args:
        home: The deployment's places.
        key: The warehouse key; from the keyring, never from SQL or a log.
        settings: Memory limit and workers.
        read_only: Open for reading; then the file must exist.

    Raises:
        KeyWrongError: The key does not open the file.
        BusyError: Another process has the warehouse open.
        StorageError: No space, read-only, damaged, absent.

    Privacy: pseudonymous rows only.
    """
    if read_only and not home.warehouse.is_file():
        raise StorageError(
            "there is no warehouse yet", code="store_missing", todo="run klantkluis run"
        )
    connection = open_instance(home.spill, settings)
    try:
        attach(connection, home.warehouse, key, alias=WAREHOUSE, read_only=read_only)
        connection.execute(f"USE {WAREHOUSE}")
    except BaseException:
        connection.close()
        raise
    return connection


def connect_published(
    home: Home, key: SecretStr, settings: Settings, *, store: Published = "analytics"
) -> duckdb.DuckDBPyConnection:
    """A published file for one reader: no writing, no other file, no network, no way back.

    Args:
        home: The deployment's places.
        key: The key of that store: the analyst's, or the dashboards'.
        settings: Memory limit and workers.
        store: Which published file.

    Raises:
        KeyWrongError: The key does not open the file.
        StorageError: Nothing has been published yet, or the file is damaged.

    Privacy: marts only; pseudonyms and aggregates.
    """
    path = home.analytics if store == "analytics" else home.dashboards
    if not path.is_file():
        raise StorageError(
            "nothing has been published yet",
            code="not_published",
            where={"store": store},
            todo="run klantkluis run",
        )
    connection = open_instance(home.spill, settings)
    try:
        attach(connection, path, key, alias=store, read_only=True)
        connection.execute(f"USE {quote(store)}")
        spilled = _SPILL_PER_MEMORY * settings.memory_limit_mb
        connection.execute(f"SET max_temp_directory_size = '{spilled}MB'")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
    except BaseException:
        connection.close()
        raise
    return connection
