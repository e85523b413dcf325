"""Campaign figures against values computed by hand from ``rows.json``."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from math import sqrt
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.conftest import FIRST_AS_OF, _people
from tests.oracle.project import Rows, compiled

Figures = Callable[..., dict[str, Any]]


@pytest.fixture(scope="session")
def figures(one: Any, tmp_path_factory: pytest.TempPathFactory) -> Figures:
    """The first campaign's figures with nothing hidden, whatever rows are added."""
    project = compiled(tmp_path_factory.mktemp("counted"))
    rows = json.loads((Path(__file__).parent / "rows.json").read_text(encoding="utf-8"))

    def run(**more: list[dict[str, Any]]) -> dict[str, Any]:
        given: Rows = {}
        people = _people(2026, 3, "p", 13) | {"deals": []}
        for part in (rows, people, _people(2026, 5, "m", 12), more):
            given = {k: [*given.get(k, ()), *part.get(k, ())] for k in given.keys() | part.keys()}
        table = project.run(given, FIRST_AS_OF, "kpi_campaign")["kpi_campaign"]
        found: dict[str, Any] = one(table, campaign_id="t/C1")
        return found

    return run


@pytest.fixture(scope="session")
def campaign(figures: Figures) -> dict[str, Any]:
    return figures()


def test_delivered_leaves_out_hard_final_soft_and_dropped_sends(campaign: dict[str, Any]) -> None:
    # p2's soft bounce was delivered later; p13 was dropped without ever being sent.
    assert (campaign["sent"], campaign["bounced"], campaign["delivered"]) == (12, 2, 9)
    assert campaign["delivery_rate"] == pytest.approx(9 / 12)


def test_machines_count_in_the_raw_rate_only(campaign: dict[str, Any]) -> None:
    # A proxy's open, a scanner's five clicks in a second and a robot's four are no human's.
    assert (campaign["machine_opens"], campaign["machine_clicks"]) == (1, 9)
    assert (campaign["open_rate_numerator"], campaign["open_rate_raw_numerator"]) == (2, 5)
    assert campaign["click_rate"] == pytest.approx(1 / 9)
    assert campaign["click_to_open_rate"] == pytest.approx(1 / 2)


def test_conversion_window_is_half_open(campaign: dict[str, Any]) -> None:
    # One order a second before the thirty days are over counts, one on the dot does not.
    assert campaign["conversion_rate_numerator"] == 2
    assert campaign["conversion_rate"] == pytest.approx(2 / 9)


def test_roi_is_on_attributed_margin_and_says_how(campaign: dict[str, Any]) -> None:
    assert campaign["cost"] == Decimal(60)
    assert campaign["attributed_revenue"] == Decimal(100)
    assert campaign["roi"] == pytest.approx((40 - 60) / 60)
    assert campaign["roas"] == pytest.approx(100 / 60)
    assert (campaign["attribution_model"], campaign["roi_basis"]) == ("last_touch", "margin")


def _wilson(successes: int, trials: int) -> tuple[float, float]:
    z = 1.959963984540054
    p = successes / trials
    centre = p + z * z / (2 * trials)
    half = z * sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return (centre - half) / scale, (centre + half) / scale


def test_lift_is_by_assignment_with_newcombes_interval(campaign: dict[str, Any]) -> None:
    treated, held = 1 / 12, 1 / 10
    low, high = _wilson(1, 12)
    held_low, held_high = _wilson(1, 10)
    lift = treated - held
    assert campaign["incremental_lift"] == pytest.approx(lift)
    assert campaign["incremental_lift_lower"] == pytest.approx(
        lift - sqrt((treated - low) ** 2 + (held_high - held) ** 2)
    )
    assert campaign["incremental_lift_upper"] == pytest.approx(
        lift + sqrt((high - treated) ** 2 + (held - held_low) ** 2)
    )
    assert campaign["incremental_revenue_per_person"] == pytest.approx(100 / 12 - 20 / 10)


def test_wilson_and_newcombe_as_published() -> None:
    # Newcombe (1998), table II, case a: 56/70 against 48/80 gives 0.0524 to 0.3339.
    first, second = _wilson(56, 70), _wilson(48, 80)
    lower = 0.2 - sqrt((0.8 - first[0]) ** 2 + (second[1] - 0.6) ** 2)
    upper = 0.2 + sqrt((first[1] - 0.8) ** 2 + (0.6 - second[0]) ** 2)
    assert (lower, upper) == (pytest.approx(0.0524, abs=1e-4), pytest.approx(0.3339, abs=1e-4))


