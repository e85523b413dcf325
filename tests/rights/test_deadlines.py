from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.common.errors import UsageError
from pipelines.rights import deadlines


@pytest.mark.parametrize(
    ("received", "due"),
    [
        ("2026-08-31", "2026-09-30"),  # no 31 September
        ("2026-07-15", "2026-08-17"),  # a Saturday, so Monday
        ("2026-08-13", "2026-09-14"),  # a Sunday
        ("2026-11-25", "2026-12-28"),  # Christmas, Boxing Day, a Sunday
        ("2026-03-03", "2026-04-07"),  # Good Friday, the weekend, Easter Monday
        ("2026-03-27", "2026-04-28"),  # King's Day
        ("2024-01-31", "2024-02-29"),  # a leap year
        ("2026-01-31", "2026-03-02"),  # 28 February is a Saturday
        ("2023-01-30", "2023-02-28"),
        ("2026-12-01", "2027-01-04"),  # New Year's Day, Saturday, Sunday: 1 January 2027 is a Friday
        ("2024-02-29", "2024-03-29"),
        ("2026-06-10", "2026-07-10"),
    ],
)  # fmt: skip
def test_answer_is_due_a_month_after_receipt(received: str, due: str) -> None:
    day = deadlines.due_on(date.fromisoformat(received), "NL")
    if received == "2024-02-29":  # 29 March 2024 is Good Friday
        assert day == date(2024, 4, 2)
    else:
        assert day == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("received", "due"),
    [("2026-08-31", "2026-11-30"), ("2025-11-30", "2026-03-02"), ("2026-09-25", "2026-12-28")],
)
def test_extension_runs_to_three_months_from_receipt(received: str, due: str) -> None:
    day = deadlines.due_on(date.fromisoformat(received), "NL", is_extended=True)
    assert day == date.fromisoformat(due)


def test_holidays_are_those_of_the_country() -> None:
    assert deadlines.due_on(date(2026, 3, 27), "NL") == date(2026, 4, 28)
    assert deadlines.due_on(date(2026, 3, 27), "DE") == date(2026, 4, 27)
    with pytest.raises(UsageError) as error:
        deadlines.due_on(date(2026, 3, 27), "ZZ")
    assert error.value.code == "country_unknown"


def test_only_a_prompt_question_stops_the_clock() -> None:
    received = date(2026, 6, 1)
    assert deadlines.pauses(received, received + timedelta(deadlines.PROMPT_DAYS))
    assert not deadlines.pauses(received, received + timedelta(deadlines.PROMPT_DAYS + 1))
    assert deadlines.due_on(received, "NL", paused_days=4) == date(2026, 7, 6)


@given(st.dates(date(2020, 1, 1), date(2040, 12, 31)), st.integers(0, 20))
def test_deadline_is_a_working_day_near_the_end_of_its_months(received: date, paused: int) -> None:
    due = deadlines.due_on(received, "NL", paused_days=paused)
    extended = deadlines.due_on(received, "NL", paused_days=paused, is_extended=True)
    assert due.weekday() < 5
    assert 28 <= (due - received).days - paused <= 31 + 5
    assert due < extended
