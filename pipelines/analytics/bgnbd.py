"""How often customers come back, and whether they still do: the BG/NBD model.

While alive a customer buys as a Poisson process; after each purchase it leaves with a chance of its
own. Rates are gamma distributed over customers (r, alpha), chances beta (a, b). Time is in weeks.
Everything is vectorised; nothing here knows a person.

Source: Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way: An Alternative to the
Pareto/NBD Model, Marketing Science 24(2); equations (6), (7) and (10).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, hyp2f1, psi

Floats = npt.NDArray[np.float64]
_BOUNDS: Final = (-9.0, 9.0)  # of the logarithms: between 1/8000 and 8000


class PurchaseModel(NamedTuple):
    """The four parameters; all positive, ``alpha`` in weeks."""

    r: float
    alpha: float
    a: float
    b: float


class Histories(NamedTuple):
    """Purchases of customers: repeats, weeks from the first to the last, weeks since the first."""

    frequency: Floats
    recency: Floats
    age: Floats


def fit(histories: Histories, weights: Floats | None = None) -> PurchaseModel:
    """The parameters under which these histories are likeliest.

    Args:
        histories: One or more customers, each with ``0 <= recency <= age``.
        weights: How many customers have each history; one each by default.

    Returns:
        The maximum by L-BFGS-B with the exact gradient, from one fixed start: the same histories
        in the same order give the same bits.
    """
    from scipy.optimize import minimize  # half a second, which a run without a fit does not pay

    many = np.ones_like(histories.age) if weights is None else weights
    start = np.log([1.0, max(float(np.average(histories.age, weights=many)) / 4, 0.1), 1.0, 3.0])
    found = minimize(
        _loss, start, args=(histories, many), jac=True, method="L-BFGS-B",
        bounds=[_BOUNDS] * 4, options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-8},
    )  # fmt: skip
    return PurchaseModel(*(float(value) for value in np.exp(found.x)))


def _loss(logs: Floats, histories: Histories, weights: Floats) -> tuple[float, Floats]:
    """Mean negative log likelihood and its gradient by the logarithms of the parameters."""
    r, alpha, a, b = np.exp(logs)
    x, recency, age = histories
    before = np.maximum(x, 1.0) - 1.0
    alive = -(r + x) * np.log(alpha + age)
    left = np.log(a) - np.log(b + before) - (r + x) * np.log(alpha + recency)
    both = np.where(x > 0, np.logaddexp(alive, left), alive)
    likelihood = (
        gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        + gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x) + both
    )  # fmt: skip
    is_left = np.where(x > 0, np.exp(left - both), 0.0)
    is_alive = 1.0 - is_left
    total = psi(a + b) - psi(a + b + x)
    slopes = (
        psi(r + x) - psi(r) + np.log(alpha)
        - is_alive * np.log(alpha + age) - is_left * np.log(alpha + recency),
        r / alpha - (r + x) * (is_alive / (alpha + age) + is_left / (alpha + recency)),
        total + is_left / a,
        total + psi(b + x) - psi(b) - is_left / (b + before),
    )  # fmt: skip
    customers = weights.sum()
    gradient = np.array([float(weights @ slope) for slope in slopes]) * np.exp(logs)
    return -float(weights @ likelihood) / float(customers), -gradient / customers


def probability_alive(model: PurchaseModel, histories: Histories) -> Floats:
    """The chance that each customer still buys; 1 without a repeat, as the model has it."""
    return 1.0 / (1.0 + _odds_left(model, histories))


def _odds_left(model: PurchaseModel, histories: Histories) -> Floats:
    x, recency, age = histories
    growth = (model.r + x) * np.log((model.alpha + age) / (model.alpha + recency))
    odds = model.a / (model.b + np.maximum(x, 1.0) - 1.0) * np.exp(np.minimum(growth, 700.0))
    return np.where(x > 0, odds, 0.0)


def expected_purchases(model: PurchaseModel, histories: Histories, weeks: float) -> Floats:
    """Purchases that each customer is expected to make in so many weeks from now."""
    r, alpha, a, b = model
    x, _, age = histories
    if abs(a - 1.0) < 1e-6:  # the formula divides by a - 1; its limit is what lies beside
        a = 1.0 + 1e-6
    share = (alpha + age) / (alpha + age + weeks)
    bought = hyp2f1(r + x, b + x, a + b + x - 1.0, 1.0 - share)
    shrunk = 1.0 - np.exp((r + x) * np.log(share)) * bought
    found = (a + b + x - 1.0) / (a - 1.0) * shrunk / (1.0 + _odds_left(model, histories))
    return np.asarray(np.maximum(found, 0.0), dtype=np.float64)
