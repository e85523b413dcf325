"""Adversarial help desks: tickets reopened, escalated, never answered, solved before the reply.

Events at equal instants and on nights on which the clock changes, automatic replies before people's
own, histories that contradict the ticket's columns, calendars of other zones, with a night shift and
hours that change, service levels that begin and end, and references that lead nowhere.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.oracle.strategies import ACCOUNTS, PERSONS, SELLERS, Row, instants, maybe

_ZONES = {
    "default": ("Europe/Amsterdam", "NL"),
    "night": ("Europe/Amsterdam", None),
    "overseas": ("America/New_York", "GB-ENG"),
    "changing": ("Europe/London", "GB-ENG"),
}
_WEEK, _EVERY = range(1, 6), range(1, 8)
_SPANS = (
    ("default", _WEEK, "09:00", "17:00", None, None),
    ("night", _EVERY, "00:00", "06:00", None, None),
    ("night", _EVERY, "22:00", "24:00", None, None),
    ("overseas", _WEEK, "08:30", "12:15", None, None),
    ("overseas", _WEEK, "13:00", "18:00", None, None),
    ("changing", _WEEK, "09:00", "17:00", None, date(2026, 2, 1)),
    ("changing", _EVERY, "10:00", "20:00", date(2026, 2, 1), None),
)
HOURS: list[Row] = [
    {"calendar": name, "time_zone": _ZONES[name][0], "holidays": _ZONES[name][1],
     "iso_weekday": weekday, "opens": opens, "closes": closes, "valid_from": begin, "valid_to": end}
    for name, weekdays, opens, closes, begin, end in _SPANS
    for weekday in weekdays
]  # fmt: skip
_KINDS = (
    "created", "public_reply", "public_reply", "internal_note", "customer_reply", "assigned",
    "escalated", "pending", "resumed", "solved", "solved", "reopened", "reopened", "closed",
    "cancelled",
)  # fmt: skip
_LATER = st.sampled_from([0, 0, 1, 45, 60, 600, 1440, 5000, 9000, 10080, 20000])
_STORIES = (
    ("created", "public_reply", "solved"),
    ("created", "public_reply", "solved", "reopened", "public_reply", "solved", "closed"),
    ("created", "public_reply", "solved", "public_reply", "reopened", "cancelled", "reopened"),
    ("created", "escalated", "public_reply", "public_reply", "solved", "closed", "reopened"),
    ("created", "bot public_reply", "customer_reply"),
    ("created", "bot public_reply", "solved"),
)
_SELDOM = st.one_of(st.none(), st.none(), instants)


@st.composite
def support(draw: st.DrawFn) -> dict[str, list[Row]]:
    """Tickets with events, service levels and surveys."""
    found: dict[str, list[Row]] = {
        "business_hours": HOURS, "sla_policies": [], "tickets": [], "ticket_events": [],
        "surveys": [],
    }  # fmt: skip
    starts = (datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))
    for number in range(draw(st.integers(2, 8))):
        found["sla_policies"].append(
            {"record_key": f"p{number}", "source": draw(st.sampled_from(["t", "t", "elsewhere"])),
             "sla_policy_id": draw(st.sampled_from(["gold", "gold", "silver"])),
             "metric": draw(st.sampled_from(["first_response", "next_reply", "resolution"])),
             "priority": draw(st.sampled_from([None, "high"])),
             "target_minutes": draw(st.sampled_from([0, 60, 480, 2400])),
             "calendar": draw(st.sampled_from(
                 [None, "24x7", "Default", "night", "overseas", "changing", "nobody's"])),
             "valid_from": draw(st.sampled_from(starts)),
             "valid_to": draw(st.sampled_from([None, datetime(2026, 3, 1, tzinfo=UTC)]))}
        )  # fmt: skip
    for number in range(draw(st.integers(0, 10))):
        _add_ticket(draw, found, f"t{number}")
    tickets = [ticket["record_key"] for ticket in found["tickets"]]
    for number in range(draw(st.integers(0, 8))):
        found["surveys"].append(
            {"record_key": f"s{number}", "customer_key": draw(maybe(st.sampled_from(PERSONS))),
             "ticket_id": draw(maybe(st.sampled_from([*tickets, "nowhere"]))),
             "asked_at": draw(maybe(instants)), "answered_at": draw(maybe(instants)),
             "score": draw(st.sampled_from([None, 0.0, 1.0, 3.0, 4.0, 5.0])),
             "satisfied": draw(st.sampled_from([None, True, False]))}
        )  # fmt: skip
    return found


def _add_ticket(draw: st.DrawFn, found: dict[str, list[Row]], key: str) -> None:
    created = draw(instants)
    statuses = [None, "open", "open", "Cancelled", "closed", "solved"]
    found["tickets"].append(
        {"record_key": key, "customer_key": draw(maybe(st.sampled_from((*PERSONS, PERSONS[1])))),
         "account_key": draw(maybe(st.sampled_from(ACCOUNTS))),
         "user_key": draw(maybe(st.sampled_from(SELLERS))),
         "topic": draw(st.sampled_from([None, "bill", "bill", "parcel"])),
         "priority": draw(st.sampled_from([None, "high", "low"])),
         "channel": draw(st.sampled_from([None, "email", "chat"])),
         "status": draw(st.sampled_from(statuses)),
         "sla_policy": draw(st.sampled_from([None, "t/gold", "t/gold", "t/silver", "t/none", "gold"])),
         "created_at": draw(st.sampled_from([created, created, created, None])),
         "first_response_at": draw(_SELDOM), "resolved_at": draw(_SELDOM),
         "closed_at": draw(_SELDOM)}
    )  # fmt: skip
    at: datetime = draw(st.sampled_from([created, created, created + timedelta(days=-1)]))
    kinds: tuple[str | None, ...] = (None,) * draw(st.sampled_from([0, 0, 2, 7, 12]))
    if draw(st.booleans()):
        kinds = draw(st.sampled_from(_STORIES))
    for number, kind in enumerate(kinds):
        at += timedelta(minutes=draw(_LATER))
        found["ticket_events"].append(_event(draw, key, number, at, kind))


def _event(
    draw: st.DrawFn, ticket: str, number: int, at: datetime, told: str | None
) -> dict[str, Any]:
    actors = [None, "agent", "agent", "bot", "customer"]
    actor, _, kind = (told or "").rpartition(" ")
    return {
        "record_key": f"{ticket}e{number:02}", "ticket_id": ticket, "occurred_at": at,
        "event_type": kind or draw(st.sampled_from(_KINDS)),
        "actor_type": actor or "agent" if told else draw(st.sampled_from(actors)),
        "user_key": draw(maybe(st.sampled_from(SELLERS))),
        "tier": draw(st.sampled_from([None, "1", "1", "2", "3", "L2"])),
    }  # fmt: skip
