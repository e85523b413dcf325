"""Three data sets that nobody here wrote give their known figures, from file to published mart.

The figures are those of each set's SOURCE.md, computed from the raw file with other software.
Skipped where the sets are absent; they are never committed.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.batches.report import LandSummary
from pipelines.common.settings import Home, Settings
from pipelines.jobs import run_pipeline
from pipelines.runs import Deployment
from pipelines.warehouse.connection import connect_published
from tests.support.context import approve_all
from tests.support.parsed import know_project

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
AS_OF = datetime(2026, 11, 20, 6, tzinfo=UTC)


class Published:
    """A data set that went through the whole pipeline."""

    def __init__(self, name: str, data: Path, folder: Path) -> None:
        self.settings = Settings(home=folder / name, workers=1)
        with Deployment.create(self.settings) as deployment:
            approve_all(deployment.home)
            home = deployment.home
        know_project(home)
        shutil.copy(EXAMPLES / name / "source.yaml", home.sources / f"{name}.yaml")
        summary = run_pipeline(self.settings, sources=[name], from_path=data / name, as_of=AS_OF)
        self.landed: LandSummary = summary.landed

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """A query with the analyst's key on what is published."""
        home = Home.of(self.settings)
        with Deployment.open(self.settings) as deployment:
            key = deployment.keyring.role_key("analyst")
        connection = connect_published(home, key, self.settings)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def row(self, sql: str) -> tuple[Any, ...]:
        """A query's only row."""
        (row,) = self.rows(sql)
        return row


