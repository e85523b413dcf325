"""Metrics: declared beside every figure, and equal to the marts when MetricFlow answers them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from dbt_project import generate_semantic as semantic
from pipelines.common.errors import UsageError
from pipelines.common.settings import Home, Settings
from pipelines.warehouse.connection import attach, open_instance
from pipelines.warehouse.metrics import STORE, Metrics, Question
from tests.support.metrics import cells_and_faults
from tests.support.warehouse import KEY, Warehouse

TABLES = semantic.tables()
SHOWN_MONTHS = (
    f"select period_start from {STORE}.marts.kpi_sales_monthly "
    "where period_grain = 'month' and not is_suppressed"
)


def test_generated_files_are_what_the_marts_say() -> None:
    expected = semantic.files()
    kept = {path: path.read_text(encoding="utf-8") for path in expected if path.exists()}
    assert kept == expected, "run python -m dbt_project.generate_semantic"
    assert set(semantic.FOLDER.glob("*.yml")) <= set(expected)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_figure_is_defined_in_both_languages(table: semantic.Table) -> None:
    assert not semantic.undefined(table), "give the column meta.kpi: formula, unit and owner"
    dutch = semantic.dutch_formulas()
    missing = [kpi.formula for kpi in table.kpis if not dutch.get(kpi.formula)]
    assert not missing, "add the Dutch of it to dbt_project/formulas_nl"


def test_no_dutch_formula_is_left_behind() -> None:
    assert set(semantic.dutch_formulas()) == {k.formula for t in TABLES for k in t.kpis}


def test_metrics_have_one_name_each() -> None:
    names = [kpi.metric for table in TABLES for kpi in table.kpis]
    assert len(names) == len(set(names))


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory) -> Metrics:
    settings = Settings(home=tmp_path_factory.mktemp("metrics"))
    home = Home.of(settings)
    home.dbt.mkdir(parents=True)
    made = Metrics.of_project(home, settings)
    assert len(list(home.dbt.glob("metrics-*.json"))) == 1
    return made


@pytest.fixture(scope="module")
def published(built: Any, warehouse: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    """The marts that the project's tests built, under the alias of a publication."""
    with open_instance(warehouse.home.spill, warehouse.settings) as connection:
        attach(connection, warehouse.home.warehouse, KEY, alias=STORE, read_only=True)
        yield connection


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_metric_equals_the_cell_of_its_mart_hidden_ones_too(
    metrics: Metrics, published: duckdb.DuckDBPyConnection, table: semantic.Table
) -> None:
    _, faults = cells_and_faults(metrics, published, table)
    assert not faults


def test_a_ratio_over_cells_sums_its_parts_and_is_no_mean_of_ratios(
    metrics: Metrics, published: duckdb.DuckDBPyConnection
) -> None:
    query = metrics.sql(Question(["sales_monthly_win_rate"], (), shown_months()))
    ((rate,),) = published.execute(query).fetchall()
    ((parts, mean),) = published.execute(
        "select sum(win_rate_numerator) / sum(win_rate_denominator), avg(win_rate) "
        f"from {STORE}.marts.kpi_sales_monthly where period_grain = 'month' and not is_suppressed"
    ).fetchall()
    assert rate == pytest.approx(parts, rel=1e-12)
    assert rate != pytest.approx(mean, rel=1e-3)


def test_a_group_with_a_hidden_cell_has_no_figure(
    metrics: Metrics, published: duckdb.DuckDBPyConnection
) -> None:
    ((hidden, shown),) = published.execute(
        "select count(*) filter (is_suppressed), count(*) filter (won_deals > 0) "
        f"from {STORE}.marts.kpi_sales_monthly where period_grain = 'month'"
    ).fetchall()
    assert hidden
    assert shown
    names = ["sales_monthly_won_deals", "sales_monthly_win_rate"]
    query = metrics.sql(Question(names, (), metrics.at_grain(names, "month")))
    assert published.execute(query).fetchall() == [(None, None)]


def test_months_are_not_added_to_their_quarters(
    metrics: Metrics, published: duckdb.DuckDBPyConnection
) -> None:
    query = metrics.sql(Question(["support_monthly_tickets_created", "support_monthly_csat"]))
    assert published.execute(query).fetchall() == [(None, None)]


def test_a_median_is_of_one_cell_only(
    metrics: Metrics, published: duckdb.DuckDBPyConnection
) -> None:
    query = metrics.sql(Question(["sales_monthly_sales_cycle_days_median"], (), shown_months()))
    assert published.execute(query).fetchall() == [(None,)]


def test_parts_of_metrics_are_not_to_be_had(metrics: Metrics) -> None:
    for name in ("sales_monthly_of_win_rate_numerator", "campaign_of_cells", "nothing"):
        with pytest.raises(UsageError, match="no such metric"):
            metrics.sql(Question([name]))


def test_a_question_reads_key_figures_and_the_calendar_only(metrics: Metrics) -> None:
    tables = {kpi["table"] for kpi in metrics.declared.values()}
    assert {name.partition("_")[0] for name in tables} == {"kpi"}
    assert len(metrics.declared) == sum(len(table.kpis) for table in TABLES)


def shown_months() -> list[str]:
    """Months that are not hidden."""
    return [
        "{{ Dimension('sales_monthly__period_grain') }} = 'month'",
        f"{{{{ TimeDimension('sales_monthly__period_start', 'day') }}}} in ({SHOWN_MONTHS})",
    ]
