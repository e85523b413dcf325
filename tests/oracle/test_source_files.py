"""From file to figure: the oracle reads the source files, the models what the pipeline landed of them.

The sample at scale 1 with the suite, at 10 with ``make soak``, and the real set where it is there.
What is landed says who is who, which has tests of its own; all else that a figure is made of is read
from the files. Nothing is hidden, so that every cell is compared; how many are is asserted.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pipelines.batches.context import Tools
from pipelines.batches.land import land_inbox
from pipelines.common.settings import Home, Settings
from pipelines.runs import Deployment
from pipelines.warehouse.connection import connect_warehouse, home_lock
from tests.oracle import (
    clv,
    customers,
    profiles,
    segments,
    source_files,
    source_others,
    source_sets,
    support,
    test_campaigns,
    test_support,
)
from tests.oracle.project import Project, Rows, fetch
from tests.oracle.rules import Row, differences
from tests.oracle.test_campaigns import TABLES as CAMPAIGN_TABLES
from tests.oracle.test_sales import TABLES, faults_of
from tests.oracle.test_support import TABLES as SUPPORT_TABLES
from tests.support.context import approve_all
from tests.support.demo import AS_OF, Demo, new_home

Expected = Mapping[str, tuple[Mapping[tuple[Any, ...], Row], list[str]]]
CUSTOMER_TABLES = (
    "customer_360", "account_360", "customer_rfm", "customer_churn", "int_customer_purchases",
    "kpi_revenue_retention_monthly", "kpi_customer_segments_monthly", "kpi_cohorts_monthly",
    "customer_clv", "sealed_customer_clv_models",
)  # fmt: skip
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


class NoDetector:
    """Finds nothing: texts do not matter to the figures."""

    version = "none"

    def detect(self, texts: Any, languages: Any = None) -> list[list[Any]]:
        return [[] for _ in texts]


def landed(settings: Settings, **options: Any) -> None:
    """Land what is in the inbox, without building anything."""
    with Deployment.open(settings) as deployment, home_lock(deployment.home, wait_seconds=1):
        summary = land_inbox(deployment, tools=Tools(settings, NoDetector()), **options)
    assert not summary.failed


def built(project: Project, settings: Settings, as_of: datetime) -> tuple[Rows, dict[str, str]]:
    """The tables of sales, and the pseudonym of each seller by a deal."""
    with Deployment.open(settings) as deployment:
        home, key = deployment.home, deployment.keyring.role_key("warehouse")
    with closing(connect_warehouse(home, key, settings)) as connection:
        connection.execute("SET VARIABLE as_of = ?", [as_of.isoformat()])
        tables = project.build(connection, *TABLES)
        sellers = fetch(connection, "SELECT record_key, user_key FROM pseudo.deals")
    return tables, {row["record_key"]: row["user_key"] for row in sellers if row["user_key"]}


def paired(rows: Rows, tables: Rows, sellers: dict[str, str]) -> Rows:
    """Tables with the sellers' own keys; of sellers without a deal nothing tells who is who."""
    names = {sellers[deal["record_key"]]: deal["user_key"] for deal in rows["deals"]
             if deal["user_key"]}  # fmt: skip
    known = set(names.values())
    for name in ("subjects", "tasks", "quotas", "users"):
        key = "subject_key" if name == "subjects" else "user_key"
        rows[name] = [row for row in rows.get(name, ()) if row[key] in known]
    tables["kpi_sales_rep_monthly"] = [
        row | {"user_key": names[row["user_key"]]}
        for row in tables["kpi_sales_rep_monthly"]
        if row["user_key"] in names
    ]
    return tables


def check(project: Project, settings: Settings, rows: Rows) -> None:
    tables, sellers = built(project, settings, AS_OF)
    assert len(rows["deals"]) == len(sellers) + sum(not d["user_key"] for d in rows["deals"])
    whole = dict(rows)
    # Totals first, with quotas and tasks of everybody; then seller by seller.
    faults = faults_of(whole, tables, AS_OF)
    faults.pop("kpi_sales_rep_monthly", None)
    assert not faults
    tables = paired(rows, tables, sellers)
    assert tables["kpi_sales_rep_monthly"]
    by_seller = faults_of(rows, tables, AS_OF).get("kpi_sales_rep_monthly", [])
    assert not by_seller


class Landed(NamedTuple):
    """A home with a sample landed, nothing built, and how large it is."""

    demo: Demo
    scale: int


