"""Files that must survive a power cut and be read by their owner only."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from pipelines.common.errors import StorageError, UsageError

PRIVATE = 0o600


def create_private(path: Path, content: bytes) -> None:
    """Write a new file of mode 0600, whole or not at all; FileExistsError if there is one."""
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        _write(beside, content, os.O_CREAT | os.O_EXCL)
        os.link(beside, path)
    finally:
        beside.unlink(missing_ok=True)
    sync_folder(path.parent)


def hand_out(path: Path, content: bytes) -> None:
    """Write what must not be overwritten into a file that somebody named, mode 0600.

    Raises:
        UsageError: There is such a file.
        StorageError: It cannot be written.
    """
    try:
        create_private(path, content)
    except FileExistsError:
        raise UsageError(
            "the file exists and is not overwritten", code="file_exists",
            todo="name another one, or remove it",
        ) from None  # fmt: skip
    except OSError:
        raise StorageError(
            "the file cannot be written", code="file_unwritable", todo="name another place"
        ) from None


def append_private(path: Path, content: bytes) -> None:
    """Append to a file durably, making it when it is not there."""
    _write(path, content, os.O_CREAT | os.O_APPEND)


def replace_private(path: Path, content: bytes) -> None:
    """Replace a file as a whole: readers see the old or the new one."""
    beside = path.with_name(path.name + ".new")
    beside.unlink(missing_ok=True)
    create_private(beside, content)
    beside.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make names of files in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(path: Path, content: bytes, flags: int) -> None:
    descriptor = os.open(path, flags | os.O_WRONLY | os.O_CLOEXEC, PRIVATE)
    try:
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    sync_folder(path.parent)


def scrub(path: Path) -> None:
    """Overwrite a file and remove it; what a copying file system or a flash disk keeps is theirs."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        _overwrite(descriptor)
    finally:
        os.close(descriptor)
        path.unlink()


def replace_scrubbing(beside: Path, path: Path) -> None:
    """Put a file in the place of another one, and overwrite what the other one held."""
    descriptor = None
    with suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        beside.replace(path)
        sync_folder(path.parent)
        if descriptor is not None:
            _overwrite(descriptor)
    finally:
        if descriptor is not None:
            os.close(descriptor)


def _overwrite(descriptor: int) -> None:
    left = os.fstat(descriptor).st_size
    zeros = bytes(min(left, 1 << 20))
    while left > 0:
        left -= os.write(descriptor, zeros[: min(left, len(zeros))])
    os.fsync(descriptor)
