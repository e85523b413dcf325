"""Reads the policy and reports all of its faults in one error.

Owns the YAML under ``policy/`` and a deployment's ``approvals.yaml``. Knows nothing about
entities: whether every column has a rule is checked in ``pipelines.common.policy``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from pii_rules.models import (
    Approval,
    ChannelRule,
    ColumnRule,
    EntityRules,
    Policy,
    Purpose,
    Retention,
    SweepRule,
)
from pii_rules.strict_yaml import load_strict_yaml, yaml_fault

_Model = TypeVar("_Model", bound=BaseModel)


class PolicyFaultsError(Exception):
    """All faults of the policy at once; each is one sentence without a value of the data."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(faults))


def shipped_policy_files() -> dict[str, str]:
    """The text of each shipped policy file by name: purposes, retention, entities and so on."""
    folder = files("pii_rules").joinpath("policy")
    return {
        name: folder.joinpath(f"{name}.yaml").read_text(encoding="utf-8")
        for name in ("purposes", "retention", "entities", "channels", "sweeps")
    }


def load_policy(
    texts: Mapping[str, str] | None = None, approvals_file: Path | None = None
) -> Policy:
    """Read and check the policy.

    Args:
        texts: YAML by name as :func:`shipped_policy_files` gives it, the shipped one by default.
        approvals_file: ``approvals.yaml`` of a deployment; without one no rule is live.

    Raises:
        PolicyFaultsError: With every fault that was found.
    """
    texts = dict(texts or shipped_policy_files())
    faults: list[str] = []
    parsed = {name: _parsed(name, text, faults) for name, text in texts.items()}
    purposes = _models(Purpose, "purpose", parsed["purposes"], faults)
    retention = _models(Retention, "retention", parsed["retention"], faults)
    entities: dict[str, EntityRules] = {}
    for entity, body in parsed["entities"].items():
        rules = _entity(entity, body, faults)
        if rules is not None:
            entities[entity] = rules
    _check_names(entities, purposes, retention, faults)
    channels = _channels(parsed.get("channels", {}), purposes, faults)
    sweeps = _models(SweepRule, "sweep", parsed.get("sweeps", {}), faults)
    _check_sweeps(sweeps, entities, retention, faults)
    approvals: dict[str, Approval] = {}
    if approvals_file is not None and approvals_file.exists():
        raw = _parsed("approvals", approvals_file.read_text(encoding="utf-8"), faults)
        approvals = _models(Approval, "approval", raw, faults, named=False)
        faults += [f"approval of unknown entity {e}" for e in approvals if e not in entities]
    if faults:
        raise PolicyFaultsError(faults)
    fingerprint = hashlib.sha256("\n".join(texts[n] for n in sorted(texts)).encode()).hexdigest()
    return Policy(
        purposes=purposes,
        retention=retention,
        entities=entities,
        approvals=approvals,
        fingerprint=fingerprint,
        channels=channels,
        sweeps=sweeps,
    )


def _parsed(name: str, text: str, faults: list[str]) -> dict[str, Any]:
    try:
        parsed = load_strict_yaml(text) or {}
    except yaml.YAMLError as error:
        faults.append(f"{name}.yaml: {yaml_fault(error)}")
        return {}
    if not isinstance(parsed, dict):
        faults.append(f"{name}.yaml is not a mapping")
        return {}
    return parsed


def _models(
    model: Callable[..., _Model],
    kind: str,
    raw: dict[str, Any],
    faults: list[str],
    named: bool = True,
) -> dict[str, _Model]:
    found: dict[str, _Model] = {}
    for name, body in raw.items():
        try:
            found[name] = model(**({"name": name} if named else {}), **(body or {}))
        except (ValidationError, TypeError) as error:
            faults += _sentences(f"{kind} {name}", error)
    return found


def _entity(entity: str, body: dict[str, Any], faults: list[str]) -> EntityRules | None:
    shared = {key: body.get(key) for key in ("purposes", "retention")}
    columns: dict[str, ColumnRule] = {}
    for column, rule in (body.get("columns") or {}).items():
        try:
            columns[column] = ColumnRule(name=column, **{**shared, **(rule or {})})
        except (ValidationError, TypeError) as error:
            faults += _sentences(f"rule {entity}.{column}", error)
    try:
        return EntityRules(name=entity, on_erasure=body.get("on_erasure"), columns=columns)
    except ValidationError as error:
        faults += _sentences(f"entity {entity}", error)
        return None


