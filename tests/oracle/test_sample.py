"""The sample as the pipeline landed it: models and oracle on the same source rows.

Scale: the demo home of the test run. What it reads is ``pseudo``, the landed rows, no model.
"""

from __future__ import annotations

from contextlib import closing

import pytest

from pipelines.warehouse.connection import connect_warehouse
from tests.oracle import customers
from tests.oracle.project import Project, Rows, fetch
from tests.oracle.rules import differences
from tests.oracle.test_sales import TABLES, faults_of
from tests.support.demo import AS_OF, Demo, shared_demo

RELATIONS = (
    "subjects", "subject_links", "accounts", "contacts", "users", "exchange_rates",
    "pipeline_stages", "deals", "deal_changes", "leads", "tasks", "quotas", "orders",
    "subscriptions", "consents",
)  # fmt: skip


@pytest.fixture(scope="session")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """Landed rows by relation."""
    # A copy, since other workers have the shared home open.
    shared: Demo = shared_demo(tmp_path_factory.getbasetemp())
    demo = shared.copy(tmp_path_factory.mktemp("oracle"))
    with demo.deploy() as deployment:
        key = deployment.keyring.role_key("warehouse")
    with closing(connect_warehouse(demo.home, key, demo.settings, read_only=True)) as connection:
        chosen = {
            "subjects": "subject_key, kind, subject_bucket, staff_alias",
            "subject_links": "subject_key, survivor_key, is_restricted",
        }
        return {
            name: fetch(connection, f"SELECT {chosen.get(name, '*')} FROM pseudo.{name}")
            for name in RELATIONS
        }


def test_sales_of_the_sample(project: Project, rows: Rows) -> None:
    assert rows["deals"]
    assert not faults_of(rows, project.run(rows, AS_OF, *TABLES), AS_OF)


def test_scores_of_the_sample(project: Project, rows: Rows) -> None:
    tables = project.run(rows, AS_OF, "customer_rfm", "customer_churn")
    assert tables["customer_rfm"]
    faults = [
        *differences(tables["customer_rfm"], customers.rfm(rows, AS_OF), ["customer_key"]),
        *differences(tables["customer_churn"], customers.churn(rows, AS_OF), ["customer_key"]),
    ]
    assert not [fault.split(": ")[0] for fault in faults[:8]]
