"""The diagram and the exposures: drawn from the contracts, and from the pages."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from dashboards.pages import PAGES
from dbt_project import generate_schema as schema
from dbt_project.serve_docs import write_docs
from pipelines.common.settings import Settings

MODELS = schema.contracts()


def test_every_page_of_the_dashboards_is_an_exposure() -> None:
    written = yaml.safe_load(schema.EXPOSURES.read_text(encoding="utf-8"))["exposures"]
    assert [e["url"].removeprefix("http://127.0.0.1:8050") for e in written] == [
        page.path for page in PAGES
    ]
    for exposure, page in zip(written, PAGES, strict=True):
        refs = {ref.removeprefix("ref('").removesuffix("')") for ref in exposure["depends_on"]}
        assert refs == {p.table for p in page.parts if p.table in MODELS} | {
            "kpi_definitions",
            "metadata",
        }


def test_every_mart_is_drawn_with_its_columns_and_keys() -> None:
    drawn = schema.diagram(MODELS)
    for name, model in MODELS.items():
        block = drawn.partition(f"    {name} {{\n")[2].partition("    }")[0]
        assert len(block.splitlines()) == len(model["columns"]), name
        assert block.count("PK") == len(schema.grain(model)) > 0, name


def test_every_mart_has_a_contract_a_grain_and_an_owner() -> None:
    project = yaml.safe_load((schema.PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    marts = project["models"]["klantkluis"]["marts"]
    assert marts["+contract"] == {"enforced": True}
    groups = yaml.safe_load((schema.PROJECT / "models/groups.yml").read_text(encoding="utf-8"))
    assert marts["+group"] in {group["name"] for group in groups["groups"] if group["owner"]}
    models = {path.stem for path in schema.MARTS.iterdir() if path.suffix in (".sql", ".py")}
    assert models == set(MODELS)
    assert not [name for name, model in MODELS.items() if not schema.grain(model)]
    untyped = [
        name for name, m in MODELS.items() if not all(c.get("data_type") for c in m["columns"])
    ]
    assert not untyped


def test_references_lead_to_tables_with_that_key() -> None:
    for child, parent, column in schema.references(MODELS):
        assert schema.grain(MODELS[parent]) == [column]
        assert column in {c["name"] for c in MODELS[child]["columns"]}


def test_docs_are_made_without_a_warehouse_and_tell_of_columns_and_lineage(tmp_path: Path) -> None:
    pages = write_docs(tmp_path, Settings(home=tmp_path / "none"))
    assert {path.name for path in pages.iterdir()} == {
        "index.html",
        "manifest.json",
        "catalog.json",
    }
    manifest = json.loads((pages / "manifest.json").read_text(encoding="utf-8"))
    sales = manifest["nodes"]["model.klantkluis.kpi_sales_monthly"]
    assert sales["columns"]["period_start"]["description"]
    assert sales["depends_on"]["nodes"]
    assert len(manifest["exposures"]) == len(PAGES)
    assert "metric.klantkluis.sales_monthly_win_rate" in manifest["metrics"]
    assert json.loads((pages / "catalog.json").read_text(encoding="utf-8"))["nodes"] == {}


DERIVED = {
    "fct_attribution",  # assert_attribution_sums holds its sums equal to what it divides
    "fct_deal_stages",  # entries into stages, of the changes of deals
    "fct_ticket_cycles",  # cycles, of the events of tickets
    "fct_touches",  # clicks, visits, forms, meetings and calls
}
"""Facts that are made of others; tests/oracle holds each against a second implementation."""


def test_every_fact_is_reconciled_with_its_source_or_is_made_of_others() -> None:
    told = (schema.PROJECT / "tests/assert_no_fact_is_lost.sql").read_text(encoding="utf-8")
    facts = {name for name in MODELS if name.startswith("fct_")}
    assert {name for name in facts if f"'{name}')" not in told} == DERIVED
