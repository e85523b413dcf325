"""A file that takes the place of another one as a whole: readers see the old or the new, never both.

Written beside the old one, flushed to the disk, renamed over it. Whoever has the old one open
keeps reading it; a kill at any point leaves the old one in place.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.warehouse.errors import store_errors


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """Hands out a path beside ``path``; when the block ends well, that file becomes ``path``.

    Args:
        path: The file to replace; need not exist.

    Raises:
        StorageError: No space, or a place that cannot be written; the old file stays.
    """
    beside = path.with_name(path.name + ".new")
    with store_errors(path.stem):
        _remove(beside)
        try:
            yield beside
            beside.chmod(0o600)
            _flush(beside)
            beside.replace(path)
            _flush(path.parent)
        except BaseException:
            _remove(beside)
            raise


def _remove(path: Path) -> None:
    for left in (path, path.with_name(path.name + ".wal")):
        left.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
