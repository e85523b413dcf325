"""Working calendars, once more: minutes that a calendar was open between two instants.

Reads the declared hours and asks the ``holidays`` package itself, day by day.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import holidays

from pipelines.warehouse.dbt import PROJECT

Row = dict[str, Any]
HOURS: Path = PROJECT / "seeds" / "business_hours.csv"
ALWAYS = ("24x7", "24/7", "always")


def declared_hours() -> list[Row]:
    """What the project declares."""
    with HOURS.open(encoding="utf-8", newline="") as written:
        return [{k: v or None for k, v in row.items()} for row in csv.DictReader(written)]


@cache
def _holidays(place: str, year: int) -> frozenset[date]:
    country, _, part = place.partition("-")
    return frozenset(holidays.country_holidays(country, subdiv=part or None, years=[year]))


class Calendars:
    """Every calendar that was declared."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._hours: dict[str, list[Mapping[str, Any]]] = {}
        for row in rows:
            self._hours.setdefault(row["calendar"], []).append(row)

    def known(self, name: str | None) -> str:
        """The calendar of that name, or the default one."""
        found = (name or "").strip().lower()
        return found if found in self._hours else "default"

    def minutes(self, name: str, begin: datetime, end: datetime) -> float:
        """Minutes open between two instants; negative where they run backwards."""
        if end < begin:
            return -self.minutes(name, end, begin)
        zone = ZoneInfo(self._hours[name][0]["time_zone"])
        day, last = begin.astimezone(zone).date(), end.astimezone(zone).date()
        found = timedelta()
        while day <= last:
            for opens, closes in self._spans(name, day, zone):
                found += max(timedelta(), min(end, closes) - max(begin, opens))
            day += timedelta(days=1)
        return found / timedelta(minutes=1)

    def _spans(self, name: str, day: date, zone: ZoneInfo) -> list[tuple[datetime, datetime]]:
        found = []
        for row in self._hours[name]:
            place = row["holidays"]
            if (
                int(row["iso_weekday"]) == day.isoweekday()
                and (row["valid_from"] is None or _day(row["valid_from"]) <= day)
                and (row["valid_to"] is None or day < _day(row["valid_to"]))
                and not (place and day in _holidays(place, day.year))
            ):
                found.append((_at(day, row["opens"], zone), _at(day, row["closes"], zone)))
        return found


def _day(value: date | str) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def _at(day: date, clock: str, zone: ZoneInfo) -> datetime:
    hours, minutes = (int(part) for part in clock.split(":"))
    if hours == 24:
        day, hours = day + timedelta(days=1), 0
    return datetime.combine(day, time(hours, minutes), zone).astimezone(UTC)