def _channels(
    raw: dict[str, Any], purposes: dict[str, Purpose], faults: list[str]
) -> dict[str, dict[str, ChannelRule]]:
    found: dict[str, dict[str, ChannelRule]] = {}
    for purpose, channels in raw.items():
        if purpose not in purposes:
            faults.append(f"channels: unknown purpose {purpose}")
        place = f"channel {purpose}"
        found[purpose] = _models(ChannelRule, place, channels or {}, faults, named=False)
        for channel, rule in found[purpose].items():
            if rule.double_opt_in and "consent" not in rule.grounds:
                faults.append(f"{place} {channel}: double_opt_in without the ground consent")
    return found


def _check_sweeps(
    sweeps: dict[str, SweepRule],
    entities: dict[str, EntityRules],
    retention: dict[str, Retention],
    faults: list[str],
) -> None:
    for rule in sweeps.values():
        place = f"sweep {rule.name}"
        if rule.retention not in retention:
            faults.append(f"{place}: unknown retention {rule.retention}")
        elif rule.persons and retention[rule.retention].action != "delete":
            faults.append(
                f"{place}: removes persons, but retention {rule.retention} says "
                f"{retention[rule.retention].action}; persons can only be deleted"
            )
        if rule.entity not in entities:
            faults.append(f"{place}: unknown entity {rule.entity}")
        elif not rule.persons and rule.retention in retention:
            columns = entities[rule.entity].columns.values()
            if rule.retention not in {column.retention for column in columns}:
                faults.append(
                    f"{place}: no column of {rule.entity} has retention {rule.retention}, so the "
                    "sweep and the columns contradict one another"
                )
        for name in (*rule.starts, *rule.unless):
            entity, _, column = name.partition(".")
            found = entities[entity].columns.get(column) if entity in entities else None
            if found is None or found.warehouse_column is None:
                faults.append(f"{place}: {name} is no column of the warehouse")
            if not rule.persons and entity != rule.entity:
                faults.append(f"{place}: {name} is of another entity")


def _check_names(
    entities: dict[str, EntityRules],
    purposes: dict[str, Purpose],
    retention: dict[str, Retention],
    faults: list[str],
) -> None:
    for entity in entities.values():
        seen: dict[str, str] = {}
        for rule in entity.columns.values():
            place = f"rule {entity.name}.{rule.name}"
            faults += [f"{place}: unknown purpose {p}" for p in rule.purposes if p not in purposes]
            if not rule.purposes:
                faults.append(f"{place}: no purpose")
            if rule.retention not in retention:
                faults.append(f"{place}: unknown retention {rule.retention}")
            target = rule.warehouse_column
            if target and target in seen:
                faults.append(f"{place}: {target} is already the column of {seen[target]}")
            if target and target.startswith("pii_"):
                faults.append(f"{place}: {target} begins with pii_")
            if target:
                seen[target] = rule.name
        faults += _restriction_faults(entity, purposes, retention)


def _restriction_faults(
    entity: EntityRules, purposes: dict[str, Purpose], retention: dict[str, Retention]
) -> list[str]:
    """``restrict`` needs a law that demands it and one period, counted in years, that ends it."""
    if entity.on_erasure != "restrict":
        return []
    faults: list[str] = []
    place = f"entity {entity.name}: on_erasure restrict"
    named = {p for rule in entity.columns.values() for p in rule.purposes if p in purposes}
    if not any(purposes[p].lawful_basis == "legal_obligation" for p in named):
        faults.append(f"{place} without a purpose of legal_obligation")
    classes = {rule.retention for rule in entity.columns.values()}
    if len(classes) != 1:
        faults.append(f"{place} with more than one retention")
    for name in sorted(classes & retention.keys()):
        kept = retention[name]
        if kept.action != "delete" or kept.period_months % 12:
            faults.append(f"{place}: retention {name} does not delete after whole years")
    return faults


def _sentences(place: str, error: ValidationError | TypeError) -> list[str]:
    if isinstance(error, TypeError):
        return [f"{place}: is not a mapping of known fields"]
    return [
        f"{place}: {'.'.join(str(part) for part in e['loc']) or 'rule'}: {e['msg']}"
        for e in error.errors(include_input=False, include_url=False)
    ]
