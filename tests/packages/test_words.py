"""A Dutch package reads as Dutch: no ground, explanation or name of a column is left in English."""

from __future__ import annotations

import html as markup
import re
from typing import Any, get_args

import pytest
import yaml

from pii_rules.models import Policy
from pipelines.common.entities import load_entities
from pipelines.packages.facts import information, load_organisation
from pipelines.packages.render import html, view
from pipelines.packages.words import shown, words
from pipelines.rights.consent import Origin, Status
from pipelines.rights.grounds import RIGHTS
from pipelines.rights.states import STATES
from pipelines.warehouse.dbt import PROJECT
from tests.support.context import make_context

DERIVED = ("customer_360", "customer_churn", "customer_clv", "customer_rfm", "dim_customer")
"""Tables of what models worked out about a person."""


OF_NOBODY = ("costs", "sla_policies")
"""Entities of which no package has a row."""


def model(table: str) -> Any:
    text = (PROJECT / "models" / "marts" / f"{table}.yml").read_text()
    return next(m for m in yaml.safe_load(text)["models"] if m["name"] == table)


@pytest.fixture
def policy(tmp_path: Any) -> Policy:
    context = make_context(tmp_path)
    context.vault.close()
    return context.policy


def readable(policy: Policy, folder: Any, language: str) -> str:
    """The page of somebody of whom there is a record of every kind."""
    records = [
        {
            "entity": entity.name, "source": "crm", "record": "1",
            "fields": dict.fromkeys(entity.columns, "1"),
        }
        for entity in policy.entities.values()
    ]  # fmt: skip
    derived = {
        table: [{column["name"]: "1" for column in model(table)["columns"]}] for table in DERIVED
    }
    sections = {"records": records, "derived": derived}
    package = {
        "kind": "access", "language": language, "request": None, "timezone": "Europe/Amsterdam",
        "made_at": "2026-01-01T00:00:00+00:00",
        "information": information(sections, policy, load_organisation(folder), language),
    }  # fmt: skip
    return markup.unescape(html(view(package | sections)).decode())


def test_dutch_package_has_no_english_ground_or_explanation(policy: Policy, tmp_path: Any) -> None:
    rules = [rule for entity in policy.entities.values() for rule in entity.columns.values()]
    purposes = [policy.purposes[name] for name in {n for rule in rules for n in rule.purposes}]
    english = {p.description for p in purposes}
    english |= {p.source for p in purposes if "GDPR" in p.source}
    english |= {r.ground for r in policy.retention.values()}
    english |= {r.starts for r in policy.retention.values()}
    english |= {model(table)["description"] for table in DERIVED} | set(DERIVED)
    page = readable(policy, tmp_path, "nl")
    assert [text for text in sorted(english) if text in page] == []
    assert "GDPR" not in page
    assert "Verwachte klantwaarde" in page
    in_english = readable(policy, tmp_path, "en")
    assert [t for t in sorted(english - set(DERIVED)) if t not in in_english] == []


def test_every_code_of_ours_has_a_dutch_word(policy: Policy) -> None:
    codes = {
        (name, value)
        for entity in load_entities().values()
        for name, column in entity.columns.items()
        for value in column.values or ()
        if entity.name not in OF_NOBODY
    }
    codes |= {("purpose", name) for name in policy.purposes}
    codes |= {("lawful_basis", p.lawful_basis) for p in policy.purposes.values() if p.lawful_basis}
    codes |= {("right", name) for name in RIGHTS} | {("state", name) for name in STATES}
    codes |= {("origin", name) for name in get_args(Origin)}
    codes |= {("status", name) for name in get_args(Status)}
    values, bases = words()["values"], words()["bases"]
    without = {
        (column, value)
        for column, value in codes
        if "nl"
        not in (bases if column == "lawful_basis" else values.get(column, {})).get(value, {})
    }
    assert without == set()
    assert shown("status", "given", "nl") == "gegeven"
    assert shown("lawful_basis", "legitimate_interests", "en") == "legitimate interests"
    assert [shown("is_final", flag, "nl") for flag in (True, False, None)] == ["ja", "nee", ""]
    assert shown("status", "Gesloten_2", "en") == "Gesloten_2", "a source's own word"


@pytest.mark.parametrize(
    ("table", "column"),
    [("customer_360", "lifecycle_stage"), ("customer_churn", "churn_definition")],
)
def test_every_class_that_a_model_gives_has_a_dutch_word(table: str, column: str) -> None:
    sql = (PROJECT / "models" / "marts" / f"{table}.sql").read_text()
    (case,) = re.findall(rf"case((?:(?!\bcase\b).)*?)end as {column}\b", sql, re.DOTALL)
    given = set(re.findall(r"(?:then|else) '(\w+)'", case))
    assert len(given) > 1
    assert given == words()["values"][column].keys()


def test_every_column_has_a_dutch_word(policy: Policy) -> None:
    names = {name for entity in load_entities().values() for name in entity.columns}
    names |= {column["name"] for table in DERIVED for column in model(table)["columns"]}
    assert names - words()["columns"].keys() == set()