def test_campaign_without_sends_stays_without_rates(built: Any, one: Any) -> None:
    idle = one(built.first["kpi_campaign"], campaign_id="t/C2")
    assert (idle["sent"], idle["open_rate"], idle["cost"], idle["roi"]) == (0, None, None, None)
    assert idle["incremental_lift"] is None


def test_campaign_to_three_persons_is_suppressed(built: Any, one: Any) -> None:
    small = one(built.first["kpi_campaign"], campaign_id="t/C3")
    assert small["is_suppressed"]
    assert small["sent"] is None


def test_open_without_consent_to_tracking_belongs_to_nobody(built: Any) -> None:
    persons = {
        (r["event_type"], r["customer_key"])
        for r in built.first["fct_campaign_events"]
        if r["event_type"] in ("open", "click")
    }
    assert persons == {("open", None), ("click", None), ("click", "p7")}


def test_withdrawn_consent_takes_the_person_from_the_event(
    built: Any, one: Any, figures: Figures, campaign: dict[str, Any]
) -> None:
    assert one(built.second["fct_campaign_events"], event_id="t/E-click")["customer_key"] is None
    word = {"record_key": "t/W9", "customer_key": "p7", "purpose": "tracking", "channel": None,
            "lawful_basis": "consent", "status": "withdrawn", "occurred_at": FIRST_AS_OF}  # fmt: skip
    without = figures(consents=[word])
    assert campaign["attributed_revenue"] > 0
    assert without["attributed_revenue"] == 0
    assert without["click_rate_numerator"] == campaign["click_rate_numerator"]


def test_small_campaign_takes_another_one_with_it_and_spend_stays(built: Any, one: Any) -> None:
    # Three persons got the other campaign of the month: this one less the month would be theirs.
    shown = one(built.first["kpi_campaign"], campaign_id="t/C1")
    hidden = shown["suppressed_figures"].split()
    assert {"sent", "human_openers", "open_rate", "attributed_revenue", "roi"} <= set(hidden)
    assert {shown[name] for name in hidden} == {None}
    assert shown["cost"] == Decimal(60)
    assert one(built.first["kpi_campaign_monthly"], period_grain="all")["sent"] == 15


def test_campaign_is_sealed_with_its_month_and_restated_with_a_reason(built: Any, one: Any) -> None:
    first = one(built.first["kpi_campaign"], campaign_id="t/C1")
    assert (first["is_sealed"], first["sealed_version"]) == (True, 1)
    second = one(built.second["kpi_campaign"], campaign_id="t/C1")
    versions = [
        (row["version"], row["reason"])
        for row in built.second["sealed_kpi_campaign"]
        if row["campaign_id"] == "t/C1"
    ]
    assert second["sealed_version"] == 2
    assert sorted(versions) == [(1, "period closed"), (2, "the dealer's correction")]
    assert not one(built.second["kpi_campaign"], campaign_id="t/C2")["is_sealed"]


def test_incremental_events_follow_what_is_gone_and_what_is_new(built: Any) -> None:
    first = {r["event_id"] for r in built.first["fct_campaign_events"]}
    second = {r["event_id"] for r in built.second["fct_campaign_events"]}
    assert first - second == {"t/E-unsubscribe"}
    assert second - first == {"t/E-late"}


def test_incremental_interactions_follow_an_unlinked_person(built: Any, one: Any) -> None:
    assert one(built.first["fct_interactions"], interaction_id="t/I1")["customer_key"] == "p7"
    assert one(built.second["fct_interactions"], interaction_id="t/I1")["customer_key"] is None
    assert len(built.second["fct_interactions"]) == 2


@pytest.mark.parametrize(
    ("fact", "source", "columns"),
    [
        (
            "marts.fct_campaign_events",
            "intermediate.int_campaign_events_tracked",
            "event_id, batch_id, customer_key, is_machine, occurred_at",
        ),
        (
            "marts.fct_interactions",
            "staging.stg_interactions",
            "interaction_id, batch_id, customer_key, occurred_at",
        ),
    ],
)
def test_incremental_fact_has_the_rows_of_a_full_build(
    built: Any, warehouse: Any, fact: str, source: str, columns: str
) -> None:
    assert built.second
    with warehouse.connected() as connection:
        rows = [
            connection.execute(f"SELECT {columns} FROM {relation} ORDER BY ALL").fetchall()
            for relation in (fact, source)
        ]
    assert rows[0] == rows[1]
