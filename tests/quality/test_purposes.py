"""A model that brings a column beyond its purposes does not build."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pii_rules.models import Purpose
from pipelines.common.errors import PolicyError
from pipelines.common.policy import load_policy
from pipelines.quality.purposes import check_purposes, relations_of
from pipelines.warehouse.dbt import PROJECT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(PROJECT / "models", tmp_path / "models")
    return tmp_path


def add_model(project: Path, sql: str, purposes: str, columns: tuple[str, ...]) -> None:
    marts = project / "models" / "marts"
    (marts / "fct_bad.sql").write_text(sql)
    (marts / "fct_bad.yml").write_text(
        f"models:\n  - name: fct_bad\n    config: {{meta: {{purposes: [{purposes}]}}}}\n"
        "    columns:\n" + "".join(f"      - name: {column}\n" for column in columns)
    )


def test_shipped_project_keeps_its_purposes() -> None:
    relations = relations_of(PROJECT)
    assert {"dim_customer", "fct_tickets", "kpi_campaign"} <= {r.name for r in relations}
    assert all(r.entities for r in relations if r.name.startswith("fct_"))
    check_purposes(PROJECT, load_policy())


@pytest.mark.parametrize(
    ("sql", "purposes", "columns", "words"),
    [
        ("from {{ ref('stg_contacts') }}", "support", ("customer_key", "birth_year"),
         "fct_bad.birth_year is kept for other purposes"),
        ("from {{ ref('dim_customer') }}", "accounting", ("gender",), "fct_bad.gender"),
        ("from {{ ref('stg_contacts') }}", "", ("birth_year",), "declares no purpose"),
        ("from {{ ref('stg_contacts') }}", "curiosity", ("birth_year",), "unknown purpose"),
        ("select 1", "statistics", ("customer_key",), "no rule with a retention"),
    ],
)  # fmt: skip
def test_bad_model_fails_the_build(
    project: Path, sql: str, purposes: str, columns: tuple[str, ...], words: str
) -> None:
    add_model(project, sql, purposes, columns)
    with pytest.raises(PolicyError) as error:
        check_purposes(project, load_policy())
    assert error.value.code == "purpose_exceeded"
    assert words in str(error.value)


def test_purpose_without_a_basis_lets_nothing_be_published() -> None:
    policy = load_policy()
    bare = Purpose(name="support", description="none", lawful_basis=None)
    changed = policy.model_copy(update={"purposes": {**policy.purposes, "support": bare}})
    with pytest.raises(PolicyError) as error:
        check_purposes(PROJECT, changed)
    assert "no lawful basis" in str(error.value)


def test_run_builds_nothing_beyond_its_purposes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.steps import PipelineRun, RunChoices
    from tests.support.context import make_context

    context = make_context(tmp_path)
    context.vault.close()

    def bad(*_: object) -> None:
        raise PolicyError("beyond", code="purpose_exceeded")

    monkeypatch.setattr("pipelines.quality.purposes.check_purposes", bad)
    with PipelineRun.locked(context.settings, RunChoices()) as run, pytest.raises(PolicyError):
        run.build()
