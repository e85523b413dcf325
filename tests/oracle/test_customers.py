"""Scores of customers against the oracle, and whom they leave out."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hypothesis import Phase, given, settings

from tests.analytics.simulated import purchases_of
from tests.oracle import clv, customers, profiles, segments
from tests.oracle.project import Project, Rows
from tests.oracle.rules import differences
from tests.oracle.strategies import AS_OF, activity, crm, purchases, sales


@settings(max_examples=20, deadline=None, derandomize=True, phases=[Phase.generate])
@given(rows=crm(sales, purchases))
def test_scores_of_adversarial_crms(project: Project, rows: Rows) -> None:
    tables = project.run(rows, AS_OF, "customer_rfm", "customer_churn")
    faults = [
        *differences(tables["customer_rfm"], customers.rfm(rows, AS_OF), ["customer_key"]),
        *differences(tables["customer_churn"], customers.churn(rows, AS_OF), ["customer_key"]),
    ]
    assert not faults[:8]
    scored = {row["customer_key"] for table in tables.values() for row in table}
    young = {
        row["customer_key"]
        for row in rows["contacts"]
        if row["birth_year"] and row["birth_year"] >= 2008 and not rows["subject_links"]
    }
    assert not scored & young


@settings(max_examples=20, deadline=None, derandomize=True, phases=[Phase.generate])
@given(rows=crm(sales, purchases))
def test_purchases_of_adversarial_crms(project: Project, rows: Rows) -> None:
    tables = project.run(rows, AS_OF, "int_customer_purchases", "customer_clv")
    told = clv.histories(rows, AS_OF)
    assert not differences(
        tables["int_customer_purchases"], told, ["snapshot", "customer_key"]
    )[:8]  # fmt: skip
    # Six persons are too few for a model: they stand there without a value.
    now = {person for snapshot, person in told if snapshot == "now"}
    assert {row["customer_key"] for row in tables["customer_clv"]} == now
    assert not [row for row in tables["customer_clv"] if row["clv"] is not None]


def _orders_of_simulated_customers(count: int) -> Rows:
    """Source rows of customers who buy and leave as the model says; each has margins of its own."""
    bought, ages = purchases_of(count)
    keys = [f"simulated{number}" for number in range(count)]
    orders = []
    for number, (weeks, age) in enumerate(zip(bought, ages, strict=True)):
        first = AS_OF - timedelta(weeks=float(age), hours=2)
        for place, week in enumerate([0.0, *weeks]):
            margin = Decimal(20 + number % 50 + (place * 7 + number) % 11)
            orders.append(
                {"customer_key": keys[number], "ordered_at": first + timedelta(weeks=float(week)),
                 "amount": 2 * margin, "margin": None if number % 13 == 5 else margin}
            )  # fmt: skip
    return {
        "subjects": [
            {"subject_key": key, "kind": "contact", "subject_bucket": 1, "staff_alias": None}
            for key in keys
        ],
        "contacts": [{"customer_key": key} for key in keys],
        "orders": [order | {"status": None, "currency": None} for order in orders],
    }


def test_lifetime_value_of_simulated_customers(project: Project) -> None:
    rows = _orders_of_simulated_customers(400)
    tables = project.run(rows, AS_OF, "sealed_customer_clv_models", "customer_clv")
    (model,) = tables["sealed_customer_clv_models"]
    assert model["state"] == "fitted"
    expected = clv.values(rows, AS_OF, model)
    assert expected
    assert not clv.differences(tables["customer_clv"], expected)[:8]


@settings(max_examples=25, deadline=None, derandomize=True, phases=[Phase.generate])
@given(rows=crm(sales, purchases, activity))
def test_profiles_and_retention_of_adversarial_crms(project: Project, rows: Rows) -> None:
    tables = project.run(
        rows, AS_OF, "customer_360", "account_360", "kpi_revenue_retention_monthly"
    )  # fmt: skip
    month = tables["kpi_revenue_retention_monthly"]
    faults = [
        *differences(
            tables["customer_360"], profiles.customer_360(rows, AS_OF), ["customer_key"]
        ),
        *differences(tables["account_360"], profiles.account_360(rows), ["account_key"]),
        *differences(month, profiles.retention(rows, AS_OF), ["period_start"]),
    ]  # fmt: skip
    assert not faults[:8]


@settings(max_examples=15, deadline=None, derandomize=True, phases=[Phase.generate])
@given(rows=crm(sales, purchases))
def test_segments_and_cohorts_of_adversarial_crms(project: Project, rows: Rows) -> None:
    tables = project.run(rows, AS_OF, "kpi_customer_segments_monthly", "kpi_cohorts_monthly")
    shown = [
        row for row in tables["kpi_customer_segments_monthly"] if row["segment_kind"] != "clv_band"
    ]  # fmt: skip
    key = ["period_start", "segment_kind", "segment"]
    cohorts = segments.cohorts(rows, AS_OF)
    faults = [
        *differences(shown, segments.segments(rows, AS_OF), key),
        *differences(tables["kpi_cohorts_monthly"], cohorts, ["period_start", "cohort_start"]),
    ]
    assert not faults[:8]
