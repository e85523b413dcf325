"""Text to types, as tables of what is read and what is not."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from pipelines.common.entities import Column
from pipelines.landing.values import NumberStyle, TimeStyle, typed

AMSTERDAM = TimeStyle((), "Europe/Amsterdam")
POINT = NumberStyle()
DUTCH = NumberStyle(",", ".")


def one(
    value: str | None, kind: str, numbers: NumberStyle = POINT, times: TimeStyle = AMSTERDAM
) -> Any:
    column = Column(name="x", type=kind)  # type: ignore[arg-type]
    series = typed(pl.Series("x", [value, None], dtype=pl.String), column, numbers, times)
    assert series.dtype == column.polars_type
    assert series[1] is None
    return series[0]


@pytest.mark.parametrize(
    ("text", "style", "expected"),
    [
        ("1234.56", NumberStyle(), "1234.5600"),
        ("-0.5", NumberStyle(), "-0.5000"),
        ("1e3", NumberStyle(), "1000.0000"),
        ("142.44000000000003", NumberStyle(), "142.4400"),
        ("1.234,56", NumberStyle(), None),
        ("1,234", NumberStyle(), None),
        ("1 234", NumberStyle(), None),
        ("€ 5", NumberStyle(), None),
        ("NaN", NumberStyle(), None),
        ("inf", NumberStyle(), None),
        ("123456789012345678", NumberStyle(), None),
        ("1.234,56", DUTCH, "1234.5600"),
        ("1.234.567", DUTCH, "1234567.0000"),
        ("1234,5", DUTCH, "1234.5000"),
        ("-12,5", DUTCH, "-12.5000"),
        ("1234.56", DUTCH, None),
        ("1.23", DUTCH, None),
        ("12.34.567", DUTCH, None),
        ("1,2,3", DUTCH, None),
        ("1,5", NumberStyle(","), "1.5000"),
        ("1.5", NumberStyle(","), None),
        ("1'234.5", NumberStyle(".", "'"), "1234.5000"),
        ("1 234,5", NumberStyle(",", " "), "1234.5000"),
    ],
)
def test_money_is_read_as_the_file_writes_it(
    text: str, style: NumberStyle, expected: str | None
) -> None:
    found = one(text, "money", style)
    assert found == (Decimal(expected) if expected else None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", 12),
        ("12.0", 12),
        ("-3", -3),
        ("12.5", None),
        ("1e2", None),
        ("x", None),
        ("0x1f", None),
    ],
)
def test_integer(text: str, expected: int | None) -> None:
    assert one(text, "integer") == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("1.5", 1.5), ("-.5", -0.5), ("nan", None), ("inf", None), ("1,5", None)]
)
def test_number(text: str, expected: float | None) -> None:
    assert one(text, "number") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", True),
        ("0", False),
        ("Ja", True),
        ("NEE", False),
        ("true", True),
        ("2", None),
        ("x", None),
    ],
)
def test_boolean(text: str, expected: bool | None) -> None:
    assert one(text, "boolean") is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-29", dt.date(2024, 2, 29)),
        ("2023-02-29", None),
        ("24-02-01", None),
        ("2024-2-1", None),
        ("01-02-2024", None),
        ("2024-02-01x", None),
        ("0001-01-01", None),
        ("2024-02-01 10:00", dt.date(2024, 2, 1)),
        ("2024-01-31T23:30:00Z", dt.date(2024, 2, 1)),
        ("20240201", None),
    ],
)
def test_date_is_iso_unless_a_format_says_otherwise(text: str, expected: dt.date | None) -> None:
    assert one(text, "date") == expected


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("3/22/2021", "%m/%d/%Y", dt.date(2021, 3, 22)),
        ("13/22/2021", "%m/%d/%Y", None),
        ("3/22/21", "%m/%d/%Y", None),
        ("3/22/21", "%m/%d/%y", dt.date(2021, 3, 22)),
        ("22-03-2021", "%d-%m-%Y", dt.date(2021, 3, 22)),
        ("2021-03-22", "%d-%m-%Y", None),
    ],
)
def test_date_formats(text: str, form: str, expected: dt.date | None) -> None:
    assert one(text, "date", times=TimeStyle((form,), "UTC")) == expected


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-02T03:04:05Z", utc(2024, 1, 2, 3, 4, 5)),
        ("2024-01-02T03:04:05.123456+01:00", utc(2024, 1, 2, 2, 4, 5, 123456)),
        ("2024-01-02 03:04:05+0100", utc(2024, 1, 2, 2, 4, 5)),
        ("2024-01-02T03:04:05.1234567Z", utc(2024, 1, 2, 3, 4, 5, 123456)),
        ("2024-01-02T03:04Z", utc(2024, 1, 2, 3, 4)),
        ("2024-01-02 03:04:05", utc(2024, 1, 2, 2, 4, 5)),
        ("2024-07-02 03:04", utc(2024, 7, 2, 1, 4)),
        ("2024-07-02", utc(2024, 7, 1, 22)),
        ("2024-10-27 02:30:00", utc(2024, 10, 27, 0, 30)),  # comes twice: the first
        ("2024-03-31 02:30:00", None),  # never was
        ("2024-02-30 10:00:00", None),
        ("2024-01-02 25:00:00", None),
        ("24-01-02 03:04:05", None),
        ("0024-01-02T03:04:05Z", None),
        ("yesterday", None),
    ],
)
def test_timestamp_is_an_instant(text: str, expected: dt.datetime | None) -> None:
    assert one(text, "timestamp") == expected


def test_timestamp_formats_are_tried_in_order() -> None:
    style = TimeStyle(("%d-%m-%Y %H:%M", "%d-%m-%Y", "%d/%m/%Y %H:%M %z"), "Europe/Amsterdam")
    assert one("02-07-2024 10:00", "timestamp", times=style) == utc(2024, 7, 2, 8)
    assert one("02-07-2024", "timestamp", times=style) == utc(2024, 7, 1, 22)
    assert one("02/07/2024 10:00 +0000", "timestamp", times=style) == utc(2024, 7, 2, 10)
    assert one("2024-07-02", "timestamp", times=style) is None


def test_timestamps_of_several_forms_in_one_column() -> None:
    texts = [
        "2024-01-02T03:04:05Z",
        "2024-01-02 03:04:05",
        None,
        "2024-01-02",
        "bad",
        "2024-01-02T03:04",
    ]
    column = Column(name="x", type="timestamp")
    found = typed(pl.Series("x", texts), column, NumberStyle(), TimeStyle((), "UTC"))
    assert found.is_null().to_list() == [False, False, True, False, True, False]


def test_currency_is_in_capitals() -> None:
    assert one("eur", "currency") == "EUR"
