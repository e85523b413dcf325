"""A published file of figures that a test wrote, with hidden cells and hostile names."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
from argon2 import PasswordHasher
from pydantic import SecretStr

from dashboards.published import Published
from dashboards.requirements import required
from pipelines.common.settings import Home, Settings
from pipelines.warehouse.connection import attach, open_instance

KEY = SecretStr("0" * 64)
HOSTILE = ("<script>alert(1)</script>", "=HYPERLINK(1)", "x" * 10_000)

_MONTHS = "range(date '2025-01-01', date '2026-11-01', interval 1 month) as months(month)"
STATEMENTS = [
    """create table marts.metadata as select timestamptz '2026-11-24 12:00:00+00' as as_of,
    'run-1' as run_id, 'abc' as rules_fingerprint, 'Europe/Amsterdam' as reporting_timezone,
    'EUR' as reporting_currency, 10 as small_cell_k""",
    """create table marts.kpi_definitions as select 'kpi_sales_monthly' as table_name,
    'win_rate' as name, 'won / (won + lost)' as formula, 'rate' as unit,
    'gewonnen / (gewonnen + verloren)' as formula_nl
    union all select 'kpi_sales_monthly', 'won_revenue', 'sum of won amounts', 'reporting currency', ''
    union all select 'kpi_campaign', 'open_rate', 'human openers / delivered', 'rate', ''""",
    f"""create table marts.kpi_sales_monthly as select 'month' as period_grain,
    month::date as period_start, (month + interval 1 month)::date as period_end,
    case when month(month) <> 3 then (1000 * month(month) + year(month))::decimal(18, 4) end
    as won_revenue, case when month(month) <> 3 then month(month) end as won_deals,
    case when month(month) <> 3 then month(month) / 20 end as win_rate,
    month(month) = 3 as is_suppressed from {_MONTHS}""",
    f"""create table marts.kpi_support_monthly as select 'month' as period_grain,
    month::date as period_start, (month + interval 1 month)::date as period_end,
    100 + month(month) as tickets_created, 90 + month(month) as tickets_resolved,
    0.9 as sla_attainment, 12.5 as first_response_minutes_median, false as is_suppressed
    from {_MONTHS}""",
    """create table marts.kpi_pipeline_snapshot as select date '2026-10-01' as snapshot_date,
    'stage' as level, pipeline, stage, 5 as open_deals, 50000::decimal(18, 4) as open_amount,
    20000::decimal(18, 4) as weighted_pipeline, false as is_suppressed
    from (values ('new', 'Lead'), ('new', 'Offer'), ('renewal', 'Offer')) as v(pipeline, stage)""",
]
CAMPAIGN = """insert into marts.kpi_campaign values
    ($1, $1, $2, timestamptz '2026-10-05 10:00:00+00', $3, $4, 0.25, 0.1, 100.5, $5)"""


def cheaply_hashed(word: str) -> str:
    """A password as it stands in the configuration, quick to look at: tests sign in often."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(word)


def publish(
    folder: Path,
    statements: list[str] | None = None,
    key: SecretStr = KEY,
    *,
    is_whole: bool = True,
) -> Published:
    """Write a file; the statements given, or everything that the pages' tests look at.

    Args:
        folder: Where the home is made.
        statements: Tables with the columns that a test looks at.
        key: Key of the file.
        is_whole: Whether all else that the contracts promise is added, empty.
    """
    settings = Settings(home=folder / "home")
    home = Home.of(settings)
    home.spill.mkdir(parents=True, exist_ok=True)
    home.dashboards.unlink(missing_ok=True)
    with open_instance(home.spill, settings) as connection:
        attach(connection, home.dashboards, key, alias="dashboards")
        connection.execute("use dashboards")
        connection.execute("create schema marts")
        for statement in STATEMENTS if statements is None else statements:
            connection.execute(statement)
        if statements is None:
            connection.execute(
                "create table marts.kpi_campaign (campaign_id varchar, campaign_name varchar, "
                "channel varchar, "
                "starts_at timestamptz, sent bigint, delivered bigint, open_rate double, "
                "click_rate double, cost decimal(18, 4), is_suppressed boolean)"
            )
            for number, name in enumerate((*HOSTILE, *(f"mail/M{n:03}" for n in range(30)))):
                channel = "email" if number % 2 else "social"
                values = [name, channel, 100 + number, 90 + number, False]
                connection.execute(CAMPAIGN, values)
            connection.execute(
                "insert into marts.kpi_campaign values ('small', 'small', 'email', "
                "timestamptz '2026-10-06 10:00:00+00', null, null, null, null, null, true)"
            )
        for table, columns in required().items() if is_whole else ():
            _complete(connection, table, columns)
    return Published(home, key, settings)


def _complete(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, str]
) -> None:
    there = [
        name
        for (name,) in connection.execute(
            "select column_name from information_schema.columns where table_name = ?", [table]
        ).fetchall()
    ]
    added = [
        f"cast(null as {kind}) as {name}" for name, kind in columns.items() if name not in there
    ]
    if not there:
        connection.execute(f"create table marts.{table} as select {', '.join(added)} limit 0")
    elif added:
        connection.execute(
            f"create or replace table marts.{table} as select *, {', '.join(added)} from marts.{table}"
        )
