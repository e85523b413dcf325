"""Attribution in plain Python: touches, paths and the credit of each touch, from source rows.

Shapley here is the definition itself, over every order in which channels can join.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from itertools import permutations
from typing import Any

from tests.oracle.persons import Rows, of_persons
from tests.oracle.rules import Rates, Row, local_day

WINDOW = timedelta(days=30)
HALF_LIFE = timedelta(days=7)
MODELS = ("first_touch", "last_touch", "linear", "position_based", "time_decay", "shapley")
_VOID = {"cancelled", "canceled", "void", "refunded", "returned"}


def tracked(rows: Rows, as_of: datetime) -> set[str]:
    """Who agreed to tracking; of words at one instant the one that withholds counts."""
    newest: dict[str, Row] = {}

    def rank(word: Row) -> tuple[Any, ...]:
        return (word["occurred_at"], word["status"] != "given")

    for word in of_persons(rows, "consents"):
        person = word["customer_key"]
        if word["purpose"] != "tracking" or word["status"] == "pending":
            continue
        if word["occurred_at"] <= as_of and (
            person not in newest or rank(word) > rank(newest[person])
        ):
            newest[person] = word
    return {person for person, word in newest.items() if word["status"] == "given"}


def touches(rows: Rows, as_of: datetime) -> list[Row]:
    """Every touch of a known person; machines are not in the rows that this is asked about."""
    agreed = tracked(rows, as_of)
    channels = {row["record_key"]: row["channel"] for row in rows.get("campaigns", ())}
    names = {"webform": "website", "phone": "phone", "meeting": "meeting"}
    found = []
    for row in of_persons(rows, "campaign_events"):
        if row["event_type"] == "click" and row["customer_key"] in agreed:
            channel = channels.get(row["campaign_id"]) or "campaign"
            found.append(_touch("click", channel, row))
    for row in of_persons(rows, "web_events"):
        if row["event_type"] == "form" and row["customer_key"] in agreed:
            found.append(_touch("form", "website", row))
    for row in of_persons(rows, "interactions"):
        if row["channel"] in names and row["customer_key"]:
            found.append(_touch("contact", names[row["channel"]], row))
    return sorted(found, key=lambda touch: (touch["at"], touch["touch_id"]))


def _touch(kind: str, channel: str, row: Row) -> Row:
    return {
        "touch_id": f"{kind}:{row['record_key']}",
        "channel": channel,
        "person": row["customer_key"],
        "at": row["occurred_at"],
    }


def shapley(channels: frozenset[str]) -> dict[str, Fraction]:
    """The mean, over all orders of joining, of what a channel adds to one conversion."""
    orders = list(permutations(sorted(channels)))
    credit = dict.fromkeys(channels, Fraction(0))
    for order in orders:
        present: set[str] = set()
        for channel in order:
            before = channels <= present
            present.add(channel)
            credit[channel] += Fraction(int(channels <= present) - int(before), len(orders))
    return credit


def divided(path: list[tuple[str, datetime]], converted_at: datetime) -> list[dict[str, float]]:
    """Credit by model of each touch of a path, channel and instant, oldest first."""
    count = len(path)
    names = [channel for channel, _ in path]
    by_channel = shapley(frozenset(names))
    weights = [0.5 ** ((converted_at - at) / HALF_LIFE) for _, at in path]
    found = []
    for place, channel in enumerate(names):
        ends = place in (0, count - 1)
        middle = 0.4 if ends else 0.2 / max(count - 2, 1)
        found.append(
            {
                "first_touch": float(place == 0),
                "last_touch": float(place == count - 1),
                "linear": 1 / count,
                "position_based": 1 / count if count < 3 else middle,
                "time_decay": weights[place] / sum(weights),
                "shapley": float(by_channel[channel] / names.count(channel)),
            }
        )
    return found


def attribution(rows: Rows, as_of: datetime) -> dict[tuple[Any, ...], Row]:
    """Rows of ``fct_attribution`` for orders, by order and place on the path."""
    known = touches(rows, as_of)
    rates = Rates(rows.get("exchange_rates", ()))
    found = {}
    for order in of_persons(rows, "orders"):
        if (order["status"] or "").lower() in _VOID:
            continue
        at = order["ordered_at"]
        path = [
            touch
            for touch in known
            if touch["person"] == order["customer_key"] and touch["at"] <= at < touch["at"] + WINDOW
        ]
        given = (
            divided([(touch["channel"], touch["at"]) for touch in path], at)
            if path
            else [dict.fromkeys(MODELS, 1.0)]
        )
        amount = rates.convert(order["amount"], order["currency"], local_day(at))
        for place, credit in enumerate(given):
            touch = path[place] if path else {"touch_id": None, "channel": "unattributed"}
            found[(order["record_key"], place + 1)] = {
                "touch_id": touch["touch_id"],
                "channel": touch["channel"],
                "touches": len(given),
                "is_attributed": bool(path),
                "amount": amount,
            } | {f"credit_{model}": credit[model] for model in MODELS}
    return found
