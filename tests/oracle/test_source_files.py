"""From file to figure: the oracle reads the source files, the models what the pipeline landed of them.

The sample at scale 1 with the suite, at 10 with ``make soak``, and the real set where it is there.
Only the files that sales come from are landed; nothing is hidden, so that every figure is compared.
"""

from __future__ import annotations

import csv
import shutil
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.batches.context import Tools
from pipelines.batches.land import land_inbox
from pipelines.common.settings import Home, Settings
from pipelines.runs import Deployment
from pipelines.warehouse.connection import connect_warehouse, home_lock
from tests.oracle import source_files
from tests.oracle.project import Project, Rows, fetch
from tests.oracle.test_sales import TABLES, faults_of
from tests.support.context import approve_all
from tests.support.demo import AS_OF, Demo, new_home

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


def check_sample(project: Project, folder: Path, scale: float) -> None:
    demo: Demo = new_home(folder, scale)
    for path in sorted(demo.sample.glob("*/*")):
        if str(path.relative_to(demo.sample)).startswith(source_files.SALES_FILES):
            to = demo.home.inbox / path.parent.name
            to.mkdir(exist_ok=True)
            shutil.copy(path, to)
    landed(demo.settings)
    rows, broken = source_files.sample(demo.sample)
    with next((demo.sample / "truth").glob("spoiled-*.csv")).open(encoding="utf-8") as lines:
        spoiled = {row["file"]: int(row["rows"]) for row in csv.DictReader(lines)}
    assert broken == sum(n for f, n in spoiled.items() if f.startswith(source_files.SALES_FILES))
    check(project, demo.settings, rows)


def test_sales_of_the_samples_files(project: Project, tmp_path: Path) -> None:
    check_sample(project, tmp_path, 1)


@pytest.mark.soak
def test_sales_of_the_samples_files_at_scale_10(project: Project, tmp_path: Path) -> None:
    check_sample(project, tmp_path, 10)


def test_sales_of_the_maven_set(project: Project, real_data: Path, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "maven", workers=1)
    with Deployment.create(settings) as deployment:
        approve_all(deployment.home)
    name = "maven_crm_sales"
    shutil.copy(EXAMPLES / name / "source.yaml", Home.of(settings).sources / f"{name}.yaml")
    landed(settings, sources=[name], from_path=real_data / name)
    check(project, settings, source_files.maven(real_data / name))
