"""Lifetime value: parameters are recovered, the error is measured, and nothing is fitted twice."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from pipelines.analytics import bgnbd, gamma_gamma
from pipelines.analytics.bgnbd import Histories, PurchaseModel
from pipelines.analytics.clv import MODEL_SCHEMA, fit_models, value
from pipelines.analytics.gamma_gamma import MarginModel
from tests.analytics.simulated import MARGINS, PURCHASES, frame, histories, purchases_of

NONE = pl.DataFrame(schema=MODEL_SCHEMA)


@pytest.fixture(scope="module")
def purchases() -> pl.DataFrame:
    return frame(6000)


@pytest.fixture(scope="module")
def models(purchases: pl.DataFrame) -> pl.DataFrame:
    return fit_models(purchases, NONE, 10)


def test_fit_recovers_the_parameters_of_simulated_customers() -> None:
    bought, ages = purchases_of(20_000)
    fitted = bgnbd.fit(histories(bought, ages))
    assert fitted == pytest.approx(PURCHASES, rel=0.12)


def test_fit_recovers_the_parameters_of_simulated_margins() -> None:
    rng = np.random.default_rng(3)
    purchases = rng.integers(1, 12, 20_000).astype(float)
    scale = MARGINS.gamma / rng.gamma(MARGINS.q, 1.0, 20_000)
    means = rng.gamma(MARGINS.p * purchases, 1 / purchases) * scale
    assert gamma_gamma.fit(purchases, means) == pytest.approx(MARGINS, rel=0.12)


def test_fit_finds_a_maximum(purchases: pl.DataFrame, models: pl.DataFrame) -> None:
    # The exact gradient could be wrong in a way that stops early; the likelihood cannot.
    month = purchases.filter(pl.col("snapshot") == "month")
    told = Histories(*(month[n].to_numpy() for n in ("frequency", "recency_weeks", "age_weeks")))
    fitted = [models[name][0] for name in PurchaseModel._fields]
    best = bgnbd._loss(np.log(fitted), told, np.ones(month.height))[0]
    for place in range(4):
        for factor in (0.97, 1.03):
            other = [v * factor if n == place else v for n, v in enumerate(fitted)]
            assert bgnbd._loss(np.log(other), told, np.ones(month.height))[0] > best


def test_grouped_histories_give_the_fit_of_single_ones() -> None:
    single = Histories(*(np.round(part) for part in histories(*purchases_of(20_000))))
    rows, many = np.unique(np.array(single), axis=1, return_counts=True)
    assert 1 < rows.shape[1] < 20_000
    grouped = bgnbd.fit(Histories(*rows), many.astype(float))
    assert grouped == pytest.approx(bgnbd.fit(single), rel=1e-4)


def test_held_out_purchases_are_foretold_better_than_by_going_on(models: pl.DataFrame) -> None:
    row = models.row(0, named=True)
    assert row["expected_purchases"] == pytest.approx(row["actual_purchases"], rel=0.1)
    assert row["absolute_error_purchases"] < row["baseline_error_purchases"]
    assert row["absolute_error_margin"] < row["baseline_error_margin"]
    assert row["holdout_days"] == 182


def test_model_stands_for_its_month(purchases: pl.DataFrame, models: pl.DataFrame) -> None:
    # A second model of the month, after an erasure, would tell by its counts about one person.
    changed = purchases.with_columns(pl.col("age_weeks") + 1)
    assert fit_models(changed, models, 10).is_empty()
    next_month = changed.with_columns(pl.col("snapshot_date").dt.offset_by("1mo"))
    assert fit_models(next_month, models, 10).height == 1


def test_month_with_too_few_has_one_row_until_there_are_enough() -> None:
    attempt = fit_models(frame(99), NONE, 10)
    assert fit_models(frame(98), attempt, 10).is_empty()
    assert fit_models(frame(6000), attempt, 10)["state"].to_list() == ["fitted"]


def test_order_of_rows_and_pseudonyms_do_not_change_a_bit(
    purchases: pl.DataFrame, models: pl.DataFrame
) -> None:
    other = purchases.with_columns(pl.col("customer_key") + "x").sample(
        fraction=1.0, shuffle=True, seed=6
    )
    assert fit_models(other, NONE, 10).equals(models)


def test_too_few_customers_have_no_model_and_no_value() -> None:
    few = frame(99)
    models = fit_models(few, NONE, 10)
    assert models["state"].to_list() == ["too_few"]
    valued = value(few, models)
    assert valued.height == 99
    assert valued["clv"].null_count() == 99
    assert value(few, NONE)["clv"].null_count() == 99


def test_value_counts_who_left_and_who_lost_money(
    purchases: pl.DataFrame, models: pl.DataFrame
) -> None:
    rows = pl.DataFrame(
        {
            "snapshot": "now", "customer_key": ["alive", "gone", "loss", "unknown"],
            "frequency": [10.0, 10, 10, 0], "recency_weeks": [100.0, 20, 100, 0],
            "age_weeks": [101.0, 101, 101, 5], "valued_purchases": [11, 11, 11, 0],
            "margin_mean": [100.0, 100, -50, None],
        }
    )  # fmt: skip
    by = {row["customer_key"]: row for row in value(rows, models).iter_rows(named=True)}
    assert by["alive"]["probability_alive"] > 0.9 > 0.1 > by["gone"]["probability_alive"]
    assert by["alive"]["clv"] > 10 * by["gone"]["clv"] > 0
    assert by["loss"]["clv"] < 0
    mean = MarginModel(*(models[name][0] for name in MarginModel._fields))
    assert by["unknown"]["expected_margin_per_purchase"] == pytest.approx(
        mean.p * mean.gamma / (mean.q - 1)
    )
    undiscounted = by["alive"]["expected_purchases"] * by["alive"]["expected_margin_per_purchase"]
    assert undiscounted / 1.1 < by["alive"]["clv"] < undiscounted


def test_a_model_is_hidden_where_it_differs_from_a_shown_one_by_few(
    purchases: pl.DataFrame, models: pl.DataFrame
) -> None:
    def later(count: int) -> pl.DataFrame:
        known = models.with_columns(
            pl.col("fitted_on").dt.offset_by("-1mo"),
            pl.col("customers") - count,
        )
        return fit_models(purchases, known, 10)

    assert not models["is_suppressed"][0]
    assert [later(n)["is_suppressed"][0] for n in (0, 1, 9, 10)] == [False, True, True, False]
