"""When a request has to be answered.

A period in months ends on the day of the same date, or on that month's last day, and moves to the
next working day from a Saturday, a Sunday or a public holiday.

Source: Regulation (EEC, Euratom) 1182/71 Art. 3(2)(c), 3(4); GDPR Art. 12(3), 12(6).
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from functools import cache
from typing import Final

import holidays

from pipelines.common.errors import UsageError

ANSWER_MONTHS: Final = 1
EXTENDED_MONTHS: Final = 3
PROMPT_DAYS: Final = 7
"""Proof asked later than this after receipt does not stop the clock."""
PROOF_DAYS: Final = 30
"""How long a person has to answer the question for proof."""


def period_end(start: date, months: int, country: str) -> date:
    """The last day of a period of months that an event on ``start`` begins.

    Args:
        start: Day of the event, which itself does not count.
        months: Length of the period.
        country: Whose public holidays count, ISO 3166 alpha-2.

    Raises:
        UsageError: The holidays of the country are not known.
    """
    month = start.month - 1 + months
    year, month = start.year + month // 12, month % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return next_working_day(date(year, month, min(start.day, last)), country)


def next_working_day(day: date, country: str) -> date:
    """The day itself, or the first after it that is no weekend and no public holiday."""
    while day.weekday() >= 5 or day in _holidays(country, day.year):
        day += timedelta(days=1)
    return day


def due_on(
    received_on: date, country: str, *, paused_days: int = 0, is_extended: bool = False
) -> date:
    """The day on which the answer must have gone out.

    Args:
        received_on: Day of receipt.
        country: Whose public holidays count.
        paused_days: Days for which a prompt question for proof stopped the clock.
        is_extended: Whether the extension was told in time.
    """
    months = EXTENDED_MONTHS if is_extended else ANSWER_MONTHS
    return period_end(received_on + timedelta(days=paused_days), months, country)


def pauses(received_on: date, asked_on: date) -> bool:
    """Whether proof was asked promptly enough to stop the clock. Source: GDPR Art. 12(6)."""
    return (asked_on - received_on).days <= PROMPT_DAYS


@cache
def _holidays(country: str, year: int) -> frozenset[date]:
    try:
        found = holidays.country_holidays(country, years=[year])
    except NotImplementedError:
        raise UsageError(
            "the public holidays of this country are not known", code="country_unknown",
            where={"country": country}, todo="set KLANTKLUIS_COUNTRY to a code such as NL",
        ) from None  # fmt: skip
    return frozenset(found)


def end_of_financial_year_period(happened_on: date, months: int) -> date:
    """The last day of a period of months that starts when the calendar year of an event ends."""
    return date(happened_on.year + months // 12, 12, 31)
