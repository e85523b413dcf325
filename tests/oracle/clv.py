"""Lifetime value, once more: purchases counted by hand, expectations by integration instead of 2F1.

The parameters are those that were fitted; that a fit finds a maximum is tested elsewhere. Given
them, the chance to be alive is Bayes' rule over the two likelihoods, and what is bought is the
integral over the chance of leaving, its posterior being a beta while alive.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.oracle.customers import VOID, profilable
from tests.oracle.persons import of_persons
from tests.oracle.rules import Rates, local_day, start_of

Row = dict[str, Any]
Rows = Mapping[str, Sequence[Row]]
_STEP = 1 / 32


def purchases(rows: Rows, as_of: datetime) -> dict[str, dict[date, list[Decimal | None]]]:
    """Per person who may be profiled the local days of orders that stand, with their margins."""
    rates = Rates(rows.get("exchange_rates", ()))
    may = profilable(rows, as_of)
    found: dict[str, dict[date, list[Decimal | None]]] = {}
    for order in of_persons(rows, "orders"):
        person, day = order["customer_key"], local_day(order["ordered_at"])
        is_standing = (order["status"] or "").lower() not in VOID
        if person in may and is_standing and order["ordered_at"] <= as_of:
            margin = rates.convert(order["margin"], order["currency"], day)
            found.setdefault(person, {}).setdefault(day, []).append(margin)
    return found


def histories(rows: Rows, as_of: datetime) -> dict[tuple[str, str], Row]:
    """int_customer_purchases by snapshot and person."""
    month = start_of("month", local_day(as_of))
    held = month - timedelta(days=182)
    snapshots = {
        "now": (local_day(as_of), local_day(as_of) + timedelta(days=1), None),
        "month": (month, month, None),
        "holdout": (held, held, month),
    }
    found = {}
    for person, days in purchases(rows, as_of).items():
        for name, (at, until, end) in snapshots.items():
            before = sorted(day for day in days if day < until)
            later = [day for day in days if end and until <= day < end]
            if not before:
                continue
            known = [sum(m) for d in before if (m := _known(days[d]))]
            held_margin = sum((sum(_known(days[d])) for d in later), Decimal(0))
            found[(name, person)] = {
                "snapshot_date": at,
                "first_purchase_date": before[0],
                "last_purchase_date": before[-1],
                "purchases": len(before),
                "frequency": len(before) - 1,
                "recency_weeks": (before[-1] - before[0]).days / 7,
                "age_weeks": (at - before[0]).days / 7,
                "valued_purchases": len(known),
                "margin_mean": float(sum(known)) / len(known) if known else None,
                "excluded_margin_unknown": sum(days[d].count(None) for d in before),
                "holdout_purchases": len(later),
                "holdout_margin": float(held_margin),
            }
    return found


def _known(margins: list[Decimal | None]) -> list[Decimal]:
    return [margin for margin in margins if margin is not None]


def alive(model: Row, x: int, recency: float, age: float) -> float:
    """P(alive | data), from the likelihoods of still buying and of having left at the last one."""
    if x == 0:
        return 1.0
    stays = _beta(model["a"], model["b"] + x) - (model["r"] + x) * math.log(model["alpha"] + age)
    left = _beta(model["a"] + 1, model["b"] + x - 1) - (model["r"] + x) * math.log(
        model["alpha"] + recency
    )
    return 1 / (1 + math.exp(left - stays))


def bought(model: Row, x: int, age: float, weeks: float) -> float:
    """Purchases expected in so many weeks of a customer who is alive.

    The chance to leave may lie at its two ends nearly for certain, where an integral sees nothing;
    so the line between both ends is worked out, and only what differs from it is integrated.
    """
    scale, shape = model["alpha"] + age, model["r"] + x
    a, b = model["a"], model["b"] + x
    never = shape * weeks / scale
    at_once = -math.expm1(-shape * math.log1p(weeks / scale))

    def beside_the_line(p: float, q: float) -> float:
        # From p and 1 - p, so that neither end loses its digits.
        share = -math.expm1(-shape * math.log1p(p * weeks / scale)) / p
        density = math.exp((a - 1) * math.log(p) + (b - 1) * math.log(q) - _beta(a, b))
        return (share - never * q - at_once * p) * density

    # Nodes lie closest at the ends: where all customers are alike, the mass is around the mean.
    p, q = a / (a + b), b / (a + b)
    return (
        never * q
        + at_once * p
        + p * tanh_sinh(lambda u, _: beside_the_line(p * u, 1 - p * u))
        + q * tanh_sinh(lambda _, v: beside_the_line(1 - q * v, q * v))
    )


def tanh_sinh(f: Callable[[float, float], float]) -> float:
    """The integral from 0 to 1 of a function of p and 1 - p that may be infinite at both ends."""
    total = 0.0
    for step in range(-int(4 / _STEP), int(4 / _STEP) + 1):
        t = step * _STEP
        s = math.pi / 2 * math.sinh(t)
        p, q = 1 / (1 + math.exp(-2 * s)), 1 / (1 + math.exp(2 * s))
        weight = math.pi * math.cosh(t) * p * q
        if p > 0 and q > 0 and weight > 0:
            total += weight * f(p, q)
    return total * _STEP


def _beta(one: float, other: float) -> float:
    return math.lgamma(one) + math.lgamma(other) - math.lgamma(one + other)


def values(
    rows: Rows, as_of: datetime, model: Row, at: str = "now"
) -> dict[tuple[str], Row]:  # fmt: skip
    """customer_clv by person, under a fitted model; or at the start of the month."""
    found = {}
    for (snapshot, person), told in histories(rows, as_of).items():
        if snapshot != at:
            continue
        x, age = told["frequency"], told["age_weeks"]
        chance = alive(model, x, told["recency_weeks"], age)
        until = [0.0] + [chance * bought(model, x, age, 365 / 7 * k / 12) for k in range(1, 13)]
        n = told["valued_purchases"]
        own = model["p"] * n / (model["p"] * n + model["q"] - 1)
        of_all = model["p"] * model["gamma"] / (model["q"] - 1)
        margin = own * (told["margin_mean"] or 0.0) + (1 - own) * of_all
        worth = sum(
            (until[k + 1] - until[k]) * 1.1 ** (-(k + 0.5) / 12) for k in range(12)
        ) * margin  # fmt: skip
        found[(person,)] = {
            "purchases": told["purchases"],
            "probability_alive": chance,
            "expected_purchases": until[-1],
            "expected_margin_per_purchase": margin,
            "clv": worth,
        }
    return found


def differences(shown: Sequence[Row], expected: Mapping[tuple[str], Row]) -> list[str]:
    """Which figures of customer_clv are not those expected; money is rounded to four decimals."""
    found = {(row["customer_key"],): row for row in shown}
    if found.keys() != expected.keys():
        return ["not the same customers"]
    return [
        name
        for person, told in expected.items()
        for name, value in told.items()
        if not math.isclose(
            float(found[person][name]), value, rel_tol=1e-9, abs_tol=6e-5 if name == "clv" else 1e-9
        )
    ]
