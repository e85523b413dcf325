"""Customers who buy and leave exactly as the models say, so that it is known what a fit must find."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from pipelines.analytics.bgnbd import Floats, Histories, PurchaseModel
from pipelines.analytics.gamma_gamma import MarginModel

PURCHASES = PurchaseModel(r=0.6, alpha=8.0, a=0.9, b=2.5)
MARGINS = MarginModel(p=4.0, q=3.5, gamma=50.0)


def purchases_of(customers: int, seed: int = 7) -> tuple[list[Floats], Floats]:
    """Per customer the weeks of all purchases after the first, and the age in weeks."""
    rng = np.random.default_rng(seed)
    rates = rng.gamma(PURCHASES.r, 1 / PURCHASES.alpha, customers)
    leaving = rng.beta(PURCHASES.a, PURCHASES.b, customers)
    ages = np.round(rng.uniform(60, 200, customers) * 7) / 7
    found = []
    for rate, leaves, age in zip(rates, leaving, ages, strict=True):
        bought, week = [], 0.0
        while True:
            week += rng.exponential(1 / rate)
            if week > age:
                break
            bought.append(np.ceil(week * 7) / 7)
            if rng.random() < leaves:
                break
        found.append(np.array(bought))
    return found, ages


def histories(bought: list[Floats], until: Floats) -> Histories:
    """What was bought up to a week of each customer's own count."""
    seen = [weeks[weeks <= end] for weeks, end in zip(bought, until, strict=True)]
    return Histories(
        np.array([float(len(weeks)) for weeks in seen]),
        np.array([weeks.max(initial=0.0) for weeks in seen]),
        until,
    )


def frame(customers: int, seed: int = 7, held_weeks: int = 26) -> pl.DataFrame:
    """``int_customer_purchases`` of simulated customers, each with margins of its own."""
    bought, ages = purchases_of(customers, seed)
    rng = np.random.default_rng(seed + 1)
    scale = MARGINS.gamma / rng.gamma(MARGINS.q, 1.0, customers)
    parts = []
    for snapshot, day, until in (
        ("month", date(2026, 11, 1), ages),
        ("holdout", date(2026, 5, 3), ages - held_weeks),
    ):
        x, recency, age = histories(bought, until)
        means = rng.gamma(MARGINS.p * (x + 1), 1 / (x + 1)) * scale
        held = np.array([float((w > end).sum()) for w, end in zip(bought, until, strict=True)])
        parts.append(
            pl.DataFrame(
                {
                    "snapshot": snapshot, "snapshot_date": day,
                    "customer_key": [f"c{n}" for n in range(customers)],
                    "frequency": x, "recency_weeks": recency, "age_weeks": age,
                    "valued_purchases": x + 1, "margin_mean": means,
                    "holdout_purchases": held, "holdout_margin": held * MARGINS.p * scale,
                }
            )
        )  # fmt: skip
    return pl.concat(parts)
