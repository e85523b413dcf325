"""Line 5: KPIs of a closed period are the same before and after an erasure."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from pipelines.erasures import erase_persons
from pipelines.vault import schema
from tests.support.demo import Demo
from tests.support.stores import open_duckdb


def query(demo: Demo, sql: str) -> list[tuple[Any, ...]]:
    with demo.deploy() as deployment:
        key = deployment.keyring.role_key("warehouse")
    connection = open_duckdb(demo.home.warehouse, key, demo.home.spill)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


CLOSED = "select * exclude (is_sealed) from marts.kpi_sales_monthly where is_sealed order by all"


def test_closed_periods_stand_after_an_erasure(own_demo: Demo) -> None:
    columns = [
        c
        for (c,) in query(
            own_demo,
            "select column_name from duckdb_columns() where table_name = 'kpi_sales_monthly' and schema_name = 'marts'",
        )
    ]
    closed = (
        "select k.* from marts.kpi_sales_monthly k "
        "semi join sealed.sealed_kpi_sales_monthly s using (period_grain, period_start) order by all"
    )
    before = query(own_demo, closed)
    assert len(before) > 12
    assert "won_revenue" in columns
    keys = [
        k
        for (k,) in query(
            own_demo,
            "select distinct customer_key from marts.fct_deals where outcome = 'won' and customer_key is not null limit 5",
        )
    ]
    won = query(
        own_demo,
        "select count(*) from marts.fct_deals where outcome = 'won' and customer_key is not null",
    )
    with own_demo.deploy() as deployment:
        with deployment.vault.read() as vault:
            ids = vault.scalars(
                sa.select(schema.subjects.c.subject_id).where(
                    schema.subjects.c.subject_key.in_(keys)
                )
            ).all()
        erase_persons(deployment, ids, request="R-2")
    own_demo.run()
    assert (
        query(
            own_demo,
            "select count(*) from marts.fct_deals where outcome = 'won' and customer_key is not null",
        )
        != won
    )
    assert query(own_demo, closed) == before
