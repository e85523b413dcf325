"""The awkward CRMs are awkward: each case that figures have to survive is made, and often enough.

Once in twenty at least, so that the tests that run models on twenty or so meet it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from tests.oracle.attribution import WINDOW
from tests.oracle.campaign_strategies import campaigns
from tests.oracle.project import Rows
from tests.oracle.rules import local_day
from tests.oracle.strategies import AS_OF, activity, crm, purchases, sales
from tests.oracle.support_rows import support
from tests.oracle.test_attribution import journeys

EXAMPLES = 60
Case = Callable[[Rows], bool]
_MONEY = ("deals", "orders", "costs", "subscriptions", "quotas")
_CLOCK_CHANGES = (date(2025, 10, 26), date(2026, 3, 29))


def _instants(rows: Rows) -> list[datetime]:
    return [
        value
        for some in rows.values()
        for row in some
        for value in row.values()
        if isinstance(value, datetime)
    ]


def _on_a_night_of_the_clock(rows: Rows) -> bool:
    return any(at.date() in _CLOCK_CHANGES and at.hour < 3 for at in _instants(rows))


def _on_a_leap_day(rows: Rows) -> bool:
    return any(at.date() == date(2024, 2, 29) for at in _instants(rows))


def _seller_with_only_won_deals(rows: Rows) -> bool:
    outcomes: dict[Any, set[Any]] = {}
    for deal in rows["deals"]:
        outcomes.setdefault(deal["user_key"], set()).add(deal["outcome"])
    return any(seller and kinds == {"won"} for seller, kinds in outcomes.items())


def _month_without_a_closed_deal(rows: Rows) -> bool:
    """Its win rate has a denominator of zero."""
    closed = {
        local_day(d["closed_at"]).replace(day=1)
        for d in rows["deals"]
        if d["closed_at"] and d["outcome"] in ("won", "lost")
    }
    created = {local_day(d["created_at"]).replace(day=1) for d in rows["deals"] if d["created_at"]}
    return bool(created - closed)


def _closed_before_it_was_opened(rows: Rows) -> bool:
    return any(
        d["outcome"] in ("won", "lost")
        and d["closed_at"]
        and (begun := d["engaged_at"] or d["created_at"])
        and d["closed_at"] < begun
        for d in rows["deals"]
    )


def _currencies(rows: Rows) -> bool:
    """A dated rate, none at all, and the reporting currency."""
    names = {row["currency"] for some in _MONEY for row in rows.get(some, ())}
    return {"EUR", "USD", "XTS"} <= names


def _merged_person_with_rows(rows: Rows) -> bool:
    merged = {link["subject_key"] for link in rows["subject_links"] if link["survivor_key"]}
    return any(
        row.get("customer_key") in merged
        for name, some in rows.items()
        if name not in ("contacts", "subjects")
        for row in some
    )


def _cost_without_an_event(rows: Rows) -> bool:
    busy = {event["campaign_id"] for event in rows["campaign_events"]}
    return any(cost["campaign_id"] and cost["campaign_id"] not in busy for cost in rows["costs"])


def _equal_instants(rows: Rows) -> bool:
    seen = Counter(
        (event["campaign_id"], event["customer_key"], event["occurred_at"])
        for event in rows["campaign_events"]
        if event["customer_key"]
    )
    return any(count > 1 for count in seen.values())


def _at_one_instant(relation: str, of: str, at: str) -> Case:
    def is_there(rows: Rows) -> bool:
        seen = Counter((row[of], row[at]) for row in rows[relation] if row[of])
        return any(count > 1 for count in seen.values())

    is_there.__qualname__ = f"two of {relation} at one instant"
    return is_there


def _cost_without_a_conversion(rows: Rows) -> bool:
    """Somebody was written to, it was paid for, and nobody of them bought or converted."""
    bought = {order["customer_key"] for order in rows["orders"]}
    reached: dict[str, set[Any]] = {}
    for event in rows["campaign_events"]:
        reached.setdefault(event["campaign_id"], set()).add(event["customer_key"])
    converted = {
        e["campaign_id"] for e in rows["campaign_events"] if e["event_type"] == "conversion"
    }
    paid = {cost["campaign_id"] for cost in rows["costs"]}
    return any(c in paid - converted and not who & bought for c, who in reached.items())


def _campaign_without_a_send(rows: Rows) -> bool:
    """Its rates have a denominator of zero."""
    sent = {e["campaign_id"] for e in rows["campaign_events"] if e["event_type"] == "sent"}
    return any(row["record_key"] not in sent for row in rows["campaigns"])


def _month_without_a_solved_ticket(rows: Rows) -> bool:
    """Its rates of solved tickets have a denominator of zero."""
    solved = [t["resolved_at"] for t in rows["tickets"] if t["resolved_at"]]
    solved += [e["occurred_at"] for e in rows["ticket_events"] if e["event_type"] == "solved"]
    created = {
        local_day(t["created_at"]).replace(day=1) for t in rows["tickets"] if t["created_at"]
    }
    return bool(created - {local_day(at).replace(day=1) for at in solved})


def _month_before_any_subscription(rows: Rows) -> bool:
    """Its retention has a denominator of zero: what runs at its end began in it."""
    started = [row["started_at"] for row in rows["subscriptions"]]
    return bool(started) and local_day(min(started)).day > 1


def _minor_who_bought(rows: Rows) -> bool:
    young = {
        contact["customer_key"]
        for contact in rows["contacts"]
        if contact["birth_year"] and contact["birth_year"] >= AS_OF.year - 18
    }
    return any(order["customer_key"] in young for order in rows["orders"])


def _objector_who_bought(rows: Rows) -> bool:
    objected = {
        word["customer_key"]
        for word in rows["consents"]
        if word["purpose"] in ("marketing", "profiling") and word["status"] == "objected"
    }
    return any(order["customer_key"] in objected for order in rows["orders"])


def _touches(rows: Rows) -> list[tuple[str, datetime]]:
    return [
        (row["customer_key"], row["occurred_at"])
        for name in ("campaign_events", "web_events", "interactions")
        for row in rows[name]
        if row["customer_key"]
    ]


def _touch_after_the_conversion(rows: Rows) -> bool:
    return any(
        person == order["customer_key"] and at > order["ordered_at"]
        for order in rows["orders"]
        for person, at in _touches(rows)
    )


def _path_of(length: int) -> Case:
    def is_there(rows: Rows) -> bool:
        return any(
            length
            == sum(
                person == order["customer_key"] and at <= order["ordered_at"] < at + WINDOW
                for person, at in _touches(rows)
            )
            for order in rows["orders"]
            if order["customer_key"]
        )

    return is_there


def _kinds(rows: Rows) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {ticket["record_key"]: [] for ticket in rows["tickets"]}
    for event in rows["ticket_events"]:
        found[event["ticket_id"]].append(event["event_type"])
    return found


def _reopened_ticket(rows: Rows) -> bool:
    return any(
        "solved" in kinds and "reopened" in kinds[kinds.index("solved") :]
        for kinds in _kinds(rows).values()
    )


def _ticket_never_answered(rows: Rows) -> bool:
    kinds = _kinds(rows)
    return any(
        not ticket["first_response_at"] and "public_reply" not in kinds[ticket["record_key"]]
        for ticket in rows["tickets"]
    )


def _only_a_robot_answered(rows: Rows) -> bool:
    actors: dict[str, set[Any]] = {}
    for event in rows["ticket_events"]:
        if event["event_type"] == "public_reply":
            actors.setdefault(event["ticket_id"], set()).add(event["actor_type"])
    return any(who == {"bot"} for who in actors.values())


def _wait_over_the_clock_change(rows: Rows) -> bool:
    """A ticket whose events lie on both sides of a night on which the clock changes."""
    days: dict[str, list[datetime]] = {}
    for event in rows["ticket_events"]:
        days.setdefault(event["ticket_id"], []).append(event["occurred_at"])
    return any(
        min(at) < datetime(day.year, day.month, day.day, tzinfo=UTC)
        and max(at) > datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=2)
        for at in days.values()
        for day in _CLOCK_CHANGES
    )


_EVERYWHERE: tuple[Case, ...] = (_merged_person_with_rows, _on_a_night_of_the_clock, _on_a_leap_day)
CASES: dict[str, tuple[Any, tuple[Case, ...]]] = {
    "sales": (crm(sales), (
        *_EVERYWHERE, _seller_with_only_won_deals, _month_without_a_closed_deal,
        _closed_before_it_was_opened, _currencies,
        _at_one_instant("deal_changes", "deal_id", "changed_at"),
    )),
    "campaigns": (crm(campaigns), (
        *_EVERYWHERE, _cost_without_an_event, _cost_without_a_conversion, _campaign_without_a_send,
        _currencies, _equal_instants,
    )),
    "attribution": (crm(journeys), (
        *_EVERYWHERE, _touch_after_the_conversion, _path_of(1), _path_of(50), _currencies,
        _at_one_instant("interactions", "customer_key", "occurred_at"),
    )),
    "support": (crm(support), (
        *_EVERYWHERE, _reopened_ticket, _ticket_never_answered, _only_a_robot_answered,
        _wait_over_the_clock_change, _month_without_a_solved_ticket,
        _at_one_instant("ticket_events", "ticket_id", "occurred_at"),
    )),
    "customers": (crm(sales, purchases, activity), (
        *_EVERYWHERE, _currencies, _minor_who_bought, _objector_who_bought,
        _month_before_any_subscription, _equal_instants,
        _at_one_instant("orders", "customer_key", "ordered_at"),
        _at_one_instant("consents", "customer_key", "occurred_at"),
    )),
}  # fmt: skip


@pytest.mark.parametrize("part", CASES)
def test_each_case_is_made_often(part: str) -> None:
    strategy, cases = CASES[part]
    met: Counter[int] = Counter()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        database=None,
    )
    @given(rows=strategy)
    def meet(rows: Rows) -> None:
        met.update(place for place, case in enumerate(cases) if case(rows))

    meet()
    rare = [getattr(c, "__qualname__", "") for n, c in enumerate(cases) if met[n] < EXAMPLES / 20]
    assert not rare
