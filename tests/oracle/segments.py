"""Segments and cohorts of customers, once more, with who is in each, for the attacker's test."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.oracle.clv import purchases
from tests.oracle.customers import VOID
from tests.oracle.persons import natural_accounts, of_persons, payer
from tests.oracle.rules import Rates, end_of, local_day, midnight, ratio, start_of, total

Row = dict[str, Any]
Rows = Mapping[str, Sequence[Row]]
Cell = tuple[date, str, str]


def _months(first: date, as_of: datetime) -> Iterator[date]:
    month = start_of("month", first)
    while month <= local_day(as_of):
        yield month
        month = end_of("month", month)


def members(rows: Rows, as_of: datetime) -> dict[Cell, set[str]]:
    """Who is in each segment of each month; value bands are left out, they need a model."""
    bought = purchases(rows, as_of)
    subscriptions: dict[str, list[Row]] = {}
    for row in of_persons(rows, "subscriptions"):
        if row["customer_key"]:
            subscriptions.setdefault(row["customer_key"], []).append(row)
    found: dict[Cell, set[str]] = {}
    first = min((day for days in bought.values() for day in days), default=None)
    for month in _months(first, as_of) if first else ():
        until = min(end_of("month", month), local_day(as_of) + timedelta(days=1))
        at = min(midnight(end_of("month", month)), as_of)
        before = {p: [d for d in days if d < until] for p, days in bought.items()}
        before = {person: days for person, days in before.items() if days}
        year = until - timedelta(days=365)
        recent = {
            person: sum(len(bought[person][day]) for day in days if day >= year)
            for person, days in before.items()
        }  # fmt: skip
        lasts = sorted(max(days) for days in before.values())
        counts = sorted(recent.values())
        for person, days in before.items():
            recency = _quintile(max(days), lasts)
            frequency = _quintile(recent[person], counts)
            started = [s for s in subscriptions.get(person, ()) if s["started_at"] <= at]
            is_lapsed = max(days) < year
            is_over = all(s["ended_at"] and s["ended_at"] <= at for s in started)
            for kind, segment in (
                ("rfm", _rfm(recency, frequency)),
                ("lifecycle", _lifecycle(days, until, is_lapsed)),
                ("churn", "churned" if (is_over if started else is_lapsed) else "retained"),
            ):
                found.setdefault((month, kind, segment), set()).add(person)
    return found


def _quintile(own: Any, ranked: list[Any]) -> int:
    return 1 + math.floor(5 * bisect_left(ranked, own) / len(ranked))


def _rfm(recency: int, frequency: int) -> str:
    if recency >= 4:
        return "champions" if frequency >= 4 else "loyal" if frequency == 3 else "promising"
    if recency == 3:
        return "loyal" if frequency >= 3 else "needs_attention"
    return "at_risk" if frequency >= 3 else "dormant"


def _lifecycle(days: list[date], until: date, is_lapsed: bool) -> str:
    if is_lapsed:
        return "lapsed"
    if min(days) >= until - timedelta(days=90):
        return "new"
    return "returning" if len(days) > 1 else "single_purchase"


def segments(rows: Rows, as_of: datetime) -> dict[Cell, Row]:
    """kpi_customer_segments_monthly without value bands, nothing hidden."""
    bought = purchases(rows, as_of)
    found = {}
    for (month, kind, segment), persons in members(rows, as_of).items():
        until = min(end_of("month", month), local_day(as_of) + timedelta(days=1))
        margins = [
            margin
            for person in persons
            for day, given in bought[person].items()
            if until - timedelta(days=365) <= day < until
            for margin in given
        ]
        found[(month, kind, segment)] = {
            "customers": len(persons),
            "orders_365_days": len(margins),
            "margin_365_days": total(margins),
        }
    return found


def contributors(rows: Rows, as_of: datetime, figure: str) -> dict[Cell, set[str]]:
    """Who of each segment has an order of 365 days, or one with a known margin."""
    bought = purchases(rows, as_of)
    found = {}
    for (month, kind, segment), people in members(rows, as_of).items():
        until = min(end_of("month", month), local_day(as_of) + timedelta(days=1))
        year = until - timedelta(days=365)
        found[(month, kind, segment)] = {
            person
            for person in people
            if any(
                figure == "orders_365_days" or margin is not None
                for day, margins in bought[person].items()
                if year <= day < until
                for margin in margins
            )
        }
    return found


def cohort_orders(rows: Rows, as_of: datetime) -> dict[tuple[str, bool], dict[date, list[Row]]]:
    """Orders that stand by customer (and whether it is a natural person) and month."""
    natural = natural_accounts(rows)
    rates = Rates(rows.get("exchange_rates", ()))
    found: dict[tuple[str, bool], dict[date, list[Row]]] = {}
    for order in of_persons(rows, "orders"):
        account = order.get("account_key")
        buyer = account or order["customer_key"]
        if not buyer or (order["status"] or "").lower() in VOID or order["ordered_at"] > as_of:
            continue
        day = local_day(order["ordered_at"])
        priced = {
            name: rates.convert(order[name], order["currency"], day)
            for name in ("amount", "margin")
        }
        months = found.setdefault((buyer, payer(order, natural) is not None), {})
        months.setdefault(start_of("month", day), []).append(priced)
    return found


def cohorts(rows: Rows, as_of: datetime) -> dict[tuple[date, date], Row]:
    """kpi_cohorts_monthly, nothing hidden."""
    buyers = cohort_orders(rows, as_of)
    found = {}
    for first in {min(months) for months in buyers.values()}:
        cohort = [months for months in buyers.values() if min(months) == first]
        for since, month in enumerate(_months(first, as_of)):
            active = [months[month] for months in cohort if month in months]
            orders = [order for given in active for order in given]
            found[(month, first)] = {
                "months_since": since,
                "cohort_customers": len(cohort),
                **ratio("retention_rate", len(active), len(cohort)),
                "orders": len(orders),
                "revenue": total(order["amount"] for order in orders) or Decimal(0),
                "margin": total(order["margin"] for order in orders) or Decimal(0),
                "excluded_margin_unknown": sum(order["margin"] is None for order in orders),
                "excluded_rows": sum(order["amount"] is None for order in orders),
            }
    return found
