"""Customer figures, once more: who may be profiled, recency, frequency and margin, churn."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.oracle.persons import of_persons, persons
from tests.oracle.rules import ZONE, Rates, days, local_day, total

Row = dict[str, Any]
Rows = Mapping[str, Sequence[Row]]
VOID = ("cancelled", "canceled", "void", "refunded", "returned")
YEAR = timedelta(days=365)


def profilable(rows: Rows, as_of: datetime) -> set[str]:
    """Who did not object and is no minor, as far as the year of birth can tell."""
    births: dict[str, int] = {}
    for contact in of_persons(rows, "contacts"):
        person, year = contact["customer_key"], contact.get("birth_year")
        if year is not None:
            births[person] = max(births.get(person, year), year)
    words: dict[tuple[str, str], list[Row]] = {}
    for word in of_persons(rows, "consents"):
        if word["status"] != "pending" and word["occurred_at"] <= as_of:
            words.setdefault((word["customer_key"], word["purpose"]), []).append(word)
    found = set()
    for person in persons(rows):
        year = births.get(person)
        if year is not None and year + 18 >= as_of.astimezone(ZONE).year:
            continue
        if all(_agrees(words.get((person, p), ())) for p in ("marketing", "profiling")):
            found.add(person)
    return found


def _agrees(words: Sequence[Row]) -> bool:
    """No word at all, or the newest gives; of equal instants one that withholds counts."""
    newest = max((word["occurred_at"] for word in words), default=None)
    return all(word["status"] == "given" for word in words if word["occurred_at"] == newest)


def _orders(rows: Rows, as_of: datetime) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for order in of_persons(rows, "orders"):
        is_standing = (order["status"] or "").lower() not in VOID
        if order["customer_key"] and is_standing and order["ordered_at"] <= as_of:
            found.setdefault(order["customer_key"], []).append(order)
    return found


def rfm(rows: Rows, as_of: datetime) -> dict[tuple[str], Row]:
    """customer_rfm by person."""
    rates = Rates(rows.get("exchange_rates", ()))
    may = profilable(rows, as_of)
    found: dict[tuple[str], Row] = {}
    for person, orders in _orders(rows, as_of).items():
        if person not in may:
            continue
        recent = [order for order in orders if order["ordered_at"] > as_of - YEAR]
        margins = [
            rates.convert(order["margin"], order["currency"], local_day(order["ordered_at"]))
            for order in recent
        ]
        found[(person,)] = {
            "days_since_last_order": days(max(o["ordered_at"] for o in orders), as_of),
            "orders_365_days": len(recent),
            "margin_365_days": total(margins),
            "excluded_margin_unknown": margins.count(None),
        }
    goodness: dict[str, Callable[[Row], Any]] = {
        "recency_quintile": lambda one: -one["days_since_last_order"],
        "frequency_quintile": lambda one: one["orders_365_days"],
        "monetary_quintile": lambda one: one["margin_365_days"],
    }
    people = list(found.values())
    for name, good in goodness.items():
        ranked = sorted(map(good, people))
        for one in people:
            one[name] = 1 + math.floor(5 * bisect_left(ranked, good(one)) / len(people))
    return found


def churn(rows: Rows, as_of: datetime) -> dict[tuple[str], Row]:
    """customer_churn by person."""
    subscriptions: dict[str, list[Row]] = {}
    for row in of_persons(rows, "subscriptions"):
        if row["customer_key"] and row["started_at"] <= as_of:
            subscriptions.setdefault(row["customer_key"], []).append(row)
    orders = _orders(rows, as_of)
    found: dict[tuple[str], Row] = {}
    for person in profilable(rows, as_of) & (subscriptions.keys() | orders.keys()):
        ends = [row["ended_at"] for row in subscriptions.get(person, ())]
        if ends:
            due = None if None in ends else max(ends)
        else:
            due = max(order["ordered_at"] for order in orders[person]) + YEAR
        found[(person,)] = {
            "churn_definition": "all_subscriptions_ended" if ends else "no_order_for_365_days",
            "is_churned": due is not None and due <= as_of,
            "churned_at": due if due is not None and due <= as_of else None,
        }
    return found
