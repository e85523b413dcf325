"""Restricting and merging persons reach every table of persons with a run, and both can be undone."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from pipelines.identity.merge import merge_subjects, unmerge_subject
from pipelines.rights.restriction import lift_restriction, restrict_subject
from pipelines.vault import schema
from tests.support.demo import Demo
from tests.support.stores import duckdb_relations, open_duckdb, stores_of


def query(demo: Demo, sql: str) -> list[tuple[Any, ...]]:
    with demo.deploy() as deployment:
        key = deployment.keyring.role_key("warehouse")
    connection = open_duckdb(demo.home.warehouse, key, demo.home.spill)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def published(demo: Demo) -> dict[str, list[str]]:
    """Every published table with its rows, without the times of the publication itself."""
    return {
        f"{path.name}:{table}": sorted(map(str, rows))
        for path, key in stores_of(demo.home)[1:]
        for table, _, rows in duckdb_relations(path, key, demo.home.spill)
        if not table.endswith("metadata")
    }


SEALED = "from sealed.sealed_kpi_sales_monthly order by all"


def test_who_is_restricted_or_merged_leaves_the_tables_of_persons_until_it_is_undone(
    own_demo: Demo,
) -> None:
    busy = "select customer_key from marts.fct_interactions where customer_key is not null group by 1 order by count(*) desc, 1 limit 3"
    hidden, kept, merged = (k for (k,) in query(own_demo, busy))
    sealed, before = query(own_demo, SEALED), published(own_demo)
    t = schema.subjects
    with own_demo.deploy() as deployment, deployment.vault.begin() as conn:
        ids = dict(
            conn.execute(
                sa.select(t.c.subject_key, t.c.subject_id).where(
                    t.c.subject_key.in_((hidden, kept, merged))
                )
            ).all()
        )
        restrict_subject(conn, deployment.vault, ids[hidden], actor="test", request="1")
        stands = merge_subjects(
            conn, deployment.vault, ids[kept], ids[merged], actor="test", despite_names=True
        )
    own_demo.run()
    seen = published(own_demo)
    assert not [t for t, rows in seen.items() if any(hidden in row for row in rows)]
    assert not [t for t, rows in seen.items() if any(stands.subject_key in row for row in rows)]
    assert any(stands.into_key in row for row in seen["analytics.duckdb:marts.customer_360"])
    assert query(own_demo, SEALED) == sealed
    with own_demo.deploy() as deployment, deployment.vault.begin() as conn:
        lift_restriction(conn, deployment.vault, ids[hidden], actor="test")
        loser = next(i for k, i in ids.items() if k == stands.subject_key)
        unmerge_subject(conn, deployment.vault, loser, actor="test")
    own_demo.run()
    after = published(own_demo)
    assert {t for t in before if before[t] != after[t]} == set()
