"""Support figures, and the customer in one row, against values computed by hand."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.conftest import FIRST_AS_OF
from tests.oracle.project import compiled


@pytest.fixture(scope="module")
def periods(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The rows made by hand, of which nothing is hidden: they are about one person."""
    base = tmp_path_factory.getbasetemp()
    project = compiled(base.parent if base.name.startswith("popen-") else base)
    rows = json.loads((Path(__file__).parent / "rows.json").read_text(encoding="utf-8"))
    return project.run(rows, FIRST_AS_OF, "kpi_support_monthly")["kpi_support_monthly"]


@pytest.fixture(scope="module")
def march(periods: list[dict[str, Any]], one: Any) -> dict[str, Any]:
    found: dict[str, Any] = one(periods, period_grain="month", period_start=date(2026, 3, 1))
    return found


def test_first_response_is_the_first_agents_message(
    march: dict[str, Any], built: Any, one: Any
) -> None:
    # T1 was answered by a robot after five minutes and by an agent after sixty.
    assert one(built.first["fct_tickets"], ticket_id="t/T1")["first_response_minutes"] == 60
    assert march["first_response_tickets"] == 3
    assert march["first_response_minutes_median"] == pytest.approx(60)


def test_first_and_full_resolution_are_apart(built: Any, one: Any) -> None:
    ticket = one(built.first["fct_tickets"], ticket_id="t/T1")
    assert (ticket["first_resolution_hours"], ticket["full_resolution_hours"]) == (5, 10)


def test_unanswered_counts_tickets_without_an_agents_message(march: dict[str, Any]) -> None:
    # T3; the cancelled T5 waits for nobody.
    assert march["tickets_unanswered"] == 1


def test_sla_counts_business_hours_and_leaves_the_cancelled_out(march: dict[str, Any]) -> None:
    # T6 came in on Friday at 16:30 and was answered on Monday at 9:20, over the clock change.
    assert (march["sla_attainment_numerator"], march["sla_attainment_denominator"]) == (2, 4)


def test_reopened_and_escalated_are_counted_over_tickets_and_cycles(march: dict[str, Any]) -> None:
    assert (march["reopen_rate_numerator"], march["reopen_rate_denominator"]) == (1, 3)
    assert (march["escalation_rate_numerator"], march["escalation_rate_denominator"]) == (1, 6)


def test_csat_is_of_the_answered_and_response_of_the_asked(march: dict[str, Any]) -> None:
    # Q4 was asked in March and answered in April: both halves of a rate belong to the month of
    # asking, or the rate of a month with few surveys passes one.
    assert march["csat"] == pytest.approx(1 / 2)
    assert march["csat_response_rate"] == pytest.approx(3 / 4)


def test_ticket_resolved_before_its_response_is_left_out_with_a_reason(
    march: dict[str, Any], built: Any, one: Any
) -> None:
    assert march["excluded_resolved_before_first_response"] == 1
    assert one(built.first["fct_tickets"], ticket_id="t/T4")["first_resolution_hours"] is None


def test_ticket_without_a_creation_counts_over_all_time(
    periods: list[dict[str, Any]], one: Any
) -> None:
    total = one(periods, period_grain="all")
    assert (total["tickets_created"], total["tickets_undated"], total["excluded_rows"]) == (6, 1, 1)


def test_period_about_one_person_of_a_company_is_hidden(built: Any, one: Any) -> None:
    # All tickets of March are p7's, who asked for a company.
    hidden = one(
        built.first["kpi_support_monthly"], period_grain="month", period_start=date(2026, 3, 1)
    )
    assert hidden["is_suppressed"]
    assert hidden["tickets_created"] is None


def test_customer_has_everything_in_one_row(built: Any, one: Any) -> None:
    customer = one(built.first["customer_360"], customer_key="p7")
    assert (customer["interactions"], customer["email_interactions"]) == (2, 1)
    assert (customer["orders"], customer["revenue"], customer["margin"]) == (1, 100, 40)
    assert (customer["campaigns_received"], customer["campaigns_clicked"]) == (1, 1)
    assert (customer["tickets"], customer["csat"]) == (6, pytest.approx(2 / 3))
    assert customer["lifecycle_stage"] == "customer"


def test_person_of_whom_nothing_is_known_has_a_row(built: Any, one: Any) -> None:
    assert one(built.first["customer_360"], customer_key="h10")["lifecycle_stage"] == "silent"
