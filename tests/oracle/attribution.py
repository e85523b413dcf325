"""Attribution in plain Python: touches, paths and the credit of each touch, from source rows.

Shapley here is the definition itself, over every order in which channels can join. Markov is
walked, not solved: what is left on the way is carried from state to state until nothing is.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime, timedelta
from fractions import Fraction
from functools import lru_cache
from itertools import permutations
from typing import Any

from tests.oracle.persons import Rows, of_persons
from tests.oracle.rules import Rates, Row, local_day

WINDOW = timedelta(days=30)
HALF_LIFE = timedelta(days=7)
MODELS = (
    "first_touch", "last_touch", "linear", "position_based", "time_decay", "shapley", "markov",
)  # fmt: skip
_VOID = {"cancelled", "canceled", "void", "refunded", "returned"}


def tracked(rows: Rows, as_of: datetime) -> Callable[[Row], bool]:
    """Whether what a row tells happened while its person agreed to tracking, who agrees still."""
    words: dict[str, list[Row]] = {}
    for word in of_persons(rows, "consents"):
        is_word = word["purpose"] == "tracking" and word["status"] != "pending"
        if word["customer_key"] and is_word and word["occurred_at"] <= as_of:
            words.setdefault(word["customer_key"], []).append(word)

    def agrees(person: str, at: datetime) -> bool:
        # of words at one instant the one that withholds counts
        said = [(w["occurred_at"], w["status"] != "given") for w in words.get(person, ())]
        before = [word for word in said if word[0] <= at]
        return bool(before) and not max(before)[1]

    def is_tracked(row: Row) -> bool:
        person, at = row["customer_key"], row["occurred_at"]
        return bool(person and at and agrees(person, at) and agrees(person, as_of))

    return is_tracked


def touches(rows: Rows, as_of: datetime) -> list[Row]:
    """Every touch of a known person; machines are not in the rows that this is asked about."""
    is_tracked = tracked(rows, as_of)
    channels = {row["record_key"]: row["channel"] for row in rows.get("campaigns", ())}
    names = {"webform": "website", "phone": "phone", "meeting": "meeting"}
    found = []
    for row in of_persons(rows, "campaign_events"):
        if row["event_type"] == "click" and is_tracked(row):
            channel = channels.get(row["campaign_id"]) or "campaign"
            found.append(_touch("click", channel, row))
    for row in of_persons(rows, "web_events"):
        if row["event_type"] == "form" and is_tracked(row):
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


@lru_cache
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


def walked(journeys: list[list[str]], removed: str = "") -> float:
    """Share of journeys that convert; who comes to the removed channel comes to nothing."""
    after: dict[str, Counter[str]] = defaultdict(Counter)
    for journey in journeys:
        for state, following in itertools.pairwise(["start", *journey]):
            after[state][following] += 1
    on_the_way, converted = {"start": 1.0}, 0.0
    while sum(on_the_way.values()) > 1e-14:
        arrived: dict[str, float] = defaultdict(float)
        for state, share in on_the_way.items():
            for following, count in after[state].items():
                arrived[following] += share * count / after[state].total()
        converted += arrived.pop("conversion", 0.0)
        on_the_way = {s: share for s, share in arrived.items() if s not in ("nothing", removed)}
    return converted


def markov(journeys: list[list[str]]) -> dict[str, float]:
    """The removal effect of each channel; a journey ends in ``conversion`` or ``nothing``."""
    whole = walked(journeys)
    channels = {state for journey in journeys for state in journey[:-1]}
    return {c: (1 - walked(journeys, c) / whole) if whole else 0.0 for c in channels}


def fruitless(known: list[Row], used: set[str], as_of: datetime) -> list[list[str]]:
    """Journeys of touches that led to nothing, their window being over."""
    found: list[list[str]] = []
    last: dict[str, tuple[datetime, list[str]]] = {}
    for touch in known:
        if touch["touch_id"] in used or touch["at"] + WINDOW > as_of:
            continue
        at, journey = last.get(touch["person"], (None, None))
        if at is None or journey is None or touch["at"] >= at + WINDOW:
            journey = []
            found.append(journey)
        journey.append(touch["channel"])
        last[touch["person"]] = (touch["at"], journey)
    return [[*journey, "nothing"] for journey in found]


def divided(
    path: list[tuple[str, datetime]], converted_at: datetime, effects: dict[str, float]
) -> list[dict[str, float]]:
    """Credit by model of each touch of a path, channel and instant, oldest first."""
    count = len(path)
    names = [channel for channel, _ in path]
    by_channel = shapley(frozenset(names))
    removal = sum(effects[channel] for channel in set(names))
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
                "markov": effects[channel] / removal / names.count(channel),
            }
        )
    return found


def attribution(
    rows: Rows, as_of: datetime, conversions: list[Row] | None = None
) -> dict[tuple[Any, ...], Row]:
    """Rows of ``fct_attribution`` by conversion and place on the path.

    Args:
        rows: Source rows, without what machines did.
        as_of: Until when it is known that touches led to nothing.
        conversions: Key, person, instant and amount of each; orders that stand by default.
    """
    known = touches(rows, as_of)
    of_person: dict[str, list[Row]] = defaultdict(list)
    for touch in known:
        of_person[touch["person"]].append(touch)
    paths = [
        (conversion, [
            touch for touch in of_person.get(conversion["person"], ())
            if touch["at"] <= conversion["at"] < touch["at"] + WINDOW
        ])
        for conversion in (_orders(rows) if conversions is None else conversions)
    ]  # fmt: skip
    journeys = [[*(t["channel"] for t in path), "conversion"] for _, path in paths if path]
    used = {touch["touch_id"] for _, path in paths for touch in path}
    effects = markov(journeys + fruitless(known, used, as_of))
    found = {}
    for conversion, path in paths:
        given = (
            divided([(t["channel"], t["at"]) for t in path], conversion["at"], effects)
            if path
            else [dict.fromkeys(MODELS, 1.0)]
        )
        for place, credit in enumerate(given):
            touch = path[place] if path else {"touch_id": None, "channel": "unattributed"}
            found[(conversion["key"], place + 1)] = {
                "touch_id": touch["touch_id"],
                "channel": touch["channel"],
                "touches": len(given),
                "is_attributed": bool(path),
                "amount": conversion["amount"],
            } | {f"credit_{model}": credit[model] for model in MODELS}
    return found


def _orders(rows: Rows) -> list[Row]:
    rates = Rates(rows.get("exchange_rates", ()))
    return [
        {
            "key": order["record_key"], "person": order["customer_key"], "at": order["ordered_at"],
            "amount": rates.convert(
                order["amount"], order["currency"], local_day(order["ordered_at"])
            ),
        }
        for order in of_persons(rows, "orders")
        if (order["status"] or "").lower() not in _VOID
    ]  # fmt: skip