@pytest.fixture(scope="module")
def maven(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Published:
    return Published("maven_crm_sales", real_data, tmp_path_factory.mktemp("maven"))


@pytest.fixture(scope="module")
def hillstrom(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Published:
    return Published("hillstrom_email", real_data, tmp_path_factory.mktemp("hillstrom"))


@pytest.fixture(scope="module")
def tickets(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Published:
    return Published("support_tickets_kaggle", real_data, tmp_path_factory.mktemp("tickets"))


def test_maven_gives_the_known_figures_of_the_year(maven: Published) -> None:
    won, closed, revenue, rate, cycle = maven.row(
        "select won_deals, win_rate_denominator, won_revenue, win_rate, sales_cycle_days_mean "
        "from marts.kpi_sales_monthly where period_grain = 'year' and period_start = '2017-01-01'"
    )
    assert (won, closed - won, revenue) == (4238, 2473, 10_005_534)
    assert round(rate * 100, 2) == 63.15
    assert round(cycle, 2) == 51.78


def test_maven_gives_the_known_figures_of_each_quarter(maven: Published) -> None:
    assert maven.rows(
        "select won_deals, win_rate_denominator, won_revenue from marts.kpi_sales_monthly "
        "where period_grain = 'quarter' and period_start between '2017-01-01' and '2017-10-01' "
        "order by period_start"
    ) == [
        (531, 647, Decimal(1_134_672)),
        (1254, 2032, Decimal(3_086_111)),
        (1257, 2047, Decimal(2_982_255)),
        (1196, 1985, Decimal(2_802_496)),
    ]


def test_maven_keeps_deals_without_account(maven: Published) -> None:
    assert maven.row(
        "select count(*), count(*) filter (account_key is null) from marts.fct_deals"
    ) == (8800, 1425)


def test_maven_product_names_are_joined(maven: Published) -> None:
    unknown = maven.row(
        "select count(*) from marts.fct_deals where product_id not in "
        "('maven_crm_sales/GTX Pro', 'maven_crm_sales/GTX Basic', 'maven_crm_sales/GTX Plus Basic', "
        "'maven_crm_sales/GTX Plus Pro', 'maven_crm_sales/GTK 500', 'maven_crm_sales/MG Special', "
        "'maven_crm_sales/MG Advanced')"
    )
    assert unknown == (0,)


def test_maven_sellers_without_deals_have_null_not_zero(maven: Published) -> None:
    rates = maven.rows(
        "select any_value(win_rate_denominator), max(win_rate) from marts.kpi_sales_rep_monthly "
        "join marts.dim_user using (user_key) "
        "where period_grain = 'all' and manager_user_key is not null group by user_key"
    )
    assert len(rates) == 35
    assert sorted(r for r in rates if not r[0]) == [(0, None)] * 5


def test_maven_sellers_go_by_an_alias(maven: Published) -> None:
    names = [n for (n,) in maven.rows("select staff_alias from marts.dim_user order by 1")]
    assert len(set(names)) == 35 + 6  # sellers, and managers who are only referred to
    assert all(n.startswith("Seller ") for n in names)


@pytest.mark.parametrize(
    ("campaign", "sent", "conversion", "per_head", "total", "incremental"),
    [
        ("mens", 21307, 1.2531, 1.422617, Decimal("30311.69"), 0.769828),
        ("womens", 21387, 0.8837, 1.077202, Decimal("23038.11"), 0.424413),
    ],
)
def test_hillstrom_gives_the_known_effect_against_its_hold_out(
    hillstrom: Published, campaign: str, sent: int, conversion: float, per_head: float,
    total: Decimal, incremental: float,
) -> None:  # fmt: skip
    row = hillstrom.row(
        "select sent, conversion_rate, revenue_per_person_treatment, "
        "revenue_per_person_treatment_numerator, revenue_per_person_holdout, "
        "revenue_per_person_holdout_numerator, incremental_revenue_per_person "
        f"from marts.kpi_campaign where campaign_id = 'hillstrom_email/{campaign}'"
    )
    assert row[0] == sent
    assert round(row[1] * 100, 4) == conversion
    assert round(row[2], 6) == per_head
    assert row[3] == total
    assert round(row[4], 6) == 0.652789
    assert row[5] == Decimal("13908.33")
    # The reference subtracts rounded means: it may differ by one in the sixth place.
    assert abs(row[6] - incremental) < 1.5e-6


def test_hillstrom_keeps_all_customers_although_rows_are_identical(hillstrom: Published) -> None:
    assert hillstrom.row(
        "select count(*), count(distinct customer_key) from marts.dim_customer"
    ) == (64_000, 64_000)
    assert hillstrom.landed.entities["contacts"].landed == 64_000


def test_tickets_land_and_the_empty_row_is_put_aside(tickets: Published) -> None:
    counts = tickets.landed.entities
    assert counts["tickets"].landed == 8469
    assert (counts["unreadable"].rows_read, counts["unreadable"].quarantined) == (1, 1)
    assert tickets.row("select count(*) from marts.fct_tickets") == (8469,)


def test_tickets_resolved_before_their_reply_are_excluded_and_counted(tickets: Published) -> None:
    (excluded,) = tickets.row(
        "select count(*) from marts.fct_tickets where exclusion_reason = 'resolved_before_first_response'"
    )
    assert excluded == 1365
    assert (
        tickets.row(
            "select excluded_resolved_before_first_response, tickets_undated "
            "from marts.kpi_support_monthly where period_grain = 'all'"
        )[0]
        == 1365
    )


def test_tickets_without_creation_have_no_first_response_duration(tickets: Published) -> None:
    assert tickets.row("select count(first_response_minutes) from marts.fct_tickets") == (0,)
    assert tickets.rows(
        "select distinct first_response_minutes_median from marts.kpi_support_monthly"
    ) == [(None,)]


def test_tickets_satisfaction_is_that_of_the_closed(tickets: Published) -> None:
    (mean,) = tickets.row(
        "select survey_score_mean from marts.kpi_support_monthly where period_grain = 'all'"
    )
    assert round(mean, 3) == 2.991


def test_words_of_tickets_are_not_published(tickets: Published) -> None:
    columns = {
        c
        for (c,) in tickets.rows(
            "select column_name from duckdb_columns() where schema_name = 'marts'"
        )
    }
    assert not {
        c for c in columns if c.endswith("_redacted") or c in ("subject", "body", "comment")
    }
