"""Line 3: a column without a mapping is not stored, one without a rule does not leave the vault,
a purpose without a lawful basis gives nobody access."""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_rules.loader import PolicyFaultsError, load_policy, shipped_policy_files
from pii_rules.models import Policy
from pipelines.common.entities import load_entities
from pipelines.common.policy import load_policy as load_checked_policy
from pipelines.common.policy import uncovered, warehouse_columns
from tests.support.context import make_context
from tests.support.stores import duckdb_relations, sqlite_tables, stores_of

MARKER = "Zevenblad-4711"


def changed(text: str, old: str, new: str) -> dict[str, str]:
    texts = dict(shipped_policy_files())
    assert old in texts[text]
    return texts | {text: texts[text].replace(old, new, 1)}


def test_column_without_mapping_is_stored_nowhere(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    context.deliver(
        "contacts.csv", f"id,name,email,mobile,hobby\n1,Jan Smit,jan@voorbeeld.example,,{MARKER}\n"
    )
    summary = context.land()
    (batch,) = summary.batches
    assert batch.unmapped == {"hobby": 1}
    assert summary.entities["contacts"].landed == 1
    context.vault.close()
    for path, key in stores_of(context.home):
        for table, _, rows in duckdb_relations(path, key, context.home.spill):
            assert MARKER not in str(rows), table
    for table, _, rows in sqlite_tables(context.home.vault):
        assert MARKER not in str(rows), table
    for path in context.home.root.rglob("*"):
        assert not path.is_file() or MARKER.encode() not in path.read_bytes(), path.name


def test_national_identifier_is_not_even_sealed(tmp_path: Path) -> None:
    context = make_context(tmp_path)
    context.deliver(
        "contacts.csv", "id,name,email,mobile,bsn\n1,Jan Smit,jan@voorbeeld.example,,111222333\n"
    )
    context.land()
    records = [
        r for t, _, rows in sqlite_tables(context.home.vault) if t == "sealed_records" for r in rows
    ]
    assert len(records) == 1
    with context.vault.read() as vault:
        from pipelines.vault.records import records_of_subject
        from pipelines.vault.sealing import unseal

        (record,) = records_of_subject(vault, 1)
        key = context.vault.data_keys.get([record.key_id])[record.key_id]
        assert b"111222333" not in unseal(key, record.sealed or b"", record.aad)
    context.vault.close()


def test_column_without_rule_is_a_fault_of_the_policy() -> None:
    texts = changed(
        "entities", "    email: {class: direct_identifier, action: drop, seal: true}\n", ""
    )
    assert any("has no rule" in fault for fault in uncovered(load_policy(texts)))


def test_purpose_without_lawful_basis_closes_its_columns() -> None:
    texts = changed(
        "purposes",
        "  lawful_basis: contract\n  source: GDPR Art. 6(1)(b)\nsales",
        "  source: none\nsales",
    )
    policy = load_policy(texts)
    contacts = load_entities()["contacts"]
    open_columns = {c.name for c in warehouse_columns(contacts, policy)}
    assert "postcode_area" not in open_columns
    assert "postcode_area" in {c.name for c in warehouse_columns(contacts, load_policy())}


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        (
            "first_name: {class: direct_identifier, action: drop, seal: true}",
            "first_name: {class: direct_identifier, action: keep}",
            "direct identifier cannot be kept",
        ),
        (
            "national_id: {class: national_identifier, action: drop}",
            "national_id: {class: national_identifier, action: drop, seal: true}",
            "unless a statute",
        ),
        (
            "body: {class: free_text, action: redact_text, as: body_redacted, seal: true}",
            "body: {class: free_text, action: keep}",
            "free text cannot be kept",
        ),
        ("purposes: [relationship]", "purposes: [whatever]", "unknown purpose whatever"),
        ("retention: customer", "retention: forever", "unknown retention forever"),
    ],
)
def test_dangerous_rules_are_refused(old: str, new: str, fault: str) -> None:
    with pytest.raises(PolicyFaultsError) as error:
        load_policy(changed("entities", old, new))
    assert fault in str(error.value)


def test_all_faults_come_in_one_error() -> None:
    texts = changed("entities", "retention: customer", "retention: forever")
    texts["entities"] = texts["entities"].replace(
        "purposes: [support, statistics]", "purposes: [nothing]", 1
    )
    with pytest.raises(PolicyFaultsError) as error:
        load_policy(texts)
    assert len(error.value.faults) > 10


def test_shipped_rules_cover_every_column_and_are_not_live() -> None:
    policy: Policy = load_checked_policy()
    assert uncovered(policy) == []
    assert not any(policy.is_live(entity) for entity in load_entities())


def test_no_direct_identifier_has_a_column_in_the_warehouse() -> None:
    policy = load_checked_policy()
    for entity in load_entities().values():
        for rule in policy.entities[entity.name].columns.values():
            if rule.privacy_class in ("direct_identifier", "national_identifier"):
                assert rule.warehouse_column is None, f"{entity.name}.{rule.name}"
