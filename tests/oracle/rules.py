"""The rules that hold for all KPIs: periods, ratios, percentiles, rates, and comparing."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

Row = dict[str, Any]
ZONE = ZoneInfo("Europe/Amsterdam")
CURRENCY = "EUR"
_CENTS = Decimal("0.0001")
GRAINS = {"month": 1, "quarter": 3, "year": 12}
FISCAL_START = 1
"""ZONE, CURRENCY and the month in which the fiscal year begins: a test may put others there."""


def local_day(instant: datetime) -> date:
    """The day of the reporting zone."""
    return instant.astimezone(ZONE).date()


def midnight(day: date) -> datetime:
    """The instant at which a local day begins, in UTC."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


def start_of(grain: str, day: date) -> date:
    """First day of the period that a day is in."""
    months = GRAINS[grain]
    shift = (FISCAL_START - 1) % months
    number = (day.year * 12 + day.month - 1 - shift) // months * months + shift
    return date(number // 12, number % 12 + 1, 1)


def end_of(grain: str, start: date) -> date:
    """First day after the period."""
    month = start.month - 1 + GRAINS[grain]
    return date(start.year + month // 12, month % 12 + 1, 1)


def days(begin: datetime, end: datetime) -> float:
    """Elapsed time in days of 24 hours."""
    return (end - begin) / timedelta(days=1)


def ratio(name: str, numerator: Any, denominator: Any) -> Row:
    """The three columns of a ratio; NULL where the denominator is zero or something is missing."""
    value = None
    if numerator is not None and denominator is not None and denominator != 0:
        value = float(numerator) / float(denominator)
    return {name: value, f"{name}_numerator": numerator, f"{name}_denominator": denominator}


def percentile(values: Iterable[float | None], share: float) -> float | None:
    """The continuous percentile: linear between the two nearest values."""
    known = sorted(value for value in values if value is not None)
    if not known:
        return None
    place = share * (len(known) - 1)
    low = math.floor(place)
    high = min(low + 1, len(known) - 1)
    return known[low] + (known[high] - known[low]) * (place - low)


def total(values: Iterable[Decimal | None]) -> Decimal:
    """Sum of the values that are known."""
    return sum((value for value in values if value is not None), Decimal(0))


def known_total(values: Iterable[Decimal | None]) -> Decimal | None:
    """The same; unknown where there are values and none of them is known."""
    every = list(values)
    return total(every) if not every or any(value is not None for value in every) else None


def money(value: float | Decimal) -> Decimal:
    """Rounded to four decimals, a half away from zero."""
    if isinstance(value, Decimal):
        return value.quantize(_CENTS, ROUND_HALF_UP)
    whole = math.floor(abs(value) * 10_000 + 0.5)  # in floats, as the warehouse does
    return Decimal(int(math.copysign(whole, value))) / 10_000


class Rates:
    """Dated rates; the newest of the day or before counts. The reporting currency needs none."""

    def __init__(self, rows: Sequence[Mapping[str, Any]]) -> None:
        newest: dict[tuple[str, date], float] = {}
        for row in rows:
            if row["rate_to_eur"] > 0:
                key = (row["currency"], row["rate_date"])
                newest[key] = max(newest.get(key, 0.0), float(row["rate_to_eur"]))
        self._rates: dict[str, list[tuple[date, float]]] = {}
        for (currency, day), rate in sorted(newest.items(), key=lambda item: item[0][1]):
            self._rates.setdefault(currency, []).append((day, rate))

    def convert(self, amount: Decimal | None, currency: str | None, day: date) -> Decimal | None:
        """The amount in the reporting currency; None without a rate."""
        if amount is None or currency in (None, CURRENCY):
            return amount
        rate, reporting = self._rate(currency or "", day), self._rate(CURRENCY, day)
        if rate is None or reporting is None:
            return None
        return money(float(amount) * (rate / reporting))

    def _rate(self, currency: str, day: date) -> float | None:
        """Euros for one; the euro itself is quoted from the day of the first rate of any."""
        if currency == "EUR":
            first = min((some[0][0] for some in self._rates.values()), default=None)
            return 1.0 if first is not None and first <= day else None
        known = [rate for at, rate in self._rates.get(currency, ()) if at <= day]
        return known[-1] if known else None


def same(found: Any, expected: Any) -> bool:
    """Exactly equal; floats within 1e-9 of their size."""
    if found is None or expected is None:
        return found is expected
    if isinstance(found, float) or isinstance(expected, float):
        return math.isclose(float(found), float(expected), rel_tol=1e-9, abs_tol=1e-9)
    return bool(found == expected)


def differences(
    found: Sequence[Row], expected: Mapping[tuple[Any, ...], Row], keys: Sequence[str]
) -> list[str]:
    """Which rows and columns differ: keys of periods and names of columns, never a person."""
    shown = {tuple(row[key] for key in keys): row for row in found}
    assert len(shown) == len(found), "two rows have one key"
    faults = [f"missing {key}" for key in expected.keys() - shown.keys()]
    faults += [f"not expected {key}" for key in shown.keys() - expected.keys()]
    for key in expected.keys() & shown.keys():
        faults += [
            f"{key} {name}: {shown[key][name]} for {value}"
            for name, value in expected[key].items()
            if not same(shown[key][name], value)
        ]
    return faults
