"""What a purchase of a customer brings: the Gamma-Gamma model of margins.

Margins of one customer are gamma distributed with shape p around a mean of its own; means are
inverse gamma over customers (q, gamma). Whoever bought seldom is drawn towards the mean of all.

Source: Fader, Hardie and Lee (2005), RFM and CLV: Using Iso-Value Curves for Customer Base
Analysis, Journal of Marketing Research 42(4); Fader and Hardie (2013), The Gamma-Gamma Model of
Monetary Value, equations (1a) and (5).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, psi

Floats = npt.NDArray[np.float64]
_BOUNDS: Final = (-9.0, 9.0)


class MarginModel(NamedTuple):
    """Shape of the purchases, shape of the customers (above 1) and scale, in currency."""

    p: float
    q: float
    gamma: float


def fit(purchases: Floats, means: Floats) -> MarginModel:
    """The parameters under which these mean margins are likeliest.

    Args:
        purchases: How many purchases each mean is of, at least 1.
        means: Mean margin of each customer, above 0.

    Returns:
        The maximum, with margins scaled by their mean while it is looked for.
    """
    from scipy.optimize import minimize  # half a second, which a run without a fit does not pay

    scale = float(np.mean(means))
    start = np.log([2.0, 3.0, 2.0])
    found = minimize(
        _loss, start, args=(purchases, means / scale), jac=True, method="L-BFGS-B",
        bounds=[_BOUNDS, (0.01, 9.0), _BOUNDS],
        options={"maxiter": 500, "ftol": 1e-12, "gtol": 1e-8},
    )  # fmt: skip
    p, q, gamma = np.exp(found.x)
    return MarginModel(float(p), float(q), float(gamma) * scale)


def _loss(logs: Floats, purchases: Floats, means: Floats) -> tuple[float, Floats]:
    p, q, gamma = np.exp(logs)
    shape, total = p * purchases, gamma + purchases * means
    likelihood = (
        gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(gamma)
        + (shape - 1.0) * np.log(means) + shape * np.log(purchases) - (shape + q) * np.log(total)
    )  # fmt: skip
    slopes = (
        purchases * (psi(shape + q) - psi(shape) + np.log(means * purchases) - np.log(total)),
        psi(shape + q) - psi(q) + np.log(gamma) - np.log(total),
        q / gamma - (shape + q) / total,
    )
    gradient = np.array([float(np.mean(slope)) for slope in slopes]) * np.exp(logs)
    return -float(np.mean(likelihood)), -gradient


def expected_margin(model: MarginModel, purchases: Floats, means: Floats) -> Floats:
    """The margin of a customer's next purchase.

    It is a weighted mean of the margin of all and of the customer's own, so that it holds for a
    customer with a loss too, whom the fit leaves out.

    Args:
        model: As fitted.
        purchases: How many purchases each mean is of; 0 gives the mean of all.
        means: Mean margin of each customer; whatever stands where there is no purchase is ignored.
    """
    p, q, gamma = model
    known = np.where(purchases > 0, means, 0.0)
    return p * (gamma + purchases * known) / (p * purchases + q - 1.0)
