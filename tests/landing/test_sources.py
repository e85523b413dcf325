"""Mappings: what they may say, all faults at once, and which files they are for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.common.errors import MappingError
from pipelines.landing.expressions import fault_of
from pipelines.landing.mapping import SourceMapping
from pipelines.landing.sources import (
    SHIPPED_SOURCES,
    load_source,
    load_sources,
    match_files,
    position_prefix,
    unmatched_files,
)

ACCOUNTS = {"accounts": {"columns": {"account_id": "id", "name": "name"}}}
DEALS = {"deals": {"columns": {"deal_id": "id", "stage": "stage", "account_id": "account"}}}


def write(folder: Path, file: str, body: Any) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / file
    path.write_text(body if isinstance(body, str) else yaml.safe_dump(body, sort_keys=False))
    return path


def faults_of(folder: Path) -> str:
    with pytest.raises(MappingError) as caught:
        load_sources([folder])
    assert caught.value.code == "mapping"
    return caught.value.sentence


def test_shipped_sources_load() -> None:
    load_sources([SHIPPED_SOURCES])


@pytest.mark.parametrize(
    "expression",
    [
        "id || '-' || _row",
        "id IN ('a', 'b')",
        "TRY_CAST(id AS INT) >= 4",
        "CASE WHEN id LIKE 'x%' THEN 'SELECT' ELSE LOWER(id) END",
        "'constant'",
        "EXTRACT(YEAR FROM TRY_CAST(id AS DATE))",
        "SPLIT_PART(id, ' ', 1)",
        'COALESCE(id, "select this")',
    ],
)
def test_expression_on_a_row_is_allowed(expression: str) -> None:
    assert fault_of(expression) is None


def test_short_and_long_forms_mean_the_same(tmp_path: Path) -> None:
    short = write(tmp_path, "a.yaml", {"files": [{"pattern": "a.csv", "entities": ACCOUNTS}]})
    columns = {"account_id": {"from": "id"}, "name": {"from": "name"}}
    entities = [{"entity": "accounts", "columns": columns}]
    long = write(tmp_path, "b.yaml", {"files": [{"patterns": ["a.csv"], "entities": entities}]})
    assert load_source(short).files == load_source(long).files
    assert load_source(short).name == "a"
    assert load_source(short).fingerprint != load_source(long).fingerprint


def test_fingerprint_does_not_depend_on_the_order_of_keys(tmp_path: Path) -> None:
    body = {"timezone": "UTC", "files": [{"pattern": "a.csv", "entities": ACCOUNTS}]}
    first = write(tmp_path, "a.yaml", body)
    second = write(tmp_path, "b.yaml", {k: body[k] for k in reversed(body)})
    assert load_source(first).fingerprint == load_source(second).fingerprint


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    write(tmp_path, "broken.yaml", "files: [")
    write(tmp_path, "list.yaml", "- a")
    write(
        tmp_path,
        "zone.yaml",
        {"timezone": "Mars/North", "files": [{"pattern": "a", "entities": ACCOUNTS}]},
    )
    entities = {
        "people": {"columns": {"a": "b"}},
        "deals": {"columns": {"deal_id": "id", "shoe": "size"}},
        "accounts": {
            "when": "name = ",
            "columns": {"account_id": {"from": "id", "constant": "x"}, "name": {"expression": "f(("}},
        },
    }  # fmt: skip
    write(
        tmp_path, "many.yaml", {"files": [{"pattern": "a.csv", "entities": entities, "shape": 1}]}
    )
    sentence = faults_of(tmp_path)
    for part in (
        "broken.yaml: is not YAML at line",
        "list.yaml: is not a mapping",
        "zone.yaml: timezone: is not a time zone",
        "many.yaml: files.0.shape",
        "files.0.entities.0: is not a canonical entity",
        "files.0.entities.1: unknown column shoe; required column stage is not mapped",
        "files.0.entities.2.columns.account_id: needs exactly one of from",
        "files.0.entities.2.columns.name.expression: is not an expression",
        "files.0.entities.2.when: is not an expression",
    ):
        assert part in sentence, part


@pytest.mark.parametrize(
    "expression",
    [
        "read_csv('/etc/passwd')",
        "(SELECT 1)",
        "id IN (SELECT id FROM read_parquet('x'))",
        "CAST(",
        "MAX(id)",
        "COUNT(*)",
        "SUM(_row) > 3",
        "ROW_NUMBER() OVER (ORDER BY id) = 1",
        "EXISTS (SELECT 1)",
        "id; DROP TABLE x",
    ],
)
def test_expression_that_is_no_computation_on_a_row_is_refused(
    tmp_path: Path, expression: str
) -> None:
    columns = {"account_id": "id", "name": {"expression": expression}}
    body = {"files": [{"pattern": "a.csv", "entities": {"accounts": {"columns": columns}}}]}
    write(tmp_path, "a.yaml", body)
    assert "expression" in faults_of(tmp_path)


def test_condition_must_be_true_or_false(tmp_path: Path) -> None:
    entities = {"accounts": {"when": "LOWER(id)", **ACCOUNTS["accounts"]}}
    write(tmp_path, "a.yaml", {"files": [{"pattern": "a.csv", "entities": entities}]})
    assert "is not a condition" in faults_of(tmp_path)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("delimiter", "||"),
        ("delimiter", "\n"),
        ("quote", "«"),
        ("encoding", "klingon"),
        ("encoding", "rot13"),
        ("pattern", "../secret.csv"),
        ("decimal", ";"),
        ("mode", "merge"),
        ("thousands", "."),
    ],
)
def test_file_settings_that_make_no_sense_are_refused(
    tmp_path: Path, field: str, value: str
) -> None:
    body = {"pattern": "a.csv", "entities": ACCOUNTS, field: value}
    write(tmp_path, "a.yaml", {"files": [body]})
    faults_of(tmp_path)


@pytest.mark.parametrize(
    ("column", "fault"),
    [
        ({"created_at": {"constant": "soon"}}, "created_at: the constant is no timestamp"),
        ({"revenue": {"constant": "1,5"}}, "revenue: the constant is no money"),
        ({"sector": {"from": "s", "formats": "%Y"}}, "sector: formats are for dates"),
        ({"sector": {"from": "s", "otherwise": "x"}}, "there are no values"),
    ],
)
def test_column_that_no_row_could_fill_is_refused(
    tmp_path: Path, column: dict[str, Any], fault: str
) -> None:
    columns = {**ACCOUNTS["accounts"]["columns"], **column}
    entities = {"accounts": {"columns": columns}}
    write(tmp_path, "a.yaml", {"files": [{"pattern": "a.csv", "entities": entities}]})
    assert fault in faults_of(tmp_path)


def test_constant_outside_a_closed_list_is_refused(tmp_path: Path) -> None:
    columns = {**DEALS["deals"]["columns"], "outcome": {"constant": "winning"}}
    write(
        tmp_path,
        "a.yaml",
        {"files": [{"pattern": "a", "entities": {"deals": {"columns": columns}}}]},
    )
    assert "outcome: the constant is no category" in faults_of(tmp_path)


def test_reference_to_an_unknown_source_is_refused(tmp_path: Path) -> None:
    entities = {"deals": {**DEALS["deals"], "references": {"account_id": "erp"}}}
    write(tmp_path, "crm.yaml", {"files": [{"pattern": "a.csv", "entities": entities}]})
    assert "deals.account_id refers to unknown source erp" in faults_of(tmp_path)
    write(tmp_path, "erp.yaml", {"files": [{"pattern": "a.csv", "entities": ACCOUNTS}]})
    sources = load_sources([tmp_path])
    assert sources["crm"].files[0].entities[0].namespaces == {"account_id": "erp"}


@pytest.mark.parametrize("second", [{"account_id": "webshop"}, {}])
def test_column_whose_ids_two_sources_issue_in_one_file_is_refused(
    tmp_path: Path, second: dict[str, str]
) -> None:
    deals = DEALS["deals"] | {"references": {"account_id": "erp"}}
    other = DEALS["deals"] | {"references": second}
    entities = [{"entity": "deals", **deals}, {"entity": "deals", **other}]
    write(tmp_path, "crm.yaml", {"files": [{"pattern": "d.csv", "entities": entities}]})
    for name in ("erp", "webshop"):
        write(tmp_path, f"{name}.yaml", {"files": [{"pattern": "a.csv", "entities": ACCOUNTS}]})
    issuer = second.get("account_id", "crm")
    names = " and to ".join(sorted(("erp", issuer)))
    assert f"crm.yaml: d.csv: deals.account_id refers to {names}" in faults_of(tmp_path)


def test_home_replaces_a_shipped_source_but_a_folder_has_no_doubles(tmp_path: Path) -> None:
    file = {"pattern": "a.csv", "entities": ACCOUNTS}
    write(tmp_path / "shipped", "crm.yaml", {"timezone": "UTC", "files": [file]})
    write(tmp_path / "home", "crm.yaml", {"timezone": "Europe/Paris", "files": [file]})
    found = load_sources([tmp_path / "shipped", tmp_path / "home", tmp_path / "absent"])
    assert found["crm"].timezone == "Europe/Paris"
    write(tmp_path / "home", "other.yaml", {"source": "crm", "files": [file]})
    assert "is in this folder twice" in faults_of(tmp_path / "home")


def test_values_of_yaml_become_the_text_of_files(tmp_path: Path) -> None:
    columns = {"account_id": "id", "name": {"from": "n", "values": {True: 1, 2: None, "x": False}}}
    body = {"files": [{"pattern": "a.csv", "entities": {"accounts": {"columns": columns}}}]}
    column = load_source(write(tmp_path, "a.yaml", body)).files[0].entities[0].columns["name"]
    assert column.values == {"true": "1", "2": None, "x": "false"}


def source_of(*patterns: tuple[str, dict[str, Any]]) -> SourceMapping:
    files = [{"pattern": pattern, "entities": entities} for pattern, entities in patterns]
    return SourceMapping(name="crm", files=files)


def test_match_files_orders_by_landing_order_then_name(tmp_path: Path) -> None:
    source = source_of(("deals_*.csv", DEALS), ("accounts.csv", ACCOUNTS))
    for name in ("deals_2.csv", "deals_1.csv", "accounts.csv", "notes.txt", ".hidden.csv"):
        (tmp_path / name).write_text("x")
    found = match_files(source, tmp_path)
    assert [m.path.name for m in found] == ["accounts.csv", "deals_1.csv", "deals_2.csv"]
    assert found[0].file_mapping is source.files[1]
    assert [p.name for p in unmatched_files(source, tmp_path)] == ["notes.txt"]
    assert [m.path for m in match_files(source, tmp_path / "deals_1.csv")] == [
        tmp_path / "deals_1.csv"
    ]
    assert match_files(source, tmp_path / "absent") == []


def test_match_files_takes_the_first_pattern_that_fits(tmp_path: Path) -> None:
    source = source_of(("deals.csv", DEALS), ("*.csv", ACCOUNTS))
    (tmp_path / "deals.csv").write_text("x")
    assert [m.file_mapping for m in match_files(source, tmp_path)] == [source.files[0]]


def test_position_prefix_depends_on_the_mapping_not_on_what_lies_there() -> None:
    one, many = source_of(("a.csv", ACCOUNTS)), source_of(("a_*.csv", ACCOUNTS))
    assert position_prefix(one, one.files[0], Path("a.csv")) == ""
    assert position_prefix(many, many.files[0], Path("a_2024.csv")) == "aa5d3b85-"
    two = source_of(("a.csv", ACCOUNTS), ("b.csv", DEALS))
    assert position_prefix(two, two.files[1], Path("b.csv")) == "fd9d3f51-"
