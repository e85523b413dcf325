"""Adversarial campaigns: machines, bounces, equal instants, sends over months, spend for nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from tests.oracle.persons import Row
from tests.oracle.strategies import (
    ACCOUNTS,
    AS_OF,
    CURRENCIES,
    PERSONS,
    TURNS,
    amounts,
    maybe,
    twins,
)

_START = AS_OF - timedelta(days=100)
_steps = st.one_of(
    st.sampled_from([timedelta(0), timedelta(days=30), timedelta(days=30, microseconds=-1)]),
    st.integers(0, 70).map(timedelta),
)
_near = st.tuples(_steps, st.sampled_from([timedelta(0), timedelta(seconds=1), timedelta(days=7)])).map(
    lambda parts: _START + parts[0] + parts[1]
)  # fmt: skip
moments = st.one_of(_near, _near, _near, st.sampled_from(TURNS))
_TYPES = (
    "sent", "sent", "sent", "delivered", "open", "open", "click", "click", "bounce_hard",
    "bounce_soft", "dropped", "unsubscribe", "complaint", "conversion",
)  # fmt: skip
_CAMPAIGNS = ("c0", "c1", "c2")


@st.composite
def campaigns(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Three campaigns, one of them perhaps without anything but cost."""
    found: dict[str, list[Row]] = {
        "campaigns": [
            {"record_key": key, "name": key, "channel": draw(st.sampled_from(["email", "social", None])),
             "starts_at": draw(maybe(moments)), "ends_at": draw(maybe(moments))}
            for key in _CAMPAIGNS
        ],
        "campaign_events": [], "campaign_members": [], "costs": [],
        "consents": [
            {"customer_key": person, "purpose": "tracking", "lawful_basis": "consent",
             "occurred_at": draw(st.sampled_from([_START, _START, draw(moments)])),
             "status": draw(st.sampled_from(["given", "given", "withdrawn"]))}
            for person in (*PERSONS[:3], *PERSONS[:2])
        ],
        "orders": [
            {"record_key": f"o{number}", "customer_key": draw(maybe(st.sampled_from(PERSONS[:5]))),
             "account_key": draw(maybe(st.sampled_from(ACCOUNTS))), "deal_id": None,
             "ordered_at": draw(moments), "amount": draw(amounts),
             "margin": draw(maybe(amounts)), "currency": draw(st.sampled_from(CURRENCIES)),
             "status": draw(st.sampled_from([None, "paid", "Cancelled"]))}
            for number in range(draw(st.integers(0, 6)))
        ],
        "leads": [
            {"record_key": f"l{number}", "customer_key": draw(maybe(st.sampled_from(PERSONS))),
             "source_channel": draw(maybe(st.sampled_from(["web", "fair"]))),
             "created_at": draw(moments), "converted_at": None, "deal_id": None}
            for number in range(draw(st.integers(0, 4)))
        ],
    }  # fmt: skip
    for number in range(draw(st.integers(0, 25))):
        found["campaign_events"].append(
            {"record_key": f"e{number:02}", "campaign_id": draw(st.sampled_from(_CAMPAIGNS[:2])),
             "customer_key": draw(maybe(st.sampled_from(PERSONS[:4]))),
             "event_type": draw(st.sampled_from(_TYPES)), "occurred_at": draw(moments),
             "url_path": draw(st.sampled_from(["/a", "/b", None])),
             "user_agent_class": draw(st.sampled_from([None, "browser", "bot", "privacy_proxy"]))}
        )  # fmt: skip
    found["campaign_events"] += draw(
        twins(found["campaign_events"], event_type=st.sampled_from(_TYPES))
    )
    if draw(st.booleans()):
        found["campaign_events"] += _burst(draw)
    if draw(st.booleans()):  # sent and paid for, to somebody who never buys
        sent = {"record_key": "n0", "campaign_id": "c2", "customer_key": PERSONS[5],
                "event_type": "sent", "occurred_at": draw(moments), "url_path": None,
                "user_agent_class": None}  # fmt: skip
        found["campaign_events"].append(sent)
        found["costs"].append(
            {"record_key": "n0", "kind": "marketing", "campaign_id": "c2", "amount": draw(amounts),
             "cost_date": draw(moments).date(), "currency": "EUR"}
        )  # fmt: skip
    for number in range(draw(st.integers(0, 8))):
        found["campaign_members"].append(
            {"record_key": f"m{number}", "campaign_id": draw(st.sampled_from(_CAMPAIGNS[:2])),
             "customer_key": draw(maybe(st.sampled_from(PERSONS))),
             "is_holdout": draw(maybe(st.booleans())), "added_at": draw(maybe(moments))}
        )  # fmt: skip
        found["costs"].append(
            {"record_key": f"k{number}", "kind": draw(st.sampled_from(["marketing", "sales"])),
             "campaign_id": draw(maybe(st.sampled_from(_CAMPAIGNS))), "amount": draw(amounts),
             "cost_date": draw(moments).date(), "currency": draw(st.sampled_from(CURRENCIES))}
        )  # fmt: skip
    return found


