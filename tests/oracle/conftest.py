"""The project, compiled once for all workers of a test run."""

from __future__ import annotations

from contextlib import closing

import pytest

from pipelines.warehouse.connection import connect_warehouse
from tests.oracle.project import Project, Rows, compiled, fetch
from tests.support.demo import Demo, shared_demo

CAMPAIGN_RELATIONS = ("campaigns", "campaign_events", "campaign_members", "costs")


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    base = tmp_path_factory.getbasetemp()
    return compiled(base.parent if base.name.startswith("popen-") else base)


@pytest.fixture(scope="session")
def campaign_rows(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """Landed rows that campaigns are made of; apart, since there are many."""
    sales = ("subjects", "subject_links", "accounts", "contacts", "exchange_rates", "deals", "orders",
             "consents", "leads")  # fmt: skip
    return _landed(tmp_path_factory, (*sales, *CAMPAIGN_RELATIONS))


def _landed(tmp_path_factory: pytest.TempPathFactory, relations: tuple[str, ...]) -> Rows:
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
            for name in relations
        }
