"""Files as such: opening them, their fingerprint, and noticing that one changes while it is read.

Privacy: nothing of a file's content goes into a message; its name may.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from pipelines.common.errors import InputError

_BLOCK = 1 << 20


class FileStamp(NamedTuple):
    """What of a file's metadata changes when its content does."""

    device: int
    inode: int
    size: int
    modified_ns: int


def file_stamp(path: Path) -> FileStamp:
    """The stamp of a regular file.

    Raises:
        InputError: ``file_missing``, ``not_a_file`` or ``file_unreadable``.
    """
    try:
        status = path.stat()
    except FileNotFoundError:
        raise input_error(path, "the file is not there", "file_missing") from None
    except OSError:
        raise _unreadable(path) from None
    if not stat.S_ISREG(status.st_mode):
        raise input_error(
            path, "this is a folder or a device, not a file", "not_a_file", "give a file"
        )
    return _stamp(status)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """A file opened for reading, whose content stays the same until the block ends.

    Raises:
        InputError: As :func:`file_stamp`; ``empty_file``; ``file_changed`` when the file was
            written to or replaced meanwhile, so that the caller takes everything back.
    """
    before = file_stamp(path)
    if before.size == 0:
        raise empty_file(path)
    try:
        stream = path.open("rb")
    except OSError:
        raise _unreadable(path) from None
    with stream:
        if _stamp(os.fstat(stream.fileno())) != before:
            raise file_changed(path)
        try:
            yield stream
        except OSError:
            raise _unreadable(path) from None
        check_unchanged(path, before)


def check_unchanged(path: Path, before: FileStamp) -> None:
    """Compare a file with its earlier stamp.

    Raises:
        InputError: ``file_changed``, also when the file is gone.
    """
    try:
        after = _stamp(path.stat())
    except OSError:
        raise file_changed(path) from None
    if after != before:
        raise file_changed(path)


def file_fingerprint(path: Path) -> str:
    """SHA-256 of a file's bytes in hexadecimal, read in blocks.

    Raises:
        InputError: As :func:`file_stamp`; ``file_changed``.
    """
    before = file_stamp(path)
    digest = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    except OSError:
        raise _unreadable(path) from None
    check_unchanged(path, before)
    return digest.hexdigest()


def input_error(path: Path, what: str, code: str, todo: str = "", **where: str | int) -> InputError:
    """An :class:`InputError` about a file, named without its folder."""
    return InputError(what, code=code, where={"file": path.name, **where}, todo=todo)


def empty_file(path: Path) -> InputError:
    """The error for a file without a header."""
    return input_error(
        path, "the file is empty", "empty_file", "ask the source for a complete export"
    )


def file_changed(path: Path) -> InputError:
    """The error for a file that another program still writes."""
    return input_error(
        path,
        "the file changed while it was read, nothing of it has landed",
        "file_changed",
        "wait until it is complete and run again",
    )


def _unreadable(path: Path) -> InputError:
    return input_error(
        path, "the file cannot be read", "file_unreadable", "check its permissions and its disk"
    )


def _stamp(status: os.stat_result) -> FileStamp:
    return FileStamp(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
