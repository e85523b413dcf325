"""Campaign KPIs against the oracle, on CRMs made to be awkward; and known mistakes of others."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from tests.oracle import campaigns as oracle
from tests.oracle.attribution_months import months
from tests.oracle.campaign_strategies import campaigns
from tests.oracle.project import Project, Rows
from tests.oracle.rules import differences
from tests.oracle.strategies import AS_OF, crm

TABLES = (
    "kpi_campaign", "kpi_campaign_monthly", "kpi_campaign_daily", "kpi_campaign_links",
    "kpi_attribution_monthly", "fct_attribution",
)  # fmt: skip


def expected(rows: Rows, as_of: Any, lifetime_values: Any = None) -> dict[str, Any]:
    """By table the rows of the oracle, and what names a row."""
    periods = oracle.periods(rows, as_of, lifetime_values)
    return {
        "kpi_campaign": (oracle.campaigns(rows, as_of), ["campaign_id"]),
        "kpi_campaign_monthly": (periods, ["period_grain", "period_start"]),
        "kpi_campaign_daily": (oracle.days(rows), ["campaign_id", "day"]),
        "kpi_campaign_links": (oracle.links(rows), ["campaign_id", "link"]),
        "kpi_attribution_monthly": (
            months(rows, as_of), ["period_start", "channel", "attribution_model"],
        ),
    }  # fmt: skip


def faults_of(rows: Rows, tables: Rows, as_of: Any) -> list[str]:
    """What differs, by table, key and column."""
    return [
        f"{name} {fault}"
        for name, (wanted, keys) in expected(rows, as_of).items()
        for fault in differences(tables[name], wanted, keys)
    ]


@settings(max_examples=25, deadline=None, derandomize=True, phases=[Phase.generate])
@given(rows=crm(campaigns))
def test_campaigns_of_adversarial_crms(project: Project, rows: Rows) -> None:
    tables = project.run(rows, AS_OF, *TABLES)
    assert not faults_of(rows, tables, AS_OF)[:8]
    for model in ("first_touch", "last_touch", "linear", "shapley", "markov"):
        mine = [r for r in tables["kpi_attribution_monthly"] if r["attribution_model"] == model]
        whole = [r[f"revenue_{model}"] for r in tables["fct_attribution"]]
        assert sum(r["attributed_revenue"] or 0 for r in mine) == sum(x for x in whole if x)
        assert sum(r["attributed_conversions"] for r in mine) == pytest.approx(
            sum(r["position"] == 1 for r in tables["fct_attribution"])
        )


def _one_campaign(**more: Any) -> Rows:
    """Ten sends of one campaign in March, to persons without consent to tracking."""
    person = [f"p{number}" for number in range(10)]
    at = AS_OF.replace(month=3, day=2)
    return {
        "subjects": [{"subject_key": p, "kind": "contact", "subject_bucket": 1} for p in person],
        "campaigns": [{"record_key": "c", "name": "c", "channel": "email", "starts_at": at}],
        "campaign_events": [
            {"record_key": f"s{p}", "campaign_id": "c", "customer_key": p, "event_type": "sent",
             "occurred_at": at}
            for p in person
        ],
        "costs": [{"record_key": "k", "kind": "marketing", "campaign_id": "c", "amount": Decimal(50),
                   "cost_date": date(2026, 3, 3), "currency": "EUR"}],
    } | more  # fmt: skip


def test_spend_without_a_conversion_stays_in_roas(project: Project) -> None:
    # Known mistake of others: they joined conversions to spend and lost what had none.
    tables = project.run(_one_campaign(), AS_OF, *TABLES)
    (campaign,) = tables["kpi_campaign"]
    march = next(r for r in tables["kpi_campaign_monthly"] if r["period_grain"] == "month")
    channels = tables["kpi_attribution_monthly"]
    assert (campaign["roas"], campaign["roas_denominator"], campaign["roi"]) == (0, 50, -1)
    assert (march["roas"], march["cost_per_conversion"]) == (0, None)
    assert {(r["channel"], r["roas"], r["cost"]) for r in channels} == {("email", 0, 50)}
    assert len(channels) == 7


def test_bounces_come_from_bounces_and_roi_from_money(project: Project) -> None:
    # Known mistake of others: they took the bounce rate to be one less the click rate, and ROI from it.
    rows = _one_campaign()
    at = AS_OF.replace(month=3, day=3)
    rows["campaign_events"] += [
        {"record_key": f"c{n}", "campaign_id": "c", "customer_key": f"p{n}", "event_type": "click",
         "occurred_at": at}
        for n in range(4)
    ] + [{"record_key": "b", "campaign_id": "c", "customer_key": "p9", "event_type": "bounce_hard",
          "occurred_at": at}]  # fmt: skip
    (campaign,) = project.run(rows, AS_OF, *TABLES)["kpi_campaign"]
    assert campaign["bounce_rate"] == 0.1
    assert campaign["click_rate"] == pytest.approx(4 / 9)
    assert campaign["roi"] == -1  # nothing was sold, whatever was clicked


def test_rate_of_a_period_is_a_ratio_of_sums(project: Project) -> None:
    # Known mistake of others: they averaged the campaigns' rates: (1 + 0) / 2 instead of 1 of 11.
    rows = _one_campaign()
    at = AS_OF.replace(month=3, day=2)
    rows["campaigns"].append({"record_key": "d", "name": "d", "channel": "email", "starts_at": at})
    rows["campaign_events"] += [
        {"record_key": kind, "campaign_id": "d", "customer_key": "p0", "event_type": kind,
         "occurred_at": at + timedelta(hours=hours)}
        for hours, kind in enumerate(("sent", "open"))
    ]  # fmt: skip
    tables = project.run(rows, AS_OF, *TABLES)
    assert sorted(r["open_rate"] for r in tables["kpi_campaign"]) == [0, 1]
    rates = [r["open_rate"] for r in tables["kpi_campaign_monthly"]]
    assert rates == pytest.approx([1 / 11] * 4)
