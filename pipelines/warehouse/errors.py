"""DuckDB's errors, told in our words: a code and a store, never a message of DuckDB.

DuckDB puts the offending value, and the statement with the key in it, into its messages. So
they are read here for what they are about, and go no further.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import duckdb

from pipelines.common.errors import (
    BusyError,
    FailedError,
    KeyWrongError,
    KlantkluisError,
    StorageError,
)


class _Fault(NamedTuple):
    """How a message of DuckDB is recognised, and what it means to a reader."""

    signs: tuple[str, ...]
    kind: type[KlantkluisError]
    code: str
    what: str
    todo: str


_FAULTS = (
    _Fault(
        ("Wrong encryption key", "Not a valid key", "without a key"),
        KeyWrongError,
        "key_wrong",
        "the key does not open this store",
        "use the key that was made with this home",
    ),
    _Fault(
        ("Could not set lock", "Unique file handle conflict", "Conflicting lock"),
        BusyError,
        "store_busy",
        "another process has this store open",
        "wait until it is done, or give --wait",
    ),
    _Fault(
        ("No space left", "out of disk", "Disk quota", "max_temp_directory_size"),
        StorageError,
        "no_space",
        "there is no space left on the disk",
        "free some space and run again; nothing was half written",
    ),
    _Fault(
        ("Read-only file system", "Permission denied", "read-only mode", "Operation not permitted"),
        StorageError,
        "read_only",
        "the store cannot be written",
        "give the pipeline's user write access to the home",
    ),
    _Fault(
        ("No such file",),
        StorageError,
        "store_missing",
        "the store is not there",
        "run klantkluis run, or restore a backup",
    ),
    _Fault(
        (
            "not a valid DuckDB",
            "Could not read",
            "AES tag",
            "checksum",
            "Corrupt",
            "corrupt",
            "not encrypted",
            "Serialization Error",
        ),
        StorageError,
        "store_damaged",
        "the store is damaged or is not one of ours",
        "restore a backup",
    ),
    _Fault(
        ("Out of Memory", "could not allocate", "failed to pin", "failed to allocate"),
        FailedError,
        "no_memory",
        "the work does not fit into the memory it may use",
        "raise KLANTKLUIS_MEMORY_LIMIT_MB",
    ),
)


PUBLISHED = frozenset({"analytics", "dashboards"})
"""Stores that a run makes from the warehouse; no backup is needed to have them back."""


def store_fault(error: duckdb.Error, store: str, what: str | None = None) -> KlantkluisError:
    """The error of ours that a DuckDB error stands for.

    Args:
        error: What DuckDB raised; only its kind and the cause it names are used.
        store: Our name of the store or relation: ``warehouse``, ``analytics`` …
        what: What was being done, for faults that are not the store's.

    Returns:
        An error to be raised ``from None``.

    Privacy: the message of DuckDB may hold a value or a key; none of it is returned.
    """
    told = isinstance(error, duckdb.ConversionException | duckdb.ConstraintException)
    message = "" if told else str(error)
    for fault in _FAULTS:
        if any(sign in message for sign in fault.signs):
            if fault.code == "store_damaged" and store in PUBLISHED:
                return StorageError(
                    "the published file is damaged or another version wrote it",
                    code="published_damaged",
                    where={"file": f"{store}.duckdb"},
                    todo="move that file out of the home and run klantkluis run, which writes it anew",
                )
            return fault.kind(fault.what, code=fault.code, where={"store": store}, todo=fault.todo)
    if isinstance(error, duckdb.IOException | duckdb.FatalException):
        return StorageError("the store cannot be used", code="store_failed", where={"store": store})
    return FailedError(
        what or "a statement on the store failed",
        code="statement_failed",
        where={"store": store, "kind": type(error).__name__},
    )


@contextmanager
def store_errors(store: str, what: str | None = None) -> Iterator[None]:
    """Turns errors of DuckDB and of the file system within the block into ours.

    Args:
        store: Our name of what is touched.
        what: What is being done, without a final full stop.

    Raises:
        KeyWrongError, BusyError, StorageError, FailedError: As :func:`store_fault` decides.
    """
    try:
        yield
    except duckdb.Error as error:
        raise store_fault(error, store, what) from None
    except OSError as error:
        raise file_fault(error, store) from None


def file_fault(error: OSError, store: str) -> StorageError:
    """The error of ours for a fault of the file system; the path stays out of it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            "there is no space left on the disk",
            code="no_space",
            where={"store": store},
            todo="free some space and run again; nothing was half written",
        )
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return StorageError(
            "the store cannot be written",
            code="read_only",
            where={"store": store},
            todo="give the pipeline's user write access to the home",
        )
    if error.errno == errno.ENOENT:
        return StorageError(
            "the store is not there",
            code="store_missing",
            where={"store": store},
            todo="run klantkluis init",
        )
    return StorageError("the store cannot be used", code="store_failed", where={"store": store})
