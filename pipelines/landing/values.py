"""From text to the types of canonical columns: what does not parse becomes null, and is found out.

Owns the written forms that are accepted. Nothing is guessed: two-digit years, Dutch separators and
days before months are read only where the mapping says so.

Privacy: values in and out; no function here raises with a value.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl
from polars.exceptions import PolarsError

from pipelines.common.entities import Column

_TRUE = ("true", "1", "yes", "y", "t", "ja", "j", "waar")
_FALSE = ("false", "0", "no", "n", "f", "nee", "onwaar")
_ZONED = r"(?:[Zz]|[+-]\d{2}:?\d{2})$"
_TIMESTAMPS = (
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
)
_FOUR_DIGIT_YEAR = r"^\d{4}-\d{2}-\d{2}"


class NumberStyle(NamedTuple):
    """How a file writes numbers."""

    decimal: str = "."
    thousands: str = ""


ISO_FORMATS = (*_TIMESTAMPS, "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S%.f%#z")
"""What typed cells of Excel and Parquet look like as text, whatever formats a mapping names."""


class TimeStyle(NamedTuple):
    """How a file writes times: strftime formats in order (ISO 8601 when none), and its zone."""

    formats: tuple[str, ...] = ()
    zone: str = "UTC"


def typed(text: pl.Series, column: Column, numbers: NumberStyle, times: TimeStyle) -> pl.Series:
    """Values of a canonical column from text that is trimmed and has null where it is empty.

    Returns:
        A series of the column's Polars type; null where the text is null or does not parse, so
        that failures are where the text is not null and the result is.
    """
    match column.type:
        case "integer":
            return _integers(text, numbers)
        case "number":
            return _floats(_plain_numbers(text, numbers))
        case "money":
            return _money(_plain_numbers(text, numbers), column.polars_type)
        case "boolean":
            return _booleans(text)
        case "date":
            return _dates(text, times)
        case "timestamp":
            return _timestamps(text, times)
        case "currency":
            return text.str.to_uppercase()
        case _:
            return text


def _plain_numbers(text: pl.Series, style: NumberStyle) -> pl.Series:
    """Numbers with a point and without thousands; null where they are written otherwise."""
    if style == NumberStyle():
        return text
    decimal, thousands = f"\\{style.decimal}", f"\\{style.thousands}" if style.thousands else ""
    whole = rf"(?:\d{{1,3}}(?:{thousands}\d{{3}})+|\d+)" if thousands else r"\d+"
    pattern = rf"^[+-]?(?:{whole}(?:{decimal}\d*)?|{decimal}\d+)(?:[eE][+-]?\d+)?$"
    plain = text.set(~text.str.contains(pattern).fill_null(True), None)
    if style.thousands:
        plain = plain.str.replace_all(style.thousands, "", literal=True)
    return plain.str.replace_all(style.decimal, ".", literal=True)


def _floats(text: pl.Series) -> pl.Series:
    values = text.cast(pl.Float64, strict=False)
    return values.set(~values.is_finite().fill_null(True), None)


def _integers(text: pl.Series, style: NumberStyle) -> pl.Series:
    plain = _plain_numbers(text, style)
    values = plain.cast(pl.Int64, strict=False)
    if values.null_count() > text.null_count():
        # 12.0 is how spreadsheets and data frames write a whole number.
        values = plain.str.replace(r"\.0+$", "").cast(pl.Int64, strict=False)
    return values


def _money(text: pl.Series, dtype: pl.DataType) -> pl.Series:
    # More than four decimals are rounded (exports of floats); NaN and infinity do not parse.
    return text.cast(dtype, strict=False)


def _booleans(text: pl.Series) -> pl.Series:
    lower = text.str.to_lowercase()
    is_true, is_false = lower.is_in(_TRUE), lower.is_in(_FALSE)
    return is_true.set(~(is_true | is_false), None)


def _dates(text: pl.Series, times: TimeStyle) -> pl.Series:
    if times.formats:
        return _first_parse(text, times.formats).cast(pl.Date)
    values = _sane_years(_iso_only(text).str.to_date("%Y-%m-%d", strict=False))
    if values.null_count() > text.null_count():
        instants = _timestamps(text.set(values.is_not_null(), None), times)
        values = values.fill_null(instants.dt.convert_time_zone(times.zone).dt.date())
    return values


def _timestamps(text: pl.Series, times: TimeStyle) -> pl.Series:
    dtype = pl.Datetime("us", "UTC")
    if times.formats:
        zoned = tuple(f for f in times.formats if "%z" in f or "%#z" in f or "%:z" in f)
        naive = tuple(f for f in times.formats if f not in zoned)
        local = _in_zone(_first_parse(text, naive), times.zone)
        missing = local.is_null() & text.is_not_null()
        if zoned and missing.any():
            for form in zoned:
                local = local.fill_null(_sane_years(_zoned(text, form)))
        return local.cast(dtype)
    if text.null_count() == len(text):
        return pl.Series(text.name, [None] * len(text), dtype=dtype)
    iso = _iso_only(text)
    values = _zoned(iso, "%Y-%m-%dT%H:%M:%S%.f%#z")
    if values.null_count() > text.null_count():
        local = _first_parse(iso.set(values.is_not_null(), None), (*_TIMESTAMPS, "%Y-%m-%d"))
        values = values.fill_null(_in_zone(local, times.zone))
    for form in ("%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z", "%Y-%m-%d %H:%M%#z"):
        if values.null_count() > text.null_count():
            values = values.fill_null(_zoned(iso.set(values.is_not_null(), None), form))
    return _sane_years(values)


def _iso_only(text: pl.Series) -> pl.Series:
    """Null where there is no year of four digits: Polars would read ``24-01-02`` as the year 24."""
    return text.set(~text.str.contains(_FOUR_DIGIT_YEAR).fill_null(True), None)


def _first_parse(text: pl.Series, formats: tuple[str, ...]) -> pl.Series:
    """Local times by the first format that fits; a format without a clock gives midnight."""
    values = pl.Series(text.name, [None] * len(text), dtype=pl.Datetime("us"))
    for form in formats:
        waiting = text.set(values.is_not_null(), None)
        if waiting.null_count() == len(waiting):
            break
        values = values.fill_null(_local(waiting, form))
    return _sane_years(values)


def _local(text: pl.Series, form: str) -> pl.Series:
    has_clock = any(token in form for token in ("%H", "%I", "%T", "%R", "%X", "%s"))
    try:
        if has_clock:
            return text.str.to_datetime(form, strict=False, time_unit="us")
        return text.str.to_date(form, strict=False).cast(pl.Datetime("us"))
    except PolarsError:
        return pl.Series(text.name, [None] * len(text), dtype=pl.Datetime("us"))


def _zoned(text: pl.Series, form: str) -> pl.Series:
    dtype = pl.Datetime("us", "UTC")
    if text.null_count() == len(text):
        return pl.Series(text.name, [None] * len(text), dtype=dtype)
    try:
        return text.str.to_datetime(form, strict=False, time_unit="us", time_zone="UTC")
    except PolarsError:
        return pl.Series(text.name, [None] * len(text), dtype=dtype)


def _in_zone(local: pl.Series, zone: str) -> pl.Series:
    """Instants of local times: the first of an hour that comes twice, null for one that never was."""
    placed = local.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    return placed.dt.convert_time_zone("UTC")


def _sane_years(values: pl.Series) -> pl.Series:
    years = values.dt.year()
    return values.set(((years < 1000) | (years > 9999)).fill_null(False), None)
