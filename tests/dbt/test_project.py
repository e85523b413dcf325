"""The project as such: staging in step with the policy, nothing personal, everything defined."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from dbt_project.generate_staging import FOLDER, staging_files
from pipelines.common.policy import load_policy

PROJECT = Path(__file__).parents[2] / "dbt_project"
MARTS = PROJECT / "models" / "marts"


def test_staging_is_what_the_policy_gives() -> None:
    written = {p.name: p.read_text(encoding="utf-8") for p in FOLDER.iterdir() if p.is_file()}
    assert written == staging_files(load_policy()), "run python -m dbt_project.generate_staging"


def test_no_model_asks_for_the_present() -> None:
    words = ("current_date", "current_timestamp", "now()", "getdate", "today()")
    asking = [
        path.name
        for folder in ("models", "macros")
        for path in (PROJECT / folder).rglob("*.sql")
        if any(word in path.read_text(encoding="utf-8").lower() for word in words)
    ]
    assert not asking


def test_no_mart_has_a_text_or_a_direct_identifier() -> None:
    forbidden = {
        "subject_redacted",
        "body_redacted",
        "comment_redacted",
        "email",
        "phone",
        "full_name",
    }
    for path in MARTS.glob("*.yml"):
        (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        columns = {c["name"] for c in model["columns"]}
        assert not {c for c in columns if c.startswith("pii_") or c in forbidden}
        assert "name" not in columns or model["name"] in (
            "dim_account",
            "dim_campaign",
            "dim_product",
            "kpi_definitions",
        )


def test_every_mart_says_which_purposes_it_serves() -> None:
    known = set(load_policy().purposes)
    for path in MARTS.glob("*.yml"):
        (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        purposes = set(model["config"]["meta"]["purposes"])
        assert purposes
        assert purposes <= known


def test_every_column_of_a_mart_has_a_text_or_a_formula() -> None:
    silent = []
    for path in MARTS.glob("*.yml"):
        (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        for column in model["columns"]:
            kpi = column.get("config", {}).get("meta", {}).get("kpi", {})
            if not column.get("description") and not kpi.get("formula"):
                silent.append(f"{model['name']}.{column['name']}")
    assert not silent


def test_every_ratio_travels_with_numerator_and_denominator() -> None:
    for path in MARTS.glob("kpi_*.yml"):
        (model,) = yaml.safe_load(path.read_text(encoding="utf-8"))["models"]
        columns = {c["name"]: c for c in model["columns"]}
        for name, column in columns.items():
            kpi = column.get("config", {}).get("meta", {}).get("kpi")
            if kpi and kpi["unit"] in ("rate", "ratio"):
                assert {f"{name}_numerator", f"{name}_denominator"} <= set(columns)


def test_definitions_are_published_with_formula_unit_and_owner(built: Any, one: Any) -> None:
    win_rate = one(built.first["kpi_definitions"], table_name="kpi_sales_monthly", name="win_rate")
    assert win_rate["formula"].startswith("won closed in period")
    assert (win_rate["unit"], win_rate["owner"]) == ("rate", "sales")
    assert not [r for r in built.first["kpi_definitions"] if not r["formula"]]


def test_metadata_says_when_and_from_which_run(built: Any) -> None:
    (metadata,) = built.second["metadata"]
    assert metadata["run_id"] == "7"
    assert metadata["as_of"].isoformat().startswith("2026-07-12T00:00:00")
