"""Sales figures against values computed by hand from ``rows.json``."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

FEBRUARY = {"period_grain": "month", "period_start": date(2026, 2, 1)}


def test_win_rate_of_a_month_counts_what_closed_in_it(built: Any, one: Any) -> None:
    # D1 closed on 31 January in UTC and on 1 February in Amsterdam.
    month = one(built.first["kpi_sales_monthly"], **FEBRUARY)
    assert (month["win_rate_numerator"], month["win_rate_denominator"]) == (3, 5)
    assert month["win_rate"] == pytest.approx(0.6)


def test_amounts_are_converted_by_the_rate_of_their_day(built: Any, one: Any) -> None:
    # 100 EUR and 200 USD at 0.5; the amount in XTS has no rate and is left out, not zero.
    month = one(built.first["kpi_sales_monthly"], **FEBRUARY)
    assert month["won_revenue"] == Decimal(200)
    assert month["avg_deal_size"] == pytest.approx(100)
    assert month["win_rate_value"] == pytest.approx(200 / 230)
    assert month["currency"] == "EUR"


def test_rows_left_out_are_counted_with_their_reason(built: Any, one: Any) -> None:
    month = one(built.first["kpi_sales_monthly"], **FEBRUARY)
    reasons = {k: v for k, v in month.items() if k.startswith("excluded_") and v}
    assert reasons == {
        "excluded_rate_missing": 1,
        "excluded_closed_before_start": 1,
        "excluded_rows": 2,
    }


def test_cycle_is_measured_from_the_engagement(built: Any, one: Any) -> None:
    # Won cycles of 19, 10 and 1 days; the lost deal that closed before it began has none.
    month = one(built.first["kpi_sales_monthly"], **FEBRUARY)
    assert month["sales_cycle_days_median"] == pytest.approx(10)
    assert month["sales_cycle_days_mean"] == pytest.approx(10)
    assert (month["lost_cycle_days_mean"], month["lost_cycle_days_mean_denominator"]) == (9, 1)


def test_cohort_counts_deals_by_their_creation(built: Any, one: Any) -> None:
    month = one(built.first["kpi_sales_monthly"], **FEBRUARY)
    assert (month["cohort_win_rate_numerator"], month["cohort_win_rate_denominator"]) == (1, 3)
    assert month["cohort_open"] == 1


def test_last_hour_of_march_belongs_to_april_after_the_clock_changed(built: Any, one: Any) -> None:
    april = one(
        built.first["kpi_sales_monthly"], period_grain="month", period_start=date(2026, 4, 1)
    )
    assert april["won_revenue"] == Decimal(80)


def test_quarter_has_its_own_figures(built: Any, one: Any) -> None:
    quarter = one(
        built.first["kpi_sales_monthly"], period_grain="quarter", period_start=date(2026, 1, 1)
    )
    assert (quarter["won_deals"], quarter["lost_deals"]) == (4, 2)
    assert quarter["won_revenue"] == Decimal(240)


def test_month_of_losses_has_a_rate_of_zero_and_revenue_of_zero(built: Any, one: Any) -> None:
    month = one(
        built.first["kpi_sales_monthly"], period_grain="month", period_start=date(2025, 11, 1)
    )
    assert (month["win_rate"], month["won_revenue"]) == (0, 0)
    assert month["avg_deal_size"] is None


def test_seller_without_deals_has_a_row_without_a_rate(built: Any, one: Any) -> None:
    sellers = [r for r in built.first["kpi_sales_rep_monthly"] if r["period_grain"] == "all"]
    assert {r["user_key"] for r in sellers} == {"u1", "u2", "u3"}
    idle = one(sellers, user_key="u3")
    assert (idle["win_rate"], idle["won_deals"], idle["is_suppressed"]) == (None, 0, False)


def test_seller_with_only_won_deals_has_a_rate_of_one(built: Any, one: Any) -> None:
    # A known package gave such a seller 0.
    seller = one(built.first["kpi_sales_rep_monthly"], period_grain="all", user_key="u2")
    assert seller["win_rate"] == 1


def test_won_deal_without_a_close_date_counts_over_all_time_with_its_reason(
    built: Any, one: Any
) -> None:
    seller = one(built.first["kpi_sales_rep_monthly"], period_grain="all", user_key="u1")
    assert seller["excluded_close_missing"] == 1
    assert seller["win_rate_denominator"] == 10


def test_deal_without_an_account_stays(built: Any, one: Any) -> None:
    assert one(built.first["fct_deals"], deal_id="t/D6")["account_key"] is None
    assert len(built.first["fct_deals"]) == 12 + 12
