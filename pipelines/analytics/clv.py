"""Customer lifetime value: expected margin times the chance to be alive, over a horizon, discounted.

Owns the fit, its error on a period held out, and the value of each customer. One row of the
result of :func:`fit_models` is one fitted model; :func:`value` applies the newest.

Source: docs/decisions/0080; the models are in :mod:`bgnbd` and :mod:`gamma_gamma`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple

import numpy as np
import polars as pl

from pipelines.analytics import bgnbd, gamma_gamma
from pipelines.analytics.bgnbd import Floats, Histories, PurchaseModel
from pipelines.analytics.gamma_gamma import MarginModel

HORIZON_DAYS: Final = 365
DISCOUNT_RATE: Final = 0.10
"""Per year."""
STEPS: Final = 12
"""Parts of the horizon; what is bought in one is discounted from its middle."""
MINIMUM_CUSTOMERS: Final = 100
MINIMUM_REPEATERS: Final = 30
_PARAMETERS: Final = (*PurchaseModel._fields, *MarginModel._fields)
_COUNTED: Final = ("customers", "repeat_customers", "holdout_customers", "holdout_buyers")
_HISTORY: Final = (
    "frequency", "recency_weeks", "age_weeks", "valued_purchases", "margin_mean",
    "holdout_purchases", "holdout_margin",
)  # fmt: skip

MODEL_SCHEMA: Final = {
    "fitted_on": pl.Date, "state": pl.String,
    "is_suppressed": pl.Boolean, "customers": pl.Int64, "repeat_customers": pl.Int64,
    **dict.fromkeys(_PARAMETERS, pl.Float64),
    "holdout_days": pl.Int64, "holdout_customers": pl.Int64, "holdout_buyers": pl.Int64,
    **{
        f"{kind}_{measure}": pl.Float64
        for measure in ("purchases", "margin")
        for kind in ("expected", "actual", "absolute_error", "baseline_error")
    },
}  # fmt: skip
VALUE_SCHEMA: Final = {
    "snapshot": pl.String, "customer_key": pl.String, "fitted_on": pl.Date,
    "probability_alive": pl.Float64, "expected_purchases": pl.Float64,
    "expected_margin_per_purchase": pl.Float64, "clv": pl.Float64,
    "horizon_days": pl.Int64, "discount_rate": pl.Float64,
}  # fmt: skip


class _Models(NamedTuple):
    purchases: PurchaseModel
    margins: MarginModel | None


def fit_models(purchases: pl.DataFrame, known: pl.DataFrame, few: int) -> pl.DataFrame:
    """Fit on all that was bought before this month, and measure the error on a part held out.

    Args:
        purchases: Of ``int_customer_purchases``: a row per snapshot (``month``, ``holdout``) and
            person who may be profiled.
        known: The models that stand, oldest first.
        few: Fewer persons than this are never told about, nor is a difference of them.

    Returns:
        One row (``MODEL_SCHEMA``), and none where the month has its model: an erasure afterwards
        changes no figure of it, nor does the difference of two versions tell who is gone.

    Privacy: pseudonymous rows in; parameters and sums over at least 100 persons out.
    """
    month, calibration = (
        purchases.filter(pl.col("snapshot") == name).sort(_HISTORY) for name in ("month", "holdout")
    )
    if month.is_empty() or _attempted(known, month["snapshot_date"][0], ("fitted",)):
        return pl.DataFrame(schema=MODEL_SCHEMA)
    row: dict[str, Any] = dict.fromkeys(MODEL_SCHEMA)
    repeaters = int((month["frequency"] > 0).sum())
    row |= {
        "fitted_on": month["snapshot_date"][0], "state": "too_few",
        "customers": month.height, "repeat_customers": repeaters,
    }  # fmt: skip
    models = _fit(month)
    if models:
        row |= {"state": "fitted"} | models.purchases._asdict()
        row |= models.margins._asdict() if models.margins else {}
        row |= _holdout(calibration, month["snapshot_date"][0], few)
    elif _attempted(known, row["fitted_on"], ("too_few",)):
        return pl.DataFrame(schema=MODEL_SCHEMA)
    row["is_suppressed"] = _tells_about_few(row, known, few)
    return pl.DataFrame([row], schema=MODEL_SCHEMA)


def _attempted(known: pl.DataFrame, month: date, states: Sequence[str]) -> bool:
    """Whether a model of the month stands in one of these states."""
    found = (pl.col("fitted_on") == month) & pl.col("state").is_in(states)
    return not known.filter(found).is_empty()


def _tells_about_few(row: dict[str, Any], known: pl.DataFrame, few: int) -> bool:
    """Whether a part of those counted is small, or the difference to what another month shows.

    Who bought twice, and who was there when the days held out began, were customers; who came back
    in those days bought twice. Such a day may also be the start of another month, or lie near it.
    """
    counted = [row[name] or 0 for name in _COUNTED]
    customers, repeaters, held, buyers = counted
    parts = [*counted, customers - repeaters, customers - held, repeaters - buyers, held - buyers]
    shown = known.filter(~pl.col("is_suppressed") & (pl.col("fitted_on") != row["fitted_on"]))
    for other in shown.iter_rows(named=True):
        parts.append(abs(held - other["customers"]) if held else 0)
        parts.append(abs(customers - (other["holdout_customers"] or customers)))
    for other in shown.tail(1).iter_rows(named=True):
        parts += [
            abs(now - (other[name] or 0)) for name, now in zip(_COUNTED, counted, strict=True)
        ]
    return any(0 < part < few for part in parts)


def _fit(rows: pl.DataFrame) -> _Models | None:
    if rows.height < MINIMUM_CUSTOMERS or (rows["frequency"] > 0).sum() < MINIMUM_REPEATERS:
        return None
    keys = ["frequency", "recency_weeks", "age_weeks"]
    grouped = rows.group_by(keys).len().sort(keys)
    purchases = bgnbd.fit(_histories(grouped), _floats(grouped, "len"))
    valued = rows.filter((pl.col("valued_purchases") > 0) & (pl.col("margin_mean") > 0))
    if valued.height < MINIMUM_CUSTOMERS:
        return _Models(purchases, None)
    margins = gamma_gamma.fit(_floats(valued, "valued_purchases"), _floats(valued, "margin_mean"))
    return _Models(purchases, margins)


def _holdout(rows: pl.DataFrame, end: date, few: int) -> dict[str, Any]:
    """What a model of the time before expected of the days held out, against what happened.

    The baseline says that everybody goes on buying as often as before, at the mean margin. Of margins
    nothing is said where those known of the days held out are fewer persons' than may be told about.
    """
    models = _fit(rows)
    if models is None:
        return {}
    days = (end - rows["snapshot_date"][0]).days
    weeks = days / 7
    histories = _histories(rows)
    expected = bgnbd.expected_purchases(models.purchases, histories, weeks)
    actual = _floats(rows, "holdout_purchases")
    before = histories.frequency / np.maximum(histories.age, 1.0) * weeks
    found: dict[str, Any] = {
        "holdout_days": days, "holdout_customers": rows.height,
        "holdout_buyers": int((actual > 0).sum()),
    } | _errors("purchases", expected, actual, before)  # fmt: skip
    earned = _floats(rows, "holdout_margin")
    if models.margins and not 0 < int((earned != 0).sum()) < few:
        each = _margins(models.margins, rows)
        mean = float(np.average(each, weights=histories.frequency + 1.0))
        found |= _errors("margin", expected * each, earned, before * mean)
    return found


def _errors(measure: str, expected: Floats, actual: Floats, baseline: Floats) -> dict[str, Any]:
    return {
        f"expected_{measure}": float(expected.sum()),
        f"actual_{measure}": float(actual.sum()),
        f"absolute_error_{measure}": float(np.abs(expected - actual).sum()),
        f"baseline_error_{measure}": float(np.abs(baseline - actual).sum()),
    }


def value(purchases: pl.DataFrame, models: pl.DataFrame) -> pl.DataFrame:
    """The value of each person at each snapshot but the one held out.

    Args:
        purchases: Of ``int_customer_purchases``.
        models: Of :func:`fit_models`, oldest first; the last one counts.

    Returns:
        ``VALUE_SCHEMA``; figures are NULL where no model could be fitted. Money is in the
        currency of the margins, over ``HORIZON_DAYS``.

    Privacy: pseudonymous rows in and out; scores of persons, for analysts only.
    """
    rows = purchases.filter(pl.col("snapshot") != "holdout").sort("snapshot", "customer_key")
    model = models.row(-1, named=True) if models.height else {"state": "too_few", "fitted_on": None}
    keys = rows.select(
        "snapshot", "customer_key", pl.lit(model["fitted_on"], pl.Date).alias("fitted_on"),
        *(pl.lit(None, pl.Float64).alias(name) for name in list(VALUE_SCHEMA)[3:-2]),
        pl.lit(HORIZON_DAYS, pl.Int64).alias("horizon_days"),
        pl.lit(DISCOUNT_RATE).alias("discount_rate"),
    )  # fmt: skip
    if model["state"] != "fitted" or rows.is_empty():
        return keys
    fitted = PurchaseModel(*(model[name] for name in PurchaseModel._fields))
    histories = _histories(rows)
    steps = _bought_by_step(fitted, histories)
    found = keys.with_columns(
        pl.Series("probability_alive", bgnbd.probability_alive(fitted, histories)),
        pl.Series("expected_purchases", steps.sum(axis=0)),
    )
    if model["p"] is None:
        return found
    each = _margins(MarginModel(model["p"], model["q"], model["gamma"]), rows)
    middles = (np.arange(STEPS) + 0.5) * HORIZON_DAYS / STEPS / 365
    discounts = (1 + DISCOUNT_RATE) ** -middles
    return found.with_columns(
        pl.Series("expected_margin_per_purchase", each),
        pl.Series("clv", (steps * discounts[:, None]).sum(axis=0) * each),
    )


def _bought_by_step(model: PurchaseModel, histories: Histories) -> Floats:
    """Expected purchases within each step of the horizon, a row per step."""
    until = np.stack(
        [
            bgnbd.expected_purchases(model, histories, HORIZON_DAYS / 7 * (step + 1) / STEPS)
            for step in range(STEPS)
        ]
    )
    return np.diff(until, axis=0, prepend=0.0)


def _margins(model: MarginModel, rows: pl.DataFrame) -> Floats:
    return gamma_gamma.expected_margin(
        model, _floats(rows, "valued_purchases"), _floats(rows, "margin_mean")
    )


def _histories(rows: pl.DataFrame) -> Histories:
    return Histories(*(_floats(rows, n) for n in ("frequency", "recency_weeks", "age_weeks")))


def _floats(rows: pl.DataFrame, column: str) -> Floats:
    return rows[column].cast(pl.Float64).fill_null(0.0).to_numpy()
