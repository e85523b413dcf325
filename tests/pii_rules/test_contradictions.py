"""A policy that contradicts itself is refused whole, with every fault named."""

from __future__ import annotations

import pytest
import yaml

from pii_rules.loader import PolicyFaultsError, load_policy, shipped_policy_files


def faults_of(sweep: str, **changes: object) -> list[str]:
    texts = shipped_policy_files()
    sweeps = yaml.safe_load(texts["sweeps"])
    sweeps[sweep] |= changes
    with pytest.raises(PolicyFaultsError) as error:
        load_policy({**texts, "sweeps": yaml.safe_dump(sweeps)})
    return list(error.value.faults)


def test_persons_that_a_retention_class_would_only_unlink_are_refused() -> None:
    (fault,) = faults_of("customers", retention="tracking")
    assert "persons can only be deleted" in fault


def test_sweep_of_another_retention_than_its_columns_is_refused() -> None:
    (fault,) = faults_of("interactions", retention="tax_record")
    assert "contradict" in fault


def test_unknown_retention_is_one_fault_and_no_crash() -> None:
    (fault,) = faults_of("customers", retention="for ever")
    assert "unknown retention for ever" in fault
