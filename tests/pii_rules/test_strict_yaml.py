"""A rule or a mapping that is written twice is a fault, not a silent choice of the last one."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from pii_rules.strict_yaml import load_strict_yaml, yaml_fault
from pipelines.common.errors import MappingError
from pipelines.landing.sources import load_sources


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("email: {action: drop}\nemail: {action: keep}\n", "a key stands twice at line 2"),
        ("columns:\n  a: 1\n  b: 2\n  a: 3\n", "a key stands twice at line 4"),
        ("files: [\n", "is not YAML at line 2"),
    ],
)
def test_a_fault_says_where_it_stands(text: str, fault: str) -> None:
    with pytest.raises(yaml.YAMLError) as caught:
        load_strict_yaml(text)
    assert yaml_fault(caught.value) == fault


def test_equal_keys_of_different_parents_and_anchors_are_fine() -> None:
    text = "base: &b {x: 1}\nfirst: {<<: *b, y: 2}\nsecond: {x: 2}\n"
    assert load_strict_yaml(text)["first"] == {"x": 1, "y": 2}


def test_a_mapping_with_a_column_twice_names_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "crm.yaml").write_text("source: crm\nfiles: []\nsource: other\n", encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        load_sources([tmp_path])
    assert "crm.yaml: a key stands twice at line 3" in str(caught.value.sentence)
