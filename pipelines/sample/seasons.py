"""Time in the sample: local seconds of Amsterdam, days weighted by weekday, month and growth.

An instant is an integer: seconds since 1970 as the wall clock in Amsterdam shows them. Offsets
change by day here, not by hour; nothing happens between two and three at night.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.int64]
DAY = 86_400
_MONTH_BUSINESS = (0.95, 1.0, 1.1, 1.0, 0.98, 1.05, 0.72, 0.68, 1.12, 1.12, 1.1, 0.85)
_MONTH_CONSUMER = (0.95, 0.85, 0.95, 0.97, 1.0, 0.98, 0.88, 0.85, 0.98, 1.05, 1.35, 1.5)
_WEEK_BUSINESS = (1.05, 1.15, 1.1, 1.1, 0.9, 0.06, 0.03)
_WEEK_CONSUMER = (1.05, 1.0, 0.98, 1.0, 0.92, 1.0, 1.12)


class Seasons:
    """Draws instants between two days, busier where business is busier.

    Args:
        start: First day.
        until: Day after the last one.
    """

    def __init__(self, start: date, until: date) -> None:
        self.start = int(np.datetime64(start, "D").astype(int))
        self.until = int(np.datetime64(until, "D").astype(int))
        days = [date.fromordinal(719_163 + d) for d in range(self.start, self.until)]
        growth = np.linspace(0.85, 1.15, len(days))
        self._business = self._cumulated(days, _WEEK_BUSINESS, _MONTH_BUSINESS, growth)
        self._consumer = self._cumulated(days, _WEEK_CONSUMER, _MONTH_CONSUMER, growth)

    @staticmethod
    def _cumulated(
        days: list[date],
        week: tuple[float, ...],
        month: tuple[float, ...],
        growth: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        weights = np.array([week[d.weekday()] * month[d.month - 1] for d in days]) * growth
        return np.concatenate([[0.0], np.cumsum(weights / weights.sum())])

    @property
    def first(self) -> int:
        """The first instant."""
        return self.start * DAY

    @property
    def end(self) -> int:
        """The instant at which history stops, itself outside."""
        return self.until * DAY

    def draw(
        self, chance: np.random.Generator, since: Seconds, *, consumer: bool = False
    ) -> Seconds:
        """One instant for each lower bound, in working hours or (consumers) until the evening.

        A draw is at least a second after its bound and always before ``end``.
        """
        table = self._consumer if consumer else self._business
        lower = np.clip(since // DAY - self.start, 0, len(table) - 2)
        floor = table[lower]
        drawn = floor + chance.random(len(since)) * (1.0 - floor)
        day = np.clip(np.searchsorted(table, drawn, side="right") - 1, lower, len(table) - 2)
        middle, spread = (15.5, 3.6) if consumer else (13.0, 2.3)
        hour = np.clip(chance.normal(middle, spread, len(since)), 7.0, 22.9)
        instant = ((day + self.start) * DAY + (hour * 3600).astype(np.int64)).astype(np.int64)
        return np.where(instant <= since, np.minimum(since + 1, self.end - 1), instant)


def at_work(at: int) -> int:
    """The same instant if it is in office hours, else soon after the next opening; never earlier."""
    day, second = divmod(at, DAY)
    weekday = (day + 3) % 7
    if weekday < 5 and 30_600 <= second < 63_000:
        return at
    if weekday < 5 and second < 30_600:
        return day * DAY + 30_600 + second // 12
    ahead = 7 - weekday if weekday >= 4 else 1
    return (day + ahead) * DAY + 30_600 + (second % 7_200) // 2


def awake(at: int) -> int:
    """The same instant, but none in the hour that the clock skips or repeats twice a year."""
    return at + 7_200 if 5_400 <= at % DAY < 12_600 else at


_AMSTERDAM = ZoneInfo("Europe/Amsterdam")
_FIRST_DAY = int(np.datetime64("2018-01-01", "D").astype(int))
_OFFSETS = np.array(
    [
        int(
            datetime.fromtimestamp((_FIRST_DAY + d) * DAY + 12 * 3600, UTC)
            .astimezone(_AMSTERDAM).utcoffset().total_seconds()  # type: ignore[union-attr]
        )
        for d in range(366 * 25)
    ],
    dtype=np.int64,
)  # fmt: skip


def to_utc(local: Seconds) -> Seconds:
    """Local seconds to UTC seconds."""
    return local - _OFFSETS[np.clip(local // DAY - _FIRST_DAY, 0, len(_OFFSETS) - 1)]


def utc_texts(local: Seconds) -> list[str]:
    """``2026-01-31T09:30:00Z`` for each."""
    return [f"{t}Z" for t in np.datetime_as_string(to_utc(local).astype("datetime64[s]")).tolist()]


def utc_text(local: int | None) -> str | None:
    """``2026-01-31T09:30:00Z``."""
    return None if local is None else utc_texts(np.array([local], dtype=np.int64))[0]


def iso_date(local: int) -> str:
    """``2026-01-31``."""
    return str(np.datetime64(local, "s").astype("datetime64[D]"))


def dutch_texts(local: Seconds) -> list[str]:
    """``31-01-2026 10:30`` for each, local time."""
    return [
        f"{t[8:10]}-{t[5:7]}-{t[:4]} {t[11:16]}"
        for t in np.datetime_as_string(local.astype("datetime64[s]")).tolist()
    ]


def dutch_text(local: int | None) -> str:
    """``31-01-2026 10:30``, local time; empty when there is none."""
    if local is None:
        return ""
    t = str(np.datetime64(local, "s"))
    return f"{t[8:10]}-{t[5:7]}-{t[:4]} {t[11:16]}"


def dutch_date(iso: str) -> str:
    """``31-01-2026`` from ``2026-01-31``; empty stays empty."""
    return f"{iso[8:10]}-{iso[5:7]}-{iso[:4]}" if iso else ""
