"""The page about sources says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from pipelines.common.entities import load_entities
from pipelines.landing.mapping import FileMapping, SourceMapping
from pipelines.quality.contracts import contract_rules

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")


def test_example_on_the_page_is_a_mapping() -> None:
    found = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    body = yaml.safe_load(found[1])
    source = SourceMapping(name=body.pop("source"), **body)
    assert source.entities == {"contacts"}


def test_every_code_and_rule_of_the_code_is_on_the_page() -> None:
    code = "\n".join(p.read_text() for p in (ROOT / "pipelines" / "landing").glob("*.py"))
    told = set(re.findall(r"`([a-z_]+)`", PAGE))
    refused = set(re.findall(r"input_error\(\s*path,\s*f?\"[^\"]*\",\s*\"([a-z_]+)\"", code))
    rejected = set(re.findall(r"Reject\([^()]*?(?:\([^()]*\)[^()]*?)*\"([a-z_]+)\"", code))
    rejected = {r for r in rejected if not r.startswith("_")}
    rejected |= set(re.findall(r"_broken\([^\"]*\"([a-z_]+)\"", code))
    rejected |= set(re.findall(r"rule = \"([a-z_]+)\"", code))
    contracts = {
        rule.code for entity in load_entities().values() for rule in contract_rules(entity)
    }
    assert len(refused) >= 14
    assert len(rejected) >= 6
    assert refused | rejected | contracts <= told


def test_every_setting_of_a_file_is_on_the_page() -> None:
    told = set(re.findall(r"`([a-z_]+)`", PAGE))
    assert set(FileMapping.model_fields) - {"patterns"} <= told
