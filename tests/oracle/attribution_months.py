"""kpi_attribution_monthly, once more: credit, revenue and spend by month, channel and model."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from typing import Any

from tests.oracle.attribution import MODELS, attribution
from tests.oracle.campaigns import events, month_of, revenue
from tests.oracle.persons import Row, Rows
from tests.oracle.rules import Rates, money, ratio, start_of, total

Key = tuple[Any, ...]


def conversion_paths(rows: Rows, as_of: datetime) -> list[tuple[Row, list[Row]]]:
    """Every conversion with the touches on its path and the credit of each, oldest first."""
    conversions = {event["key"]: event for event in revenue(rows)}
    human = [event for event in events(rows) if not event["machine"]]
    # The persons of these events stand for those that were merged into them, and so they stay.
    told = attribution({**rows, "campaign_events": human}, as_of, list(conversions.values()))
    paths: dict[Any, list[Row]] = defaultdict(list)
    for (key, _), touch in sorted(told.items(), key=lambda item: item[0][1]):
        paths[key].append(touch)
    return [(conversions[key], path) for key, path in paths.items()]


def months(rows: Rows, as_of: datetime) -> dict[Key, Row]:
    """Every month and channel with a conversion or with spend, once for each model."""
    given: dict[Key, list[tuple[float, Decimal | None]]] = defaultdict(list)
    unrated: dict[Key, set[Any]] = defaultdict(set)
    for conversion, path in conversion_paths(rows, as_of):
        month = month_of(conversion["at"])
        for model in MODELS:
            for touch, share in zip(path, _shares(path, model), strict=True):
                given[month, touch["channel"], model].append((touch[f"credit_{model}"], share))
        for touch in path:
            if touch["amount"] is None:
                unrated[month, touch["channel"]].add(conversion["key"])
    spent = _spend(rows)
    return {
        (month, channel, model): _cell(
            given.get((month, channel, model), []),
            spent.get((month, channel), []),
            len(unrated.get((month, channel), ())),
        )
        for month, channel in {(month, channel) for month, channel, _ in given} | spent.keys()
        for model in MODELS
    }


def _shares(path: list[Row], model: str) -> list[Decimal | None]:
    """The amount by cumulated credit, so that the shares sum to it."""
    amount = path[0]["amount"]
    if amount is None:
        return [None] * len(path)
    found: list[Decimal | None] = []
    credit, before = 0.0, Decimal(0)
    for place, touch in enumerate(path):
        credit += touch[f"credit_{model}"]
        until = amount if place == len(path) - 1 else money(float(amount) * credit)
        found.append(until - before)
        before = until
    return found


def _spend(rows: Rows) -> dict[Key, list[Decimal | None]]:
    """What campaigns cost, by month and channel."""
    channels = {row["record_key"]: row["channel"] for row in rows.get("campaigns", ())}
    rates = Rates(rows.get("exchange_rates", ()))
    found: dict[Key, list[Decimal | None]] = defaultdict(list)
    for row in rows.get("costs", ()):
        if row["campaign_id"]:
            key = (
                start_of("month", row["cost_date"]),
                channels.get(row["campaign_id"]) or "campaign",
            )
            found[key].append(rates.convert(row["amount"], row["currency"], row["cost_date"]))
    return found


def _cell(
    given: list[tuple[float, Decimal | None]], spent: list[Decimal | None], unrated: int
) -> Row:
    known = [share for _, share in given if share is not None]
    earned = (total(known) if known else None) if given else Decimal(0)
    cost = total(spent) if spent and None not in spent else None
    return {
        "attributed_conversions": sum(credit for credit, _ in given) + 0.0,
        "attributed_revenue": earned, "cost": cost, "excluded_rows": unrated,
        **ratio("roas", earned, cost),
    }  # fmt: skip
