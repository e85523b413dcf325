"""A temporary folder of each process's own, which no other empties while that process lives.

DuckDB leaves its temporary files behind when it is killed, and names them alike in every process. So
each gets a folder (mode 0700) under the home's ``spill`` and holds a lock on it; the system frees the
lock with the process, and whoever then takes it may empty the folder.

Privacy: the files are encrypted with a key that dies with the process; nothing here reads them.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from threading import Lock

_held: dict[Path, tuple[Path, int]] = {}
_making = Lock()


def own_folder(spill: Path) -> Path:
    """This process's temporary folder under ``spill``; that folder itself where none can be made.

    A reader of a home that cannot be written gets the latter, and fails only when it has to spill.
    """
    with _making:
        if spill not in _held or not _held[spill][0].is_dir():
            try:
                _held[spill] = _made(spill)
            except OSError:
                return spill
        return _held[spill][0]


def clear_abandoned(spill: Path) -> None:
    """Remove what processes that are no more left under ``spill``, as far as this user may."""
    for path in spill.glob("*"):
        if path.is_dir() and not path.is_symlink():
            descriptor = _locked(path)
            if descriptor is not None:
                shutil.rmtree(path, ignore_errors=True)
                os.close(descriptor)
        else:
            with suppress(OSError):
                path.unlink()


def _made(spill: Path) -> tuple[Path, int]:
    while True:
        path = Path(tempfile.mkdtemp(dir=spill))
        descriptor = _locked(path)
        if descriptor is not None:
            if path.is_dir():  # nobody emptied it between the two
                return path, descriptor
            os.close(descriptor)


def _locked(path: Path) -> int | None:
    """An open descriptor of a folder with its lock; None when another's, in use, or gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, PermissionError):
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _let_go() -> None:
    """At the end of a process its folders go with it."""
    for path, descriptor in _held.values():
        shutil.rmtree(path, ignore_errors=True)
        os.close(descriptor)
    _held.clear()


def _close_in_child() -> None:
    """A forked worker has no folder, and must not keep the lock of a parent that was killed."""
    for _, descriptor in _held.values():
        os.close(descriptor)
    _held.clear()


atexit.register(_let_go)
os.register_at_fork(after_in_child=_close_in_child)
