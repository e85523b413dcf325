"""Who is signed in, who may try a password, and how many passwords are looked at at a time.

All of it lives in the memory of one server: a restart signs everybody out.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import BoundedSemaphore, Lock

MOST_ATTEMPTS = 5
WAIT = timedelta(minutes=15)
LASTS = timedelta(hours=12)
MOST_SESSIONS = 10_000
IN_LINE = 3
"""One password is looked at and two wait; Argon2 takes 64 MB and a core for each."""


class Sessions:
    """Who is signed in; a cookie holds a number that means nothing once it is taken out here."""

    def __init__(self) -> None:
        self._names: dict[str, tuple[str, datetime]] = {}
        self._lock = Lock()

    def begin(self, name: str, now: datetime) -> str:
        """Sign somebody in; the number for their cookie."""
        number = secrets.token_urlsafe(32)
        with self._lock:
            for one in [n for n, (_, began) in self._names.items() if now - began >= LASTS]:
                del self._names[one]
            while len(self._names) >= MOST_SESSIONS:
                del self._names[next(iter(self._names))]  # the oldest
            self._names[number] = (name, now)
        return number

    def name(self, number: str | None, now: datetime) -> str | None:
        """Who has this number, for as long as a working day lasts."""
        name, began = self._names.get(number or "", (None, now))
        return name if now - began < LASTS else None

    def end(self, number: str | None) -> None:
        """Sign out; a copy of the cookie is worth nothing from now on."""
        with self._lock:
            self._names.pop(number or "", None)


class Attempts:
    """Passwords tried, so that nobody tries them all; safe for many threads."""

    def __init__(self) -> None:
        self._failed: dict[str, tuple[int, datetime]] = {}
        self._lock = Lock()

    def begin(self, name: str, now: datetime) -> bool:
        """Whether another password may be tried for a name.

        It counts as wrong from here on, so that many tries at once are not more than one by one.
        """
        with self._lock:
            old = [n for n, (_, last) in self._failed.items() if now - last >= WAIT]
            for forgotten in old:
                del self._failed[forgotten]
            count, _ = self._failed.get(name, (0, now))
            if count >= MOST_ATTEMPTS:
                return False
            self._failed[name] = (count + 1, now)
            return True

    def was_right(self, name: str) -> None:
        """Forget the tries of a name."""
        with self._lock:
            self._failed.pop(name, None)


class Line:
    """Passwords that are looked at: one at a time, a few wait, others are sent away at once."""

    def __init__(self) -> None:
        self._places = BoundedSemaphore(IN_LINE)
        self._turn = Lock()

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Whether there was a place; with one, the body runs alone."""
        if not self._places.acquire(blocking=False):
            yield False
            return
        try:
            with self._turn:
                yield True
        finally:
            self._places.release()
