"""Numbers, money, dates and periods as a Dutch or English reader writes them (CLDR)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, format_percent
from babel.units import format_unit

from dashboards.periods import fiscal_place
from dashboards.texts import Texts

_RATE_ENDS = ("_rate", "_attainment", "_rate_raw", "_conversion")
_SHARES = ("_attainment", "_accuracy")
"""Ratios of what should be, which read as percentages."""
_UNITS = {"days": "duration-day", "hours": "duration-hour", "minutes": "duration-minute"}
DURATIONS = frozenset(_UNITS)
_LOCALES = {"nl": Locale("nl", "NL"), "en": Locale("en", "GB")}
_WHOLE = {"nl": "¤\u00a0#,##0", "en": "¤#,##0"}
_RETURNS = frozenset({"roi", "roi_revenue"})
_LONG: tuple[tuple[str, int, int, str], ...] = (
    ("minutes", 120, 60, "hours"),
    ("hours", 96, 24, "days"),
)
"""From how many on a duration reads better in the next unit, and how many make one of it."""
WIDE = 100_000
"""Money from here on is shown without cents."""


def unit_of(column: str, defined: str) -> str:
    """The unit of a figure: as defined, else as its name says.

    Args:
        column: Name of the column.
        defined: Unit of ``kpi_definitions``, or nothing.

    Returns:
        ``rate``, ``rate difference``, ``return`` (of what was spent), ``times``, ``money``,
        ``money per day``, ``days``, ``hours``, ``minutes`` or ``number``.
    """
    if "currency" in defined:
        return "money per day" if defined.endswith("per day") else "money"
    if column in _RETURNS or defined == "change":
        return "return"
    if defined == "ratio" and column.endswith(_SHARES):
        return "rate"
    if defined == "ratio":
        return "times"
    if defined in {"rate", "rate difference", "days", "hours", "minutes"}:
        return defined
    for ending, unit in (("_days", "days"), ("_hours", "hours"), ("_minutes", "minutes")):
        if ending in column and not defined:
            return unit
    if not defined and column.endswith("_money"):
        return "money"
    if not defined and column.endswith(_RATE_ENDS):
        return "rate"
    return "number"


class Formats:
    """The ways of one language, time zone, currency and fiscal year."""

    def __init__(self, texts: Texts, timezone: str, currency: str, first_month: int = 1) -> None:
        self.texts, self.currency, self.first_month = texts, currency, first_month
        self.locale = _LOCALES[texts.language]
        self.zone = ZoneInfo(timezone)

    @property
    def separators(self) -> str:
        """Decimal and grouping signs, as charts take them."""
        return ",." if self.texts.language == "nl" else ".,"

    def figure(self, value: Any, unit: str, most: float | None = None) -> str:
        """One value with its unit; what is no number as text.

        Args:
            value: What was published.
            unit: One of ``unit_of``.
            most: The largest value beside it, which decides on hours or days and on cents for all;
                the value itself by default.
        """
        if value is None:
            return "–"
        if isinstance(value, bool):
            return self.texts("yes" if value else "no")
        if isinstance(value, int | float | Decimal):
            if unit == "rate difference":
                return self.change(value, 0, unit)
            text = _number(value, unit, self.currency, self.locale, most)
            return self.texts("per_day", amount=text) if unit == "money per day" else text
        if isinstance(value, datetime):
            return format_date(value.astimezone(self.zone), "medium", locale=self.locale)
        if isinstance(value, date):
            return format_date(value, "medium", locale=self.locale)
        return self.texts.value(str(value))

    def instant(self, value: datetime) -> str:
        """Day and time in the reporting time zone."""
        return format_datetime(value, "medium", tzinfo=self.zone, locale=self.locale)

    def period(self, grain: str, start: date | None) -> str:
        """``Oct 2026``, ``Q3 2026``, ``2026``, ``FY 2027`` or all time."""
        if start is None:
            return self.texts("all_time")
        if self.first_month > 1 and grain in ("quarter", "year"):
            year, quarter = fiscal_place(start, self.first_month)
            return self.texts(f"fiscal_{grain}", year=year, quarter=quarter)
        pattern = {"month": "LLL y", "quarter": "QQQ y", "year": "y"}.get(grain)
        return format_date(start, pattern or "medium", locale=self.locale)

    def change(self, new: Any, old: Any, unit: str) -> str:
        """By how much a figure changed: percentage points for rates, percent for all else."""
        if unit in {"rate", "rate difference", "return"}:
            points = (float(new) - float(old)) * 100
            text = format_decimal(points, "+#,##0.0;-#,##0.0", locale=self.locale)
            return self.texts("points", change=text)
        if not old:
            return format_decimal(float(new), "+#,##0.#;-#,##0.#", locale=self.locale)
        return format_percent(
            (float(new) - float(old)) / abs(float(old)), "+#,##0.0%;-#,##0.0%", locale=self.locale
        )

    def suffix(self, unit: str) -> str:
        """What stands behind the numbers of an axis: the short name of a duration."""
        if unit not in _UNITS:
            return ""
        return "\u00a0" + format_unit(5, _UNITS[unit], "short", locale=self.locale)[1:].strip()


@lru_cache(maxsize=50_000)
def _number(
    value: float | Decimal, unit: str, currency: str, locale: Locale, most: float | None
) -> str:
    scale = abs(float(value)) if most is None else most
    if unit == "rate":
        return format_percent(value, "#,##0.0%", locale=locale)
    if unit == "return":
        return format_percent(value, "+#,##0%;-#,##0%", locale=locale)
    if unit == "times":
        return format_decimal(value, "#,##0.##×", locale=locale)
    if unit.startswith("money"):
        whole = scale >= WIDE
        return format_currency(
            value, currency, locale=locale, format=_WHOLE[locale.language] if whole else None,
            currency_digits=not whole,
        )  # fmt: skip
    for short, many, count, longer in _LONG:
        if unit == short and scale >= many:
            value, unit, scale = float(value) / count, longer, scale / count
    if unit in _UNITS:
        digits = 1 if abs(float(value)) >= 1 else 2
        return format_unit(round(float(value), digits), _UNITS[unit], "short", locale=locale)
    return format_decimal(value, "#,##0.##", locale=locale)
