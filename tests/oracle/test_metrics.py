"""Metrics on the sample: MetricFlow answers every cell of every ``kpi_`` table as the mart has it.

The models run on the landed rows of the demo home with nothing hidden, so that figures are compared
and not gaps.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import duckdb
import pytest

from dbt_project.generate_semantic import Table, tables
from pipelines.common.settings import Home, Settings
from pipelines.warehouse.connection import WAREHOUSE, connect_warehouse
from pipelines.warehouse.metrics import Metrics
from tests.oracle.project import Project
from tests.support.demo import AS_OF, shared_demo
from tests.support.metrics import cells_and_faults

TABLES = tables()


@pytest.fixture(scope="module")
def metrics(tmp_path_factory: pytest.TempPathFactory) -> Metrics:
    settings = Settings(home=tmp_path_factory.mktemp("metrics"))
    return Metrics.of_project(Home.of(settings), settings)


@pytest.fixture(scope="module")
def marts(
    project: Project, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    demo = shared_demo(tmp_path_factory.getbasetemp()).copy(tmp_path_factory.mktemp("metrics"))
    with demo.deploy() as deployment:
        key = deployment.keyring.role_key("warehouse")
    with closing(connect_warehouse(demo.home, key, demo.settings)) as connection:
        connection.execute("SET VARIABLE as_of = ?", [AS_OF.isoformat()])
        project.build(connection, *(table.name for table in TABLES))
        yield connection


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_metrics_equal_the_mart(
    metrics: Metrics, marts: duckdb.DuckDBPyConnection, table: Table
) -> None:
    cells, faults = cells_and_faults(metrics, marts, table, WAREHOUSE)
    assert cells, "the sample has nothing of this table"
    assert not faults
