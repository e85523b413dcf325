"""Purpose as a type: what each published relation is for, held against where its columns come from.

A relation declares its purposes in its YAML (``config: meta: purposes``). A column that a rule of
the policy lets out for other purposes only may not be in it. Lineage is read from the project's own
files, by ``ref`` and ``source``; a column is known by its name, so one that a model renames is seen
by its relation's purposes only.

Source: GDPR Art. 5(1)(b), 6.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from pii_rules.models import ColumnRule, Policy
from pipelines.common.errors import PolicyError

_REF: Final = re.compile(r"ref\(\s*['\"](\w+)['\"]\s*\)")
_SOURCE: Final = re.compile(r"source\(\s*['\"]pseudo['\"]\s*,\s*['\"](\w+)['\"]\s*\)")
_PERSON_KEYS: Final = frozenset({"customer_key", "user_key", "subject_key"})
PUBLISHED: Final = "marts"


@dataclass(frozen=True)
class Relation:
    """A published relation as it declares itself, with the entities that it is made from."""

    name: str
    purposes: tuple[str, ...]
    columns: tuple[str, ...]
    entities: frozenset[str]


def check_purposes(project: Path, policy: Policy) -> None:
    """Refuse a project of which a relation goes beyond its purposes.

    Args:
        project: Folder of the dbt project.
        policy: The rules.

    Raises:
        PolicyError: Names every relation and column at fault.
    """
    faults = [fault for relation in relations_of(project) for fault in faults_of(relation, policy)]
    if faults:
        raise PolicyError(
            "a published relation goes beyond its purposes: " + "; ".join(faults[:20]),
            code="purpose_exceeded",
            todo="declare the purpose if it is one, or take the column out of the model",
        )  # fmt: skip


def faults_of(relation: Relation, policy: Policy) -> list[str]:
    """What is wrong with one relation, a sentence each; names of ours only."""
    if not relation.purposes:
        return [f"{relation.name} declares no purpose"]
    faults = []
    for purpose in relation.purposes:
        found = policy.purposes.get(purpose)
        if found is None:
            faults.append(f"{relation.name}: unknown purpose {purpose}")
        elif found.lawful_basis is None:
            faults.append(f"{relation.name}: purpose {purpose} has no lawful basis")
    entities = relation.entities & policy.entities.keys()
    if _PERSON_KEYS & set(relation.columns) and not entities:
        faults.append(f"{relation.name} is about persons and comes from no rule with a retention")
    declared = set(relation.purposes)
    for column in relation.columns:
        rules = [r for e in entities for r in _rules_of(policy, e, column)]
        if rules and not any(declared & set(rule.purposes) for rule in rules):
            faults.append(f"{relation.name}.{column} is kept for other purposes")
    return faults


def relations_of(project: Path) -> list[Relation]:
    """The published relations of a project, by name."""
    models = {
        path.stem: path.read_text(encoding="utf-8")
        for pattern in ("*.sql", "*.py")
        for path in _files(project, pattern)
    }
    found: list[Relation] = []
    for path in _files(project, "*.yml"):
        if PUBLISHED not in path.relative_to(project).parts:
            continue
        body = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        found += [_relation(model, models) for model in body.get("models", ())]
    return sorted(found, key=lambda relation: relation.name)


def _relation(model: Mapping[str, Any], models: Mapping[str, str]) -> Relation:
    meta = (model.get("config") or {}).get("meta") or model.get("meta") or {}
    return Relation(
        name=str(model["name"]),
        purposes=tuple(meta.get("purposes") or ()),
        columns=tuple(str(column["name"]) for column in model.get("columns") or ()),
        entities=frozenset(_entities(str(model["name"]), models, set())),
    )


def _entities(name: str, models: Mapping[str, str], seen: set[str]) -> set[str]:
    if name in seen or name not in models:
        return set()
    seen.add(name)
    text = models[name]
    found = set(_SOURCE.findall(text))
    for parent in _REF.findall(text):
        found |= _entities(parent, models, seen)
    return found


def _rules_of(policy: Policy, entity: str, column: str) -> list[ColumnRule]:
    return [
        rule
        for rule in policy.entities[entity].columns.values()
        if rule.warehouse_column == column and rule.privacy_class != "not_personal"
    ]


def _files(project: Path, pattern: str) -> list[Path]:
    return sorted((project / "models").rglob(pattern))
