"""The past keeps its figures, and small cells cannot be had by subtraction."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest


def _period(rows: list[dict[str, Any]], grain: str, start: date) -> dict[str, Any]:
    (found,) = [r for r in rows if (r["period_grain"], r["period_start"]) == (grain, start)]
    return found


def test_closed_period_keeps_its_figures_after_its_deals_are_gone(built: Any) -> None:
    key = ("month", date(2026, 2, 1))
    before = _period(built.first["kpi_sales_monthly"], *key)
    after = _period(built.second["kpi_sales_monthly"], *key)
    assert before["is_sealed"]
    assert after == before


def test_changed_amount_does_not_reach_a_closed_period(built: Any) -> None:
    # D11 of May was corrected after May had closed, and nobody asked for a restatement.
    may = _period(built.second["kpi_sales_monthly"], "month", date(2026, 5, 1))
    assert (may["won_revenue"], may["sealed_version"]) == (Decimal(160), 1)


def test_open_period_is_computed_and_sealed_once_it_closes(built: Any) -> None:
    key = ("month", date(2026, 6, 1))
    assert not _period(built.first["kpi_sales_monthly"], *key)["is_sealed"]
    assert _period(built.second["kpi_sales_monthly"], *key)["is_sealed"]


def test_restatement_is_a_new_version_with_its_reason(built: Any) -> None:
    march = _period(built.second["kpi_sales_monthly"], "month", date(2026, 3, 1))
    assert (march["won_revenue"], march["sealed_version"]) == (Decimal(999), 2)
    versions = [
        (r["version"], r["won_revenue"], r["reason"])
        for r in built.second["sealed_kpi_sales_monthly"]
        if (r["period_grain"], r["period_start"]) == ("month", date(2026, 3, 1))
    ]
    assert sorted(versions) == [
        (1, Decimal(40), "period closed"),
        (2, Decimal(999), "the dealer's correction"),
    ]


@pytest.mark.parametrize(
    ("grain", "start", "is_suppressed"),
    [
        ("month", date(2024, 2, 1), True),  # three persons
        ("month", date(2024, 1, 1), True),  # or the quarter would give February away
        ("month", date(2024, 3, 1), False),
        ("quarter", date(2024, 1, 1), False),
        ("year", date(2024, 1, 1), False),
        ("month", date(2023, 1, 1), True),  # five persons
        ("month", date(2023, 2, 1), True),  # six others
        ("month", date(2023, 4, 1), True),  # four persons, the whole quarter
        ("quarter", date(2023, 4, 1), True),
        ("month", date(2023, 3, 1), True),  # or the year would give the second quarter away
        ("quarter", date(2023, 1, 1), True),
        ("year", date(2023, 1, 1), False),
        ("month", date(2026, 6, 1), True),  # three persons
        ("month", date(2026, 5, 1), False),  # twelve, and sealed when June was not yet over
        ("quarter", date(2026, 4, 1), True),  # so the quarter has to go
        ("year", date(2026, 1, 1), True),  # and the year
        ("month", date(2022, 5, 1), True),  # or all time would give June away
        ("quarter", date(2022, 4, 1), True),
        ("year", date(2022, 1, 1), True),
    ],
)
def test_small_cells_are_suppressed_and_what_would_give_them_away(
    built: Any, grain: str, start: date, is_suppressed: bool
) -> None:
    period = _period(built.second["kpi_sales_monthly"], grain, start)
    assert period["is_suppressed"] is is_suppressed
    assert (period["won_revenue"] is None) is is_suppressed
    assert (period["win_rate_denominator"] is None) is is_suppressed


def test_seal_holds_no_figure_of_a_suppressed_period(built: Any) -> None:
    suppressed = [r for r in built.second["sealed_kpi_sales_monthly"] if r["is_suppressed"]]
    assert suppressed
    kept = {"period_grain", "period_start", "period_end", "currency", "is_suppressed", "version",
            "sealed_at", "reason", "suppressed_figures"}  # fmt: skip
    assert not [k for r in suppressed for k, v in r.items() if v is not None and k not in kept]


def test_sellers_do_not_add_up_to_a_suppressed_total(built: Any) -> None:
    sellers = built.second["kpi_sales_rep_monthly"]
    june = [
        r for r in sellers if (r["period_grain"], r["period_start"]) == ("month", date(2026, 6, 1))
    ]
    assert june
    assert all(r["is_suppressed"] and r["won_revenue"] is None for r in june)
    assert not any(r["is_suppressed"] for r in sellers if r["period_grain"] == "all")


def test_support_of_a_closed_quarter_keeps_its_figures_after_a_ticket_is_gone(built: Any) -> None:
    key = ("quarter", date(2026, 1, 1))
    before = _period(built.first["kpi_support_monthly"], *key)
    assert before["is_sealed"]
    assert before["tickets_created"] == 5 + 12
    assert len(built.second["fct_tickets"]) == len(built.first["fct_tickets"]) - 1
    assert _period(built.second["kpi_support_monthly"], *key) == before


def test_sellers_of_a_closed_month_keep_their_figures_after_their_deals_are_gone(
    built: Any,
) -> None:
    def february(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        found = [r for r in rows if (r["period_grain"], r["period_start"]) == key]
        return sorted(found, key=lambda row: row["user_key"])

    key = ("month", date(2026, 2, 1))
    before = february(built.first["kpi_sales_rep_monthly"])
    assert before
    assert all(row["is_sealed"] for row in before)
    assert february(built.second["kpi_sales_rep_monthly"]) == before


def test_all_time_of_sellers_is_never_sealed(built: Any) -> None:
    total = [r for r in built.second["kpi_sales_rep_monthly"] if r["period_grain"] == "all"]
    assert total
    assert not any(row["is_sealed"] for row in total)
