"""Attribution against the oracle, a table worked by hand, and its two sums."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.oracle.attribution import MODELS, attribution
from tests.oracle.project import Project, Rows
from tests.oracle.rules import differences
from tests.oracle.strategies import AS_OF, CURRENCIES, PERSONS, TURNS, amounts, crm, maybe

_START = AS_OF - timedelta(days=90)
# Steps that meet: equal instants, and both sides of the window to the microsecond.
_steps = st.one_of(
    st.sampled_from([timedelta(0), timedelta(days=30), timedelta(days=30, microseconds=-1)]),
    st.integers(0, 60).map(timedelta),
)
_near = st.tuples(_steps, st.sampled_from([timedelta(0), timedelta(days=7)])).map(
    lambda parts: _START + parts[0] + parts[1]
)
_instants = st.one_of(_near, _near, _near, st.sampled_from(TURNS))
_LONG = 4
_persons = maybe(st.sampled_from(PERSONS[:3]))


@st.composite
def journeys(draw: st.DrawFn) -> Rows:
    """Clicks, forms, meetings and calls around orders; paths of none to fifty touches."""
    touches = draw(st.sampled_from([0, _LONG, 1, 2, 8, _LONG, 50]))
    shift = draw(st.integers(0, 3))
    found: Rows = {
        "campaigns": [{"record_key": "c0", "channel": "email"}, {"record_key": "c1"}],
        "campaign_events": [], "web_events": [], "interactions": [],
        "consents": [
            {"customer_key": person, "purpose": "tracking", "lawful_basis": "consent",
             "occurred_at": draw(st.sampled_from([_START, _START, draw(_instants)])),
             "status": draw(st.sampled_from(["given", "given", "withdrawn"]))}
            for person in (*PERSONS[:3], *PERSONS[:2])
        ],
        "orders": [
            {"record_key": f"o{number}", "customer_key": draw(_persons), "amount": draw(amounts),
             "ordered_at": draw(_instants), "currency": CURRENCIES[(number + shift) % 4],
             "status": draw(st.sampled_from([None, "paid", "Cancelled"]))}
            for number in range(draw(st.integers(1, 5)))
        ],
    }  # fmt: skip
    for row in found["campaigns"]:
        row.setdefault("channel", None)
    for number in range(touches):
        place = draw(st.sampled_from(["campaign_events", "web_events", "interactions"]))
        row: dict[str, Any] = {
            "record_key": f"e{number:02}", "customer_key": draw(_persons),
            "occurred_at": draw(_instants),
        }  # fmt: skip
        if place == "campaign_events":
            row |= {"event_type": "click", "url_path": "/a",
                    "campaign_id": draw(st.sampled_from(["c0", "c1"]))}  # fmt: skip
        elif place == "web_events":
            row |= {"event_type": draw(st.sampled_from(["form", "page"]))}
        else:
            row |= {"channel": draw(st.sampled_from(["phone", "meeting", "webform", "email"]))}
        found[place].append(row)
    if touches == _LONG:
        _add_short_and_long(draw, found)
    return found


def _add_short_and_long(draw: st.DrawFn, found: Rows) -> None:
    """One call before an order, and fifty of another person before another, some at one instant."""
    at = _START + timedelta(days=40)
    found["orders"] += [
        {"record_key": person, "customer_key": person, "amount": draw(amounts), "ordered_at": at,
         "currency": "EUR", "status": None}
        for person in PERSONS[3:5]
    ]  # fmt: skip
    found["interactions"].append(
        {"record_key": "short", "customer_key": PERSONS[4], "channel": "phone", "occurred_at": at}
    )
    for number in range(50):
        found["interactions"].append(
            {"record_key": f"long{number:02}", "customer_key": PERSONS[3],
             "channel": draw(st.sampled_from(["phone", "meeting"])),
             "occurred_at": at - timedelta(hours=12 * draw(st.integers(0, 59)))}
        )  # fmt: skip


def _by_conversion(table: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found = defaultdict(list)
    for row in sorted(table, key=lambda row: row["position"]):
        found[row["revenue_id"]].append(row)
    return found


@settings(max_examples=25, deadline=None, derandomize=True, phases=[Phase.generate])
@given(rows=crm(journeys))
def test_attribution_of_adversarial_crms(project: Project, rows: Rows) -> None:
    table = project.run(rows, AS_OF, "fct_attribution")["fct_attribution"]
    expected = attribution(rows, AS_OF)
    told = {key: {k: v for k, v in row.items() if k != "amount"} for key, row in expected.items()}
    assert not differences(table, told, ["revenue_id", "position"])[:8]
    for order, path in _by_conversion(table).items():
        amount = expected[(order, 1)]["amount"]
        for model in MODELS:
            shares = [row[f"revenue_{model}"] for row in path]
            assert abs(sum(row[f"credit_{model}"] for row in path) - 1) < 1e-9
            if amount is None:
                assert set(shares) == {None}
                continue
            assert sum(shares) == amount
            for row, share in zip(path, shares, strict=True):
                exact = Decimal(row[f"credit_{model}"]) * amount
                assert abs(share - exact) <= Decimal("0.00011")


@pytest.mark.parametrize(
    ("days", "position_based", "linear"),
    [
        ([1], ["100"], ["100"]),
        ([2, 1], ["50", "50"], ["50", "50"]),
        ([3, 2, 1], ["40", "20", "40"], ["33.3333", "33.3334", "33.3333"]),
        ([4, 3, 2, 1], ["40", "10", "10", "40"], ["25", "25", "25", "25"]),
        ([-1], ["100"], ["100"]),
    ],
)
def test_paths_worked_by_hand(
    project: Project, days: list[int], position_based: list[str], linear: list[str]
) -> None:
    person = PERSONS[0]
    rows: Rows = {
        "subjects": [{"subject_key": person, "kind": "contact", "subject_bucket": 1}],
        "orders": [{"record_key": "o", "customer_key": person, "ordered_at": AS_OF,
                    "amount": Decimal(100), "currency": "EUR"}],
        "interactions": [
            {"record_key": f"i{day}", "customer_key": person, "channel": "phone",
             "occurred_at": AS_OF - timedelta(days=day)}
            for day in days
        ],
    }  # fmt: skip
    path = _by_conversion(project.run(rows, AS_OF, "fct_attribution")["fct_attribution"])["o"]
    whole = [Decimal(100)] + [Decimal(0)] * (len(days) - 1)
    # A touch after the conversion earns nothing: the conversion is unattributed.
    assert {row["is_attributed"] for row in path} == {days[0] > 0}
    assert [row["revenue_first_touch"] for row in path] == whole
    assert [row["revenue_last_touch"] for row in path] == whole[::-1]
    assert [row["revenue_position_based"] for row in path] == [Decimal(x) for x in position_based]
    assert [row["revenue_linear"] for row in path] == [Decimal(x) for x in linear]
