"""Support KPIs, once more: tickets and their cycles, service levels, first contact, backlog.

Source: the KPI definitions and docs/decisions/0021, 0077 and 0078.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.oracle.calendars import ALWAYS, Calendars, declared_hours
from tests.oracle.persons import of_persons

Row = dict[str, Any]
Rows = Mapping[str, Sequence[Row]]
ENDED = ("solved", "resolved", "closed", "cancelled")
WINDOW = timedelta(days=7)


def calendars(rows: Rows) -> Calendars:
    """Those of the rows, or else those that the project declares."""
    return Calendars(rows.get("business_hours") or declared_hours())


def tickets(rows: Rows, as_of: datetime) -> list[Row]:
    """Tickets with their moments, waits and cycles."""
    events: dict[str, list[Row]] = {}
    for event in sorted(
        rows.get("ticket_events", ()), key=lambda e: (e["occurred_at"], e["record_key"])
    ):
        events.setdefault(event["ticket_id"], []).append(event)
    clock = calendars(rows)
    policies = rows.get("sla_policies", ())
    found = [
        _ticket(row, _cycles(events.get(row["record_key"], ())), clock, policies, as_of)
        for row in of_persons(rows, "tickets")
    ]
    _first_contacts(found, as_of)
    return found


def _cycles(events: Sequence[Row]) -> list[list[Row]]:
    """Events by cycle: a reopening of what was solved, closed or cancelled begins another."""
    found: list[list[Row]] = [[]] if events else []
    state = None
    tier: int | None = None
    for event in events:
        kind = event["event_type"]
        told = int(event["tier"]) if (event["tier"] or "").isdigit() else None
        after = None
        if kind == "reopened" and state in ("solved", "closed", "cancelled"):
            found.append([])
            after = state
        if kind in ("solved", "closed", "cancelled", "reopened"):
            state = kind
        moved = told is not None and tier is not None and told > tier
        if kind == "escalated" and (told is None or tier is None):
            moved = True
        tier = tier if told is None else told
        found[-1].append(event | {"moved": moved, "after": after, "told": told})
    return found


def _first(events: Iterable[Row], *kinds: str) -> datetime | None:
    return min((e["occurred_at"] for e in events if e["event_type"] in kinds), default=None)


def _replies(events: Iterable[Row]) -> list[datetime]:
    return sorted(
        e["occurred_at"]
        for e in events
        if e["event_type"] == "public_reply" and e["actor_type"] == "agent"
    )


def _earliest(*instants: datetime | None) -> datetime | None:
    return min((i for i in instants if i is not None), default=None)


def _hours(begin: datetime | None, end: datetime | None) -> float | None:
    if begin is None or end is None or end < begin:
        return None
    return (end - begin) / timedelta(hours=1)


def _ticket(
    row: Row, cycles: list[list[Row]], clock: Calendars, policies: Sequence[Row], as_of: datetime
) -> Row:
    every = [event for cycle in cycles for event in cycle]
    last = cycles[-1] if cycles else []
    has_dialogue = any(e["event_type"] in ("created", "public_reply") for e in every)
    replies = _replies(every)
    created = row["created_at"] or _first(every, "created")
    response = (replies[0] if replies else None) if has_dialogue else row["first_response_at"]
    solved = _first(every, "solved") or row["resolved_at"]
    fully = _first(last, "solved") or (row["resolved_at"] if len(cycles) <= 1 else None)
    status = (row["status"] or "").lower()
    backwards = solved is not None and response is not None and solved < response
    reason = None
    if backwards:
        reason = "resolved_before_first_response"
    elif created is not None and response is not None and response < created:
        reason = "first_response_before_creation"
    elif created is not None and solved is not None and solved < created:
        reason = "resolved_before_creation"
    elif created is None:
        reason = "creation_missing"
    found: Row = row | {
        "created": created,
        "response": response,
        "solved": solved,
        "fully": fully,
        "closed": row["closed_at"] or _first(last, "closed"),
        "cancelled": status == "cancelled" or _first(last, "cancelled") is not None,
        "is_ended_by_status": status in ENDED,
        "replies": replies if has_dialogue else None,
        "customer": row["account_key"] or row["customer_key"],
        "reason": reason,
        "first_hours": None if backwards else _hours(created, solved),
        "full_hours": None
        if response is not None and fully is not None and fully < response
        else _hours(created, fully),
        "first_business_hours": None,
    }
    found["cycles"] = [
        _cycle(found, number, cycle, number == max(len(cycles), 1))
        for number, cycle in enumerate(cycles or [[]], start=1)
    ]
    found["reopened"] = any(c["after"] in ("solved", "closed") for c in found["cycles"])
    for cycle in found["cycles"]:
        _judge(found, cycle, clock, policies, as_of)
    first = found["cycles"][0]
    found["response_minutes"] = first["waits"].get("first_response", (None, None))[0]
    found["response_business"] = first["waits"].get("first_response", (None, None))[1]
    if found["first_hours"] is not None:
        found["first_business_hours"] = first["waits"]["resolution"][1] / 60
    return found


def _cycle(ticket: Row, number: int, events: list[Row], is_last: bool) -> Row:
    opened = ticket["created"] if number == 1 else events[0]["occurred_at"]
    replies = _replies(events)
    reply = replies[0] if replies else None
    if number == 1 and ticket["replies"] is None:
        reply = ticket["first_response_at"]
    solved = _first(events, "solved")
    if number == 1 and is_last:
        solved = ticket["solved"]
    closed = ticket["closed"] if is_last else _first(events, "closed")
    if number > 1 and closed is not None and closed < opened:
        closed = None
    ended = _earliest(solved, _first(events, "cancelled"), closed)
    reason = None
    if opened is None:
        reason = "opening_missing"
    elif ended is not None and ended < opened:
        reason = "ended_before_opening"
    elif ended is None and is_last and ticket["is_ended_by_status"]:
        reason = "end_missing"
    return {
        "number": number, "opened": opened, "reply": reply, "solved": solved, "ended": ended,
        "after": events[0]["after"] if number > 1 else None,
        "moves": sum(event["moved"] for event in events), "reason": reason, "waits": {},
        "outcomes": {}, "solve_hours": _hours(opened, solved),
    }  # fmt: skip


def _judge(
    ticket: Row, cycle: Row, clock: Calendars, policies: Sequence[Row], as_of: datetime
) -> None:
    """Waits of a cycle, on the clock and in business minutes, and whether targets were met."""
    waits = {"next_reply": (cycle["opened"], cycle["reply"])}
    if cycle["number"] == 1:
        waits = {
            "first_response": (ticket["created"], ticket["response"]),
            "resolution": (ticket["created"], ticket["solved"]),
        }
    for metric, (begin, reached) in waits.items():
        if begin is None:
            continue
        policy = _policy(ticket, metric, begin, policies)
        name = (policy["calendar"] or "").strip().lower() if policy else ""
        judged = as_of if reached is None else reached
        elapsed = (judged - begin) / timedelta(minutes=1)
        business = elapsed if name in ALWAYS else clock.minutes(clock.known(name), begin, judged)
        is_wait = reached is not None and reached >= begin
        cycle["waits"][metric] = (elapsed, business) if is_wait else (None, None)
        if policy is None or ticket["cancelled"] or (reached is not None and reached < begin):
            continue
        waited = elapsed if name in ("", *ALWAYS) else business
        if waited > policy["target_minutes"]:
            cycle["outcomes"][metric] = "breached"
        elif reached is not None:
            cycle["outcomes"][metric] = "met"


def _policy(ticket: Row, metric: str, at: datetime, policies: Sequence[Row]) -> Row | None:
    """The target in force at an instant: its own priority before none, then the newest."""
    found = [
        policy
        for policy in policies
        if f"{policy['source']}/{policy['sla_policy_id']}" == ticket["sla_policy"]
        and policy["metric"] == metric
        and policy["priority"] in (None, ticket["priority"])
        and policy["valid_from"] <= at
        and (policy["valid_to"] is None or at < policy["valid_to"])
    ]
    found.sort(key=lambda p: p["record_key"])
    found.sort(key=lambda p: p["valid_from"], reverse=True)
    found.sort(key=lambda p: p["priority"] is None)
    return found[0] if found else None


def _first_contacts(found: list[Row], as_of: datetime) -> None:
    alike: dict[tuple[Any, ...], list[Row]] = {}
    for ticket in found:
        alike.setdefault((ticket["customer"], ticket["topic"]), []).append(ticket)
    for ticket in found:
        solved = ticket["solved"]
        ticket["first_contact"] = None
        if solved is None:
            continue
        until = solved + WINDOW
        if until > as_of:
            ticket["first_contact"] = "undecided"
        elif ticket["replies"] is None:
            ticket["first_contact"] = "unknown"
        else:
            once = sum(reply <= solved for reply in ticket["replies"]) == 1
            reopened = any(
                c["after"] in ("solved", "closed") and solved <= c["opened"] < until
                for c in ticket["cycles"]
            )
            again = any(
                other is not ticket
                and None not in (ticket["customer"], ticket["topic"], other["created"])
                and solved <= other["created"] < until
                for other in alike[ticket["customer"], ticket["topic"]]
            )
            ticket["first_contact"] = (
                "resolved" if once and not reopened and not again else "not_resolved"
            )


def ticket_facts(rows: Rows, as_of: datetime) -> dict[tuple[Any, ...], Row]:
    """What fct_tickets says of each."""
    return {
        (t["record_key"],): {
            "customer_key": t["customer_key"],
            "created_at": t["created"],
            "first_response_at": t["response"],
            "first_resolved_at": t["solved"],
            "fully_resolved_at": t["fully"],
            "is_cancelled": t["cancelled"],
            "is_reopened": t["reopened"],
            "cycles": len(t["cycles"]),
            "escalated_cycles": sum(c["moves"] > 0 for c in t["cycles"]),
            "first_response_minutes": t["response_minutes"],
            "first_response_minutes_business": t["response_business"],
            "first_resolution_hours": t["first_hours"],
            "first_resolution_hours_business": t["first_business_hours"],
            "full_resolution_hours": t["full_hours"],
            "first_contact": t["first_contact"],
            "exclusion_reason": t["reason"],
        }
        for t in tickets(rows, as_of)
    }


def cycle_facts(rows: Rows, as_of: datetime) -> dict[tuple[Any, ...], Row]:
    """What fct_ticket_cycles says of each."""
    found = {}
    for ticket in tickets(rows, as_of):
        for cycle in ticket["cycles"]:
            wait, business = cycle["waits"].get("next_reply", (None, None))
            found[(ticket["record_key"], cycle["number"])] = {
                "opened_at": cycle["opened"],
                "first_reply_at": cycle["reply"],
                "solved_at": cycle["solved"],
                "ended_at": cycle["ended"],
                "next_reply_minutes": wait,
                "next_reply_minutes_business": business,
                "solve_hours": cycle["solve_hours"],
                "is_escalated": cycle["moves"] > 0,
                "escalations": cycle["moves"],
                **{
                    f"{metric}_outcome": cycle["outcomes"].get(metric)
                    for metric in ("first_response", "next_reply", "resolution")
                },
                "targets_met": sum(o == "met" for o in cycle["outcomes"].values()),
                "targets_breached": sum(o == "breached" for o in cycle["outcomes"].values()),
                "exclusion_reason": cycle["reason"],
            }
    return found
