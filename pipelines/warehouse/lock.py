"""The one lock of a home: whoever writes vault or warehouse holds it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from pipelines.common.errors import BusyError, UsageError
from pipelines.common.settings import Home
from pipelines.warehouse.errors import file_fault

_POLL_SECONDS = 0.1

_held: set[int] = set()


def _close_in_child() -> None:
    """A forked worker must not keep the lock of a parent that was killed."""
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


os.register_at_fork(after_in_child=_close_in_child)


@contextmanager
def home_lock(home: Home, wait_seconds: float = 0) -> Iterator[None]:
    """Holds the home's lock within the block; the system frees it if the process dies.

    Not re-entrant: what runs under the lock does not ask for it again.

    Args:
        home: The deployment's places.
        wait_seconds: How long to wait for another run; 0 asks once.

    Raises:
        BusyError: Another run holds it still.
        UsageError: There is no home there.
        StorageError: The home cannot be written.
    """
    if not home.root.is_dir():
        raise UsageError(
            "there is no home here", code="home_missing", todo="make one with klantkluis init"
        )
    try:
        descriptor = os.open(home.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise file_fault(error, "home") from None
    _held.add(descriptor)
    try:
        _acquire(descriptor, wait_seconds)
        yield
    finally:
        _held.discard(descriptor)
        os.close(descriptor)


def _acquire(descriptor: int, wait_seconds: float) -> None:
    deadline = time.monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            left = deadline - time.monotonic()
            if left <= 0:
                raise BusyError(
                    "another run holds the lock of this home",
                    code="home_busy",
                    todo="wait until it is done, or give --wait seconds",
                ) from None
            time.sleep(min(_POLL_SECONDS, left))