def _burst(draw: st.DrawFn) -> list[Row]:
    """Four to six clicks of one recipient around one second."""
    at: Any = draw(moments)
    return [
        {"record_key": f"b{number}", "campaign_id": "c0", "customer_key": PERSONS[0],
         "event_type": "click", "url_path": "/a", "user_agent_class": None,
         "occurred_at": at + timedelta(milliseconds=250 * number)}
        for number in range(draw(st.integers(4, 6)))
    ]  # fmt: skip


@st.composite
def crowds(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Twelve persons and three to five campaigns over some months: around the line of few."""
    persons = [f"p{number:02}" for number in range(12)]
    keys = [f"c{number}" for number in range(draw(st.integers(3, 5)))]
    found: dict[str, list[Row]] = {
        "subjects": [{"subject_key": p, "kind": "contact", "subject_bucket": 1} for p in persons],
        "campaigns": [{"record_key": key, "name": key, "channel": "email"} for key in keys],
        "consents": [
            {"customer_key": person, "purpose": "tracking", "lawful_basis": "consent",
             "occurred_at": _START, "status": "given"}
            for person in persons
        ],
        "campaign_events": [], "orders": [], "leads": [], "costs": [],
    }  # fmt: skip
    for key in keys:
        months = draw(st.lists(st.sampled_from([0, 0, 30, 31, 62]), min_size=1, max_size=2))
        _send_to(draw, found["campaign_events"], key, persons[: draw(st.integers(1, 12))], months)
    for number, person in enumerate(persons):
        bought = {"record_key": f"o{number}", "customer_key": person, "amount": 10 + number,
                  "margin": 5, "status": "paid",
                  "currency": draw(st.sampled_from(["EUR", "EUR", "EUR", "XTS"]))}  # fmt: skip
        if draw(st.booleans()):
            at = _START + timedelta(days=draw(st.integers(0, 80)))
            found["orders"].append(bought | {"ordered_at": at})
            found["leads"].append(
                {"record_key": f"l{number}", "customer_key": person, "created_at": at,
                 "source_channel": draw(st.sampled_from(["web", "fair"]))}
            )  # fmt: skip
    return found


def _send_to(
    draw: st.DrawFn, events: list[Row], key: str, persons: list[str], months: list[int]
) -> None:
    """A send to each of them and what they do; small groups fail, open, click, complain."""
    for day in sorted(set(months)):
        for person in persons:
            at = _START + timedelta(days=day + draw(st.integers(0, 2)))
            for place, kind in enumerate(["sent", *draw(_doings)]):
                events.append(
                    {"record_key": f"{key}{day}{person}{place}", "campaign_id": key,
                     "customer_key": person, "event_type": kind,
                     "url_path": draw(st.sampled_from(["/a", "/b"])),
                     "user_agent_class": draw(st.sampled_from(["browser", "browser", "bot"])),
                     "occurred_at": at + timedelta(hours=6 * place)}
                )  # fmt: skip


_doings = st.lists(
    st.sampled_from(["open", "open", "click", "click", "bounce_hard", "dropped", "unsubscribe", "complaint"]),
    max_size=3,
)  # fmt: skip


@st.composite
def buyers(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Thirty persons who buy in two months after touches of few channels, some in no known currency."""
    persons = [f"p{number:02}" for number in range(30)]
    found: dict[str, list[Row]] = {
        "subjects": [{"subject_key": p, "kind": "contact", "subject_bucket": 1} for p in persons],
        "campaigns": [
            {"record_key": key, "name": key, "channel": key} for key in ("email", "social", "search")
        ],
        "consents": [
            {"customer_key": person, "purpose": "tracking", "lawful_basis": "consent",
             "occurred_at": _START, "status": "given"}
            for person in persons
        ],
        "campaign_events": [], "interactions": [], "orders": [],
        "costs": [
            {"record_key": "k", "kind": "marketing", "campaign_id": "search", "amount": 50,
             "cost_date": _START.date(), "currency": "EUR"},
        ],
    }  # fmt: skip
    currencies = st.sampled_from(draw(st.sampled_from([["EUR"] * 7 + ["XTS"], ["EUR", "XTS"]])))
    rare = st.sampled_from(["email"] * 6 + ["phone"] * 3 + ["social"])
    for number, person in enumerate(persons[: draw(st.sampled_from([12, 30, 30]))]):
        at = _START + timedelta(days=draw(st.sampled_from([20, 20, 50])))
        found["orders"].append(
            {"record_key": f"o{number}", "customer_key": person, "amount": 10 + number, "margin": 5,
             "status": "paid", "ordered_at": at,
             "currency": draw(currencies)}
        )  # fmt: skip
        for place, channel in enumerate(draw(st.lists(rare, max_size=3))):
            touch = {"record_key": f"t{number}-{place}", "customer_key": person,
                     "occurred_at": at - timedelta(days=1 + place)}  # fmt: skip
            if channel == "phone":
                found["interactions"].append(touch | {"channel": "phone"})
            else:
                found["campaign_events"].append(
                    touch | {"campaign_id": channel, "event_type": "click", "url_path": "/a"}
                )
    return found
