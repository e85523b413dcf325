"""Gives memory that was freed back to the system.

Landing makes and frees hundreds of megabytes of small objects per file, and glibc keeps what lies
between those that live on. Measured after 80,000 contacts: 720 MB held, of which 270 MB went back.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable
from functools import lru_cache


def give_back() -> None:
    """Hand freed memory to the system, where its C library can (glibc); else do nothing."""
    _trim()(0)


@lru_cache(maxsize=1)
def _trim() -> Callable[[int], object]:
    if sys.platform != "linux":
        return _nothing
    try:
        return ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):  # another C library, as musl
        return _nothing


def _nothing(_: int) -> None:
    return None
