"""Engines of the vault and of its keys, and what their errors become."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from pipelines.common.errors import BusyError, KlantkluisError, StorageError
from pipelines.vault.files import create_private

BUSY_SECONDS = 30

Journal = Literal["wal", "delete"]


def sqlite_engine(path: Path, journal: Journal) -> Engine:
    """An engine on an SQLite file that overwrites what it deletes.

    ``hide_parameters`` keeps values out of SQLAlchemy's messages; temporary tables stay in
    memory, because SQLite's temporary files would be in the open.
    """
    engine = create_engine(
        f"sqlite+pysqlite:///{path}", hide_parameters=True,
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
    )  # fmt: skip

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: object) -> None:
        # the driver's own transactions begin too late and cannot be IMMEDIATE
        connection.isolation_level = None
        for pragma in (
            f"journal_mode={journal}", "secure_delete=ON", "temp_store=MEMORY",
            "synchronous=" + ("FULL" if journal == "wal" else "EXTRA"), "cache_size=-65536",
            "trusted_schema=OFF",
        ):  # fmt: skip
            connection.execute(f"PRAGMA {pragma}").close()

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


_WRITER = 0x6B6C616E746B6C75
"""PostgreSQL's number for the one who writes; of our own choice."""


def url_engine(url: str) -> Engine:
    """An engine on another database, PostgreSQL by its URL: one writes at a time, as in SQLite.

    What a transaction has looked at holds until its end: else a withdrawal that saw nothing
    queued could be written after the erasure was.
    """
    try:
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True)
    except (SQLAlchemyError, ImportError):
        raise StorageError(
            "KLANTKLUIS_VAULT_URL names no database that can be used here", code="vault_url",
            todo="use postgresql+psycopg://… and install psycopg",
        ) from None  # fmt: skip

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        if engine.dialect.name == "postgresql" and not connection.get_execution_options().get(
            "reading"
        ):
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")

    return engine


@contextmanager
def transaction(engine: Engine, store: str, *, reading: bool = False) -> Iterator[Connection]:
    """A connection in a transaction that is committed at the end, or rolled back.

    Raises:
        StorageError: No space, read-only, damaged.
        BusyError: Another process writes.
    """
    try:
        with engine.connect() as conn:
            if reading:
                conn = conn.execution_options(reading=True)
                if engine.dialect.name != "sqlite":  # SQLite's readers see one state anyway
                    conn = conn.execution_options(isolation_level="REPEATABLE READ")
            with conn.begin():
                yield conn
    except DBAPIError as error:
        raise storage_error(error, store) from None
    except engine.dialect.loaded_dbapi.Error as error:  # from the driver's own cursor
        raise _driver_error(error, store) from None


def empty_log(engine: Engine, wait_seconds: float) -> bool:
    """TRUNCATE the write-ahead log; false when a reader kept it from being emptied."""
    raw = engine.raw_connection()
    try:
        cursor = raw.cursor()
        cursor.execute(f"PRAGMA busy_timeout={int(wait_seconds * 1000)}")
        busy, *_ = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
        cursor.close()
        return not busy
    except sqlite3.Error as error:
        raise _sqlite_error(error, "vault.db") from None
    finally:
        raw.close()


def copy_store(engine: Engine, path: Path) -> None:
    """Copy an SQLite store as one state into a new private file, while others may write to it.

    Raises:
        StorageError: No space, or one of the files is damaged.
    """
    create_private(path, b"")
    raw = engine.raw_connection()
    try:
        target = sqlite3.connect(path)
        try:
            source = raw.driver_connection
            if not isinstance(source, sqlite3.Connection):
                raise StorageError("the store is no file", code="store_no_file")
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
        finally:
            target.close()
    except sqlite3.Error as error:
        raise _sqlite_error(error, path.name) from None
    finally:
        raw.close()


def storage_error(error: DBAPIError, store: str) -> KlantkluisError:
    """Our error for a database's; its own text may hold a value and is dropped."""
    return _driver_error(error.orig, store)


def _driver_error(error: BaseException | None, store: str) -> KlantkluisError:
    if isinstance(error, sqlite3.Error):
        return _sqlite_error(error, store)
    state = str(getattr(error, "sqlstate", None) or "unknown")
    if state == "55P03":  # lock_not_available
        return BusyError(
            "another process writes to the store", code="store_busy", where={"store": store},
            todo="wait for it",
        )  # fmt: skip
    return StorageError(
        "the vault's database refused", code="vault_database",
        where={"store": store, "sqlstate": state},
    )  # fmt: skip


def _sqlite_error(error: sqlite3.Error, store: str) -> KlantkluisError:
    name = str(getattr(error, "sqlite_errorname", None) or "SQLITE_ERROR")
    where: dict[str, str | int] = {"store": store, "error": name}
    for prefix, kind, what, code, todo in _MEANINGS:
        if name.startswith(prefix):
            return kind(what, code=code, where=where, todo=todo)
    return StorageError("the store refused", code="store_error", where=where)


_MEANINGS: tuple[tuple[str, type[KlantkluisError], str, str, str], ...] = (
    ("SQLITE_FULL", StorageError, "no space is left", "no_space", "free space and run again"),
    ("SQLITE_IOERR", StorageError, "the disk refused", "disk_error", "check the disk, run again"),
    ("SQLITE_READONLY", StorageError, "the home is read-only", "read_only", "make it writable"),
    ("SQLITE_CANTOPEN", StorageError, "the store cannot be opened", "cannot_open",
     "check that the home exists and is writable"),
    ("SQLITE_PERM", StorageError, "the store cannot be opened", "cannot_open", "check its mode"),
    ("SQLITE_BUSY", BusyError, "another process writes to the store", "store_busy", "wait for it"),
    ("SQLITE_LOCKED", BusyError, "another process writes to the store", "store_busy", "wait"),
    ("SQLITE_CORRUPT", StorageError, "the store is damaged", "damaged", "restore a backup"),
    ("SQLITE_NOTADB", StorageError, "the store is damaged", "damaged", "restore a backup"),
)  # fmt: skip
