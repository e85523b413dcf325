"""customer_360, account_360 and revenue retention, once more, from source rows.

Tickets are counted by their own columns: those with events have an oracle of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.oracle.attribution import tracked
from tests.oracle.customers import VOID
from tests.oracle.persons import newest_contacts, of_persons, persons
from tests.oracle.rules import Rates, end_of, local_day, midnight, ratio, start_of, total

Row = dict[str, Any]
Rows = Mapping[str, Sequence[Row]]
CHANNELS = ("email", "phone", "meeting", "chat", "social", "webform", "note")
PURPOSES = ("marketing", "tracking", "profiling")
YEAR = timedelta(days=365)


def revenue_events(rows: Rows) -> list[Row]:
    """Orders that stand, and won deals that no order is of, in the reporting currency."""
    rates = Rates(rows.get("exchange_rates", ()))
    found, ordered = [], set()
    for order in of_persons(rows, "orders"):
        ordered.add(order["deal_id"])
        if (order["status"] or "").lower() in VOID:
            continue
        day = local_day(order["ordered_at"])
        found.append(
            {"kind": "order", "customer_key": order["customer_key"],
             "account_key": order["account_key"], "at": order["ordered_at"],
             "amount": rates.convert(order["amount"], order["currency"], day),
             "margin": rates.convert(order["margin"], order["currency"], day)}
        )  # fmt: skip
    for deal in of_persons(rows, "deals"):
        if deal["outcome"] == "won" and deal["closed_at"] and deal["record_key"] not in ordered:
            amount = rates.convert(deal["amount"], deal["currency"], local_day(deal["closed_at"]))
            found.append(
                {"kind": "deal", "customer_key": deal["customer_key"],
                 "account_key": deal["account_key"], "at": deal["closed_at"],
                 "amount": amount, "margin": None}
            )  # fmt: skip
    return found


def _known(values: list[Decimal | None]) -> Decimal | None:
    return total(values) if any(value is not None for value in values) else None


class _Owned:
    """Rows by the person or the account that they are of."""

    def __init__(self, rows: Rows, owner: str) -> None:
        self.interactions, self.deals, self.revenue, self.tickets = (
            _by_owner(some, owner)
            for some in (
                of_persons(rows, "interactions"), of_persons(rows, "deals"), revenue_events(rows),
                of_persons(rows, "tickets"),
            )
        )  # fmt: skip


def _by_owner(rows: Sequence[Row], owner: str) -> dict[str | None, list[Row]]:
    found: dict[str | None, list[Row]] = {}
    for row in rows:
        found.setdefault(row[owner], []).append(row)
    return found


def _common(key: str, owned: _Owned) -> Row:
    """What a person's and an account's row have alike."""
    interactions, deals = owned.interactions.get(key, []), owned.deals.get(key, [])
    events, tickets = owned.revenue.get(key, []), owned.tickets.get(key, [])
    moments = [r["occurred_at"] for r in interactions] + [r["at"] for r in events]
    moments += [r["created_at"] for r in tickets if r["created_at"]]
    outcomes = [deal["outcome"] or "open" for deal in deals]
    amounts = [event["amount"] for event in events]
    return {
        "first_contact_at": min(moments, default=None),
        "last_contact_at": max(moments, default=None),
        "interactions": len(interactions),
        "open_deals": outcomes.count("open"),
        "won_deals": outcomes.count("won"),
        "lost_deals": outcomes.count("lost"),
        "orders": sum(event["kind"] == "order" for event in events),
        "revenue": _known(amounts) if events else Decimal(0),
        "margin": _known([event["margin"] for event in events]),
        "excluded_revenue_rate_missing": amounts.count(None),
        "tickets": len(tickets),
    }


def customer_360(rows: Rows, as_of: datetime) -> dict[tuple[str], Row]:
    """customer_360 by person."""
    contacts, owned = newest_contacts(rows), _Owned(rows, "customer_key")
    words, campaigns = _consents(rows, as_of), _campaigns(rows, as_of)
    tickets = {row["record_key"]: row for row in of_persons(rows, "tickets")}
    answers: dict[str | None, list[bool]] = {}
    for survey in of_persons(rows, "surveys"):
        of_ticket = tickets.get(survey["ticket_id"], {}).get("customer_key")
        is_good = survey["satisfied"]
        if is_good is None and survey["score"] is not None:
            is_good = survey["score"] >= 4
        if is_good is not None:
            answers.setdefault(survey["customer_key"] or of_ticket, []).append(is_good)
    found = {}
    for person in persons(rows):
        own = _common(person, owned)
        mine = owned.interactions.get(person, [])
        given = answers.get(person, [])
        waiting = [
            ticket for ticket in owned.tickets.get(person, ())
            if ticket["resolved_at"] is None and ticket["status"].lower() != "cancelled"
        ]  # fmt: skip
        bought = [event["at"] for event in owned.revenue.get(person, ())]
        own |= {f"{c}_interactions": sum(r["channel"] == c for r in mine) for c in CHANNELS}
        own |= ratio("csat", sum(given), len(given)) | {"unresolved_tickets": len(waiting)}
        own |= {f"has_{p}_consent": words.get((person, p)) for p in PURPOSES}
        own |= {f"campaigns_{kind}": len(c) for kind, c in campaigns(person).items()}
        own["account_key"] = contacts.get(person, {}).get("account_key")
        own["lifecycle_stage"] = _stage(own, bought, as_of)
        found[(person,)] = own
    return found


def _stage(own: Row, bought: list[datetime], as_of: datetime) -> str:
    if bought:
        return "lapsed" if max(bought) + YEAR < as_of else "customer"
    if own["open_deals"]:
        return "opportunity"
    return "contact" if own["last_contact_at"] else "silent"


def _consents(rows: Rows, as_of: datetime) -> dict[tuple[str, str], bool]:
    """The newest word of each person on each purpose; at one instant one that withholds counts."""
    found: dict[tuple[str, str], tuple[datetime, bool]] = {}
    for word in of_persons(rows, "consents"):
        key = (word["customer_key"], word["purpose"])
        if word["status"] == "pending" or word["occurred_at"] > as_of:
            continue
        said = (word["occurred_at"], word["status"] != "given")
        if key not in found or said > found[key]:
            found[key] = said
    return {key: not withholds for key, (_, withholds) in found.items()}


def _campaigns(rows: Rows, as_of: datetime) -> Any:
    events = of_persons(rows, "campaign_events")
    is_tracked = tracked(rows, as_of)
    bursts, by_person = _bursts(events), _by_owner(events, "customer_key")

    def by_kind(person: str) -> dict[str, set[str]]:
        mine = by_person.get(person, [])
        human = [
            event for event in mine
            if is_tracked(event) and event["user_agent_class"] not in ("privacy_proxy", "bot")
            and event["record_key"] not in bursts
        ]  # fmt: skip
        return {
            "received": {e["campaign_id"] for e in mine if e["event_type"] == "sent"},
            "opened": {e["campaign_id"] for e in human if e["event_type"] in ("open", "click")},
            "clicked": {e["campaign_id"] for e in human if e["event_type"] == "click"},
        }

    return by_kind


def _bursts(events: Sequence[Row]) -> set[str]:
    """Clicks that are one of five or more by one recipient within a second."""
    clicks: dict[tuple[Any, Any], list[Row]] = {}
    for event in events:
        if event["event_type"] == "click" and event["customer_key"]:
            clicks.setdefault((event["campaign_id"], event["customer_key"]), []).append(event)
    found = set()
    for mine in clicks.values():
        mine.sort(key=lambda event: (event["occurred_at"], event["record_key"]))
        for place in range(len(mine) - 4):
            five = mine[place : place + 5]
            if five[4]["occurred_at"] - five[0]["occurred_at"] <= timedelta(seconds=1):
                found |= {event["record_key"] for event in five}
    return found


def account_360(rows: Rows) -> dict[tuple[str], Row]:
    """account_360 by account."""
    contacts, owned = newest_contacts(rows), _Owned(rows, "account_key")
    known = Counter(contacts.get(person, {}).get("account_key") for person in persons(rows))
    return {
        (subject["subject_key"],): _common(subject["subject_key"], owned)
        | {"contacts": known[subject["subject_key"]]}
        for subject in rows["subjects"]
        if subject["kind"] == "account"
    }


def retention(rows: Rows, as_of: datetime) -> dict[tuple[date], Row]:
    """kpi_revenue_retention_monthly by month."""
    rates = Rates(rows.get("exchange_rates", ()))
    subscriptions = [s for s in of_persons(rows, "subscriptions") if s["started_at"] <= as_of]
    if not subscriptions:
        return {}
    found = {}
    first = min(s["started_at"] for s in subscriptions)
    month = start_of("month", local_day(first - timedelta(microseconds=1)))  # there at its end
    while midnight(end_of("month", month)) <= as_of:
        begin, end = midnight(month), midnight(end_of("month", month))
        buyers: dict[Any, list[tuple[Decimal, bool, bool]]] = {}
        excluded, is_there = 0, False
        for s in subscriptions:
            was, is_now = (
                s["started_at"] <= at and (s["ended_at"] is None or s["ended_at"] > at)
                for at in (begin, end)
            )
            stays = s["started_at"] <= end and (s["ended_at"] is None or s["ended_at"] > begin)
            is_there = is_there or stays
            amount = rates.convert(s["amount_per_month"], s["currency"], month)
            if amount is None:
                excluded += was or is_now
                continue
            key = s["account_key"] or s["customer_key"] or s["record_key"]
            buyers.setdefault(key, []).append((amount, was, is_now))
        if is_there:
            found[(month,)] = _retention(list(buyers.values())) | {"excluded_rows": excluded}
        month = end_of("month", month)
    return found


def _retention(buyers: list[list[tuple[Decimal, bool, bool]]]) -> Row:
    old, new = [], []
    for subscriptions in buyers:
        before = total(amount for amount, was, _ in subscriptions if was)
        after = total(amount for amount, _, is_now in subscriptions if is_now)
        was = any(was for _, was, _ in subscriptions)
        stays = any(is_now for _, _, is_now in subscriptions)
        if was:
            old.append((before, after, stays))
        elif stays:
            new.append(after)
    start = total(before for before, _, _ in old)
    return {
        **ratio("net_revenue_retention", total(a for _, a, _ in old), start),
        **ratio("gross_revenue_retention", total(min(b, a) for b, a, _ in old), start),
        **ratio("customer_churn_rate", sum(not stays for _, _, stays in old), len(old)),
        "new_revenue": total(new),
        "new_customers": len(new),
    }
