"""Trends, correlations and signals: made of published cells, and of nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.oracle import trends
from tests.oracle.project import Project
from tests.oracle.rules import differences

AS_OF = datetime(2026, 4, 12, 9, 30, tzinfo=UTC)
FIRST = date(2022, 1, 1)
ONLY_READ = {
    "int_kpi_series": None,
    "kpi_trends": {"int_kpi_series"},
    "kpi_correlations": {"kpi_trends"},
    "kpi_signals": None,
}


@contextmanager
def _warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as connection:
        connection.execute("SET TimeZone = 'UTC'; ATTACH ':memory:' AS warehouse; USE warehouse")
        connection.execute("SET VARIABLE as_of = ?", [AS_OF.isoformat()])
        connection.execute("CREATE SCHEMA intermediate; CREATE SCHEMA marts")
        yield connection


@st.composite
def series(draw: st.DrawFn) -> trends.Series:
    """Seasons and growth, jumps, constants, hidden months, months that are not there."""
    found = {}
    for number in range(3):
        months = [trends.shifted(FIRST, n) for n in range(draw(st.sampled_from([5, 14, 30, 50])))]
        kind = draw(st.sampled_from(["season", "noise", "constant", "zero"]))
        gaps = draw(st.sets(st.sampled_from(months), max_size=4))
        hidden = draw(st.sets(st.sampled_from(months), max_size=3))
        level = draw(st.integers(1, 500))
        sizes = draw(st.sampled_from([[1.0], [1.0, 7.0, 250.0]]))
        found[("kpi_made", f"figure{number}")] = {
            month: (
                None if month in hidden else _figure(draw, kind, level, month),
                sizes[month.month % len(sizes)],
            )
            for month in months
            if month not in gaps
        }
    return found


def _figure(draw: st.DrawFn, kind: str, level: int, month: date) -> float:
    if kind == "constant":
        return float(level)
    if kind == "zero":
        return float(draw(st.sampled_from([0, 0, level])))
    noise = draw(st.integers(-50, 50)) / 8
    return level + noise if kind == "noise" else level * (1 + month.month % 4) + month.year + noise


WORTH = {f"figure{n}": price for n, price in enumerate((1.0, None, 2.5))}


def _insert(connection: duckdb.DuckDBPyConnection, made: trends.Series) -> None:
    connection.execute(
        "CREATE TABLE intermediate.int_kpi_series (table_name VARCHAR, kpi VARCHAR, "
        "good_direction INTEGER, period_start DATE, period_end DATE, figure DOUBLE, "
        "denominator DOUBLE, worth_eur DOUBLE, is_suppressed BOOLEAN)"
    )
    for (table, kpi), figures in made.items():
        for month, (figure, size) in figures.items():
            connection.execute(
                "INSERT INTO intermediate.int_kpi_series VALUES (?, ?, 1, ?, ?, ?, ?, ?, ?)",
                [
                    table, kpi, month, trends.shifted(month, 1), figure,
                    None if size == 1 else size, WORTH[kpi], figure is None,
                ],
            )  # fmt: skip


@settings(max_examples=40, deadline=None, derandomize=True, phases=[Phase.generate])
@given(made=series())
def test_trends_and_correlations_of_adversarial_series(
    project: Project, made: trends.Series
) -> None:
    with _warehouse() as connection:
        _insert(connection, made)
        tables = project.run_on(connection, "kpi_trends", "kpi_correlations")
    worth = {key: WORTH[key[1]] for key in made}
    expected = trends.trends(made, worth)
    sizes = {key: row.pop("size_money") for key, row in expected.items()}
    assert not differences(tables["kpi_trends"], expected, ["table_name", "kpi", "period_start"])
    for row in tables["kpi_trends"]:
        size = sizes[(row["table_name"], row["kpi"], row["period_start"])]
        assert (row["size_money"] is None) == (size is None)
        assert size is None or float(row["size_money"]) == pytest.approx(size, abs=1e-4)
    assert not differences(
        tables["kpi_correlations"], trends.correlations(made), ["figure", "other_figure"]
    )  # fmt: skip


def test_a_jump_out_of_its_season_is_unusual_and_the_season_is_not(project: Project) -> None:
    months = [trends.shifted(FIRST, n) for n in range(51)]
    # December is three times as good every year; one May falls to a tenth.
    made = {
        m: (100.0 * (3 if m.month == 12 else 1) + (m.year * 7 + m.month * 5) % 21, 1.0)
        for m in months
    }
    made[date(2025, 5, 1)] = (10.0, 1.0)
    with _warehouse() as connection:
        _insert(connection, {("kpi_made", "figure0"): made})
        rows = project.run_on(connection, "kpi_trends")["kpi_trends"]
    unusual = {row["period_start"] for row in rows if row["is_anomaly"]}
    assert date(2025, 5, 1) in unusual
    assert not {m for m in unusual if m.month == 12 and m.year >= 2024}


def test_they_read_only_what_is_published(project: Project) -> None:
    # What they cannot see they cannot tell; so no hidden cell can come back through them.
    named = {key: node.name for key, node in project.models.items()}
    for node in project.models.values():
        if node.name not in ONLY_READ:
            continue
        parents = {named[parent] for parent in node.parents if parent in named}
        assert parents
        known = ONLY_READ[node.name]
        assert parents <= known if known else all(re.match("kpi_", parent) for parent in parents)


TABLES: dict[str, list[dict[str, Any]]] = {
    "kpi_trends": [
        {"table_name": "kpi_sales_monthly", "kpi": "won_revenue", "good_direction": 1,
         "period_start": date(2026, n, 1), "figure": 100_000.0, "baseline": 140_000.0,
         "size_money": 40_000.0, "is_anomaly": n == 3}
        for n in (1, 2, 3)
    ],
    "kpi_revenue_retention_monthly": [
        {"period_start": date(2026, 3, 1), "is_suppressed": False, "net_revenue_retention": 1.02,
         "gross_revenue_retention": 0.97, "gross_revenue_retention_numerator": 970.0,
         "gross_revenue_retention_denominator": 1000.0, "net_revenue_retention_numerator": 1020.0},
    ],
    "kpi_pipeline_snapshot": [
        {"level": "pipeline", "pipeline": name, "snapshot_date": day, "stale_deals": stale,
         "open_deals": open_deals, "weighted_pipeline": 1000.0}
        for name, day, stale, open_deals in (
            ("old", date(2026, 3, 1), 9, 10), ("new", date(2026, 4, 12), 6, 20),
            ("fresh", date(2026, 4, 12), 5, 20), ("hidden", date(2026, 4, 12), None, None),
        )
    ],
    "kpi_sales_monthly": [
        {"period_grain": "month", "period_start": date(2026, month, 1),
         "period_end": date(2026, month + 1, 1), "pipeline_coverage": 0.25,
         "pipeline_coverage_numerator": 1000.0, "pipeline_coverage_denominator": 4000.0}
        for month in (3, 4)
    ],
    "kpi_customer_segments_monthly": [
        {"segment_kind": "rfm", "segment": segment, "period_start": date(2026, 4, 1),
         "customers": customers, "margin_365_days": 5000.0, "clv": 700.0}
        for segment, customers in (("at_risk", 20), ("dormant", 30), ("champions", 40))
    ],
    "kpi_campaign": [
        {"campaign_id": name, "starts_at": datetime(2026, month, 2, tzinfo=UTC), "roas": roas, "is_sealed": True,
         "attributed_revenue": revenue, "cost": 100.0}
        for name, month, roas, revenue in (
            ("loss", 3, 0.4, 40.0), ("fair", 3, 1.5, 150.0), ("great", 3, 4.0, 400.0),
            ("later", 5, 0.1, 10.0),
        )
    ],
}  # fmt: skip


def test_signals_say_what_is_at_stake_and_nothing_of_what_is_hidden(project: Project) -> None:
    with _warehouse() as connection:
        for name, rows in TABLES.items():
            connection.register("made", _arrow(rows))
            connection.execute(f"CREATE TABLE marts.{name} AS SELECT * FROM made")
        signals = project.run_on(connection, "kpi_signals")["kpi_signals"]
    found = {
        (row["signal_kind"], row["slice"]): (row["direction"], float(row["size_money"]), row["priority"])
        for row in signals
    }  # fmt: skip
    assert found == {
        ("unusual_figure", ""): ("threat", 40_000.0, 1),
        ("recurring_revenue_lost", ""): ("threat", 360.0, 3),
        ("recurring_revenue_gained", ""): ("opportunity", 600.0, 3),
        ("pipeline_stands_still", "new"): ("threat", 300.0, 3),
        ("quota_out_of_reach", "month"): ("threat", 3000.0, 2),
        ("customers_at_risk", "at_risk"): ("threat", 5000.0, 2),
        ("customers_to_win_back", "dormant"): ("opportunity", 700.0, 3),
        ("campaign_costs_more", "loss"): ("threat", 60.0, 3),
        ("campaign_pays", "great"): ("opportunity", 300.0, 3),
    }
    assert all(row["evidence"] and row["suggested_action"] for row in signals)


def _arrow(rows: list[dict[str, Any]]) -> Any:
    import polars as pl

    return pl.DataFrame(rows, infer_schema_length=None).to_arrow()