@pytest.fixture(scope="module", params=[1, pytest.param(10, marks=pytest.mark.soak)])
def sample(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Landed:
    demo = new_home(tmp_path_factory.mktemp("sample"), request.param)
    demo.deliver()
    landed(demo.settings)
    return Landed(demo, request.param)


def test_sales_of_the_samples_files(project: Project, sample: Landed) -> None:
    rows, broken = source_files.sample(sample.demo.sample)
    spoiled = {row["file"]: int(row["rows"]) for row in sample.demo.truth("spoiled")}
    assert broken == sum(n for f, n in spoiled.items() if f.startswith(source_files.SALES_FILES))
    check(project, sample.demo.settings, rows)


class Read(NamedTuple):
    """What the files say, and what the models made of what was landed of them."""

    rows: Rows
    tables: Rows


@pytest.fixture(scope="module")
def read(project: Project, sample: Landed) -> Read:
    """Fails where a row of a file is not landed, or somebody is two."""
    demo = sample.demo
    rows, broken = source_others.whole_sample(demo.sample)
    assert broken == sum(int(row["rows"]) for row in demo.truth("spoiled"))
    with demo.deploy() as deployment:
        key = deployment.keyring.role_key("warehouse")
    with closing(connect_warehouse(demo.home, key, demo.settings)) as connection:
        connection.execute("SET VARIABLE as_of = ?", [AS_OF.isoformat()])
        keys = {
            name: fetch(connection, _keys_of(connection, name)) for name in source_others.COMPARED
        }
        source_others.named(rows, keys)
        tables = project.build(connection, *CAMPAIGN_TABLES, *SUPPORT_TABLES, *CUSTOMER_TABLES)
    return Read(rows, tables)


def _keys_of(connection: Any, relation: str) -> str:
    wanted = {"record_key", *source_others.KEYS, *source_others.CONTENTS.get(relation, ())}
    columns = {row[0] for row in connection.execute(f"DESCRIBE pseudo.{relation}").fetchall()}
    return f"SELECT {', '.join(sorted(wanted & columns))} FROM pseudo.{relation}"


def check_cells(tables: Rows, expected: Expected, at_least: int) -> None:
    """Every cell is as expected, and so many of them say something."""
    told = [
        value
        for rows, _ in expected.values()
        for row in rows.values()
        for value in row.values()
        if value is not None
    ]
    assert len(told) >= at_least
    assert all(rows for rows, _ in expected.values()), "nothing is expected of a table"
    assert not [
        f"{name} {fault.split(': ')[0]}"
        for name, (rows, keys) in expected.items()
        for fault in differences(tables[name], rows, keys)
    ][:8]


def without_bands(tables: Rows) -> Rows:
    """The tables, of segments without the bands of value, which a model makes."""
    name = "kpi_customer_segments_monthly"
    return tables | {name: [row for row in tables[name] if row["segment_kind"] != "clv_band"]}


def test_campaigns_of_the_samples_files(read: Read) -> None:
    worth = {row["customer_key"]: row["clv"] for row in read.tables["customer_clv"]}
    expected = test_campaigns.expected(read.rows, AS_OF, worth)
    ratios = [row["ltv_to_cac"] for row in expected["kpi_campaign_monthly"][0].values()]
    assert sum(value is not None for value in ratios) > 30
    check_cells(read.tables, expected, 10_000)


def test_support_of_the_samples_files(read: Read) -> None:
    expected = test_support.expected(read.rows, AS_OF)
    # That a target was found at all: without one every sla_attainment is empty on both sides.
    assert expected["kpi_support_monthly"][0][("all", None)]["sla_attainment_denominator"] > 1_000
    check_cells(read.tables, expected, 80_000)


def test_customers_of_the_samples_files(read: Read) -> None:
    rows, tables = read.rows, read.tables
    # Profiles count tickets; how the events of one tell when it was solved is the oracle's of support.
    tickets = [
        ticket | {"created_at": ticket["created"], "resolved_at": ticket["solved"],
                  "status": "cancelled" if ticket["cancelled"] else "open"}
        for ticket in support.tickets(rows, AS_OF)
    ]  # fmt: skip
    known = {**rows, "tickets": tickets}
    segment = ["period_start", "segment_kind", "segment"]
    expected: Expected = {
        "customer_360": (profiles.customer_360(known, AS_OF), ["customer_key"]),
        "account_360": (profiles.account_360(known), ["account_key"]),
        "customer_rfm": (customers.rfm(rows, AS_OF), ["customer_key"]),
        "customer_churn": (customers.churn(rows, AS_OF), ["customer_key"]),
        "int_customer_purchases": (clv.histories(rows, AS_OF), ["snapshot", "customer_key"]),
        "kpi_revenue_retention_monthly": (profiles.retention(rows, AS_OF), ["period_start"]),
        "kpi_customer_segments_monthly": (segments.segments(rows, AS_OF), segment),
        "kpi_cohorts_monthly": (segments.cohorts(rows, AS_OF), ["period_start", "cohort_start"]),
    }
    check_cells(without_bands(tables), expected, 50_000)
    (model,) = tables["sealed_customer_clv_models"]
    assert model["state"] == "fitted"
    assert not clv.differences(tables["customer_clv"], clv.values(rows, AS_OF, model))[:8]


def landed_set(name: str, real_data: Path, folder: Path) -> Settings:
    """A home with one of the real sets landed, by the mapping that the examples have for it."""
    settings = Settings(home=folder / name, workers=1)
    with Deployment.create(settings) as deployment:
        approve_all(deployment.home)
    shutil.copy(EXAMPLES / name / "source.yaml", Home.of(settings).sources / f"{name}.yaml")
    landed(settings, sources=[name], from_path=real_data / name)
    return settings


def built_set(project: Project, settings: Settings, relation: str, *tables: str) -> Read:
    """The tables asked for, and the rows of a relation that say who is who."""
    with Deployment.open(settings) as deployment:
        home, key = deployment.home, deployment.keyring.role_key("warehouse")
    with closing(connect_warehouse(home, key, settings)) as connection:
        connection.execute("SET VARIABLE as_of = ?", [AS_OF.isoformat()])
        keys = {relation: fetch(connection, _keys_of(connection, relation))}
        return Read(keys, project.build(connection, *tables))


def test_sales_of_the_maven_set(project: Project, real_data: Path, tmp_path: Path) -> None:
    settings = landed_set("maven_crm_sales", real_data, tmp_path)
    check(project, settings, source_sets.maven(real_data / "maven_crm_sales"))


def test_campaigns_and_customers_of_the_hillstrom_set(
    project: Project, real_data: Path, tmp_path: Path
) -> None:
    rows = source_sets.hillstrom(real_data / "hillstrom_email")
    settings = landed_set("hillstrom_email", real_data, tmp_path)
    keys, tables = built_set(
        project, settings, "orders", *CAMPAIGN_TABLES, "customer_rfm", "customer_churn",
        "int_customer_purchases", "kpi_customer_segments_monthly", "kpi_cohorts_monthly",
    )  # fmt: skip
    names = {row["record_key"]: row["customer_key"] for row in keys["orders"]}
    assert names.keys() == {order["record_key"] for order in rows["orders"]}
    assert len(set(names.values())) == len(names), "two rows became one person"
    for some in rows.values():
        for row in some:
            for column in {"customer_key", "subject_key"} & row.keys():
                row[column] = names.get(row[column], row[column])
    wanted = test_campaigns.expected(rows, AS_OF)
    # Nobody clicked: the set has visits of whom tracking nobody agreed to.
    assert not wanted.pop("kpi_campaign_links")[0]
    assert not tables["kpi_campaign_links"]
    lifts = [row["incremental_lift"] for row in wanted["kpi_campaign"][0].values()]
    assert len(lifts) == 2
    assert None not in lifts
    segment = ["period_start", "segment_kind", "segment"]
    wanted |= {
        "customer_rfm": (customers.rfm(rows, AS_OF), ["customer_key"]),
        "customer_churn": (customers.churn(rows, AS_OF), ["customer_key"]),
        "int_customer_purchases": (clv.histories(rows, AS_OF), ["snapshot", "customer_key"]),
        "kpi_customer_segments_monthly": (segments.segments(rows, AS_OF), segment),
        "kpi_cohorts_monthly": (segments.cohorts(rows, AS_OF), ["period_start", "cohort_start"]),
    }
    check_cells(without_bands(tables), wanted, 5_000)


def test_support_of_the_kaggle_tickets(project: Project, real_data: Path, tmp_path: Path) -> None:
    rows, broken = source_sets.kaggle_tickets(real_data / "support_tickets_kaggle")
    assert broken == 1
    settings = landed_set("support_tickets_kaggle", real_data, tmp_path)
    keys, tables = built_set(project, settings, "tickets", *SUPPORT_TABLES)
    names = {row["record_key"]: row["customer_key"] for row in keys["tickets"]}
    assert names.keys() == {ticket["record_key"] for ticket in rows["tickets"]}
    # Who is who is told by what was landed: two tickets of one person have one address.
    addresses = {(names[row["record_key"]], row["address"]) for row in rows["contacts"]}
    assert len(addresses) == len(set(names.values()))
    for row in (*rows["tickets"], *rows["surveys"]):
        row["customer_key"] = names[row["record_key"]]
    wanted = test_support.expected(rows, AS_OF)
    # Nobody is named who works at the desk.
    assert not wanted.pop("kpi_support_agent_monthly")[0]
    assert not tables["kpi_support_agent_monthly"]
    check_cells(tables, wanted, 50_000)
