"""What Art. 15(1) asks to be told beside the data: drawn from the policy, the models and a YAML.

The policy says purposes, bases and periods; dbt's descriptions say how derived figures come about;
``organisation.yaml`` says who the organisation is and to whom data went. Source: GDPR Art. 15(1), (2).
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from pii_rules.models import ColumnRule, Policy
from pipelines.common.errors import PolicyError, UsageError
from pipelines.packages.words import word, words
from pipelines.warehouse.dbt import PROJECT

OVERRIDE = "organisation.yaml"
LISTS = ("recipients", "transfers")


def load_organisation(policy_folder: Path) -> dict[str, Any]:
    """What the deployer says of the organisation, over what is shipped.

    Raises:
        PolicyError: The home's file is no YAML mapping, has keys that are not known, or names
            recipients otherwise than in a list.
    """
    return _shipped() | _own(policy_folder)


def load_controller(policy_folder: Path) -> dict[str, str]:
    """``name``, ``address`` and ``contact`` of the organisation, empty where the deployer says none.

    So is what cannot be read: a letter is due in time, and can be written again.
    """
    try:
        said = _own(policy_folder).get("controller", {})
    except PolicyError:
        said = {}
    named = said if isinstance(said, dict) else {"name": said}
    return {key: str(named.get(key) or "") for key in _shipped()["controller"]}


def require_described(policy_folder: Path) -> None:
    """Say nothing of an organisation that it did not say itself: "no recipients" is a fact too.

    Raises:
        UsageError: The home does not say who it is, to whom data goes, or where outside the EEA.
        PolicyError: As :func:`load_organisation`.
    """
    own, shipped = _own(policy_folder), _shipped()
    missing = [
        *(key for key in ("controller", "data_protection_officer")
          if own.get(key, shipped[key]) == shipped[key]),
        *(key for key in LISTS if key not in own),
    ]  # fmt: skip
    if missing:
        raise UsageError(
            "a package says who you are and to whom data goes, and that is not written yet",
            code="organisation_undescribed", where={"file": OVERRIDE, "keys": ", ".join(missing)},
            todo="write these keys into policy/organisation.yaml, [] where there is nobody; "
            "docs/runbooks/access.md shows how",
        )  # fmt: skip


def _shipped() -> dict[str, Any]:
    text = files("pipelines.packages").joinpath(OVERRIDE).read_text(encoding="utf-8")
    shipped: dict[str, Any] = yaml.safe_load(text)
    return shipped


def _own(policy_folder: Path) -> dict[str, Any]:
    path = policy_folder / OVERRIDE
    if not path.is_file():
        return {}
    try:
        own = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError:
        own = None
    if (
        not isinstance(own, dict)
        or not own.keys() <= _shipped().keys()
        or not all(isinstance(own.get(key, []), list) for key in LISTS)
    ):
        raise PolicyError(
            "what is said of the organisation cannot be read", code="organisation_unreadable",
            where={"file": OVERRIDE}, todo="keep to the keys of the shipped file; recipients and transfers are lists, [] where "
            "there is nobody",
        )  # fmt: skip
    return own


def information(
    sections: dict[str, Any], policy: Policy, organisation: dict[str, Any], language: str
) -> dict[str, Any]:
    """The facts of Art. 15(1) for one person: only what concerns the data they have.

    Args:
        sections: Of the package, as :mod:`pipelines.packages.content` makes them.
        policy: Purposes, bases, retention.
        organisation: As :func:`load_organisation` gives it.
        language: ``nl`` or ``en``.
    """
    rules = _rules_used(sections["records"], policy)
    derived = sections.get("derived", {})
    purposes = sorted({p for _, rule in rules for p in rule.purposes if p in policy.purposes})
    return {
        "controller": organisation["controller"],
        "data_protection_officer": organisation["data_protection_officer"],
        "purposes": [_purpose(policy, name, organisation, language) for name in purposes],
        "categories": _categories(rules, language),
        "recipients": organisation["recipients"] + sections.get("lists_for_mailings", []),
        "transfers": organisation["transfers"],
        "retention": _retention(rules, policy, organisation, language),
        "sources": {
            s: organisation["sources"].get(s, {}).get(language, s)
            for s in sorted({r["source"] for r in sections["records"]})
        },
        "left_out": _left_out(sections["records"], organisation, language),
        "automated_decisions": organisation["automated_decisions"][language],
        "logic": {table: _explained(table, language) for table in sorted(derived)},
        "rights": organisation["rights"][language],
        "authority": organisation["authority"],
    }


def _rules_used(records: list[dict[str, Any]], policy: Policy) -> list[tuple[str, ColumnRule]]:
    used = {(r["entity"], column) for r in records for column in r["fields"]}
    return [(e, policy.entities[e].columns[c]) for e, c in sorted(used)]


def _left_out(records: list[dict[str, Any]], organisation: dict[str, Any], language: str) -> str:
    """What is not in the package although the record has it, and why; empty where there is none."""
    if not any(words()["withheld"].get(record["entity"]) for record in records):
        return ""
    return str(organisation["left_out"][language])


def _purpose(
    policy: Policy, name: str, organisation: dict[str, Any], language: str
) -> dict[str, str]:
    purpose = policy.purposes[name]
    said = organisation["purposes"].get(name, {}).get(language, purpose.description)
    basis = word("bases", purpose.lawful_basis or "", language)
    return {
        "purpose": name,
        "description": said,
        "lawful_basis": basis,
        "source": _law(purpose.source, language),
    }


def _categories(rules: list[tuple[str, ColumnRule]], language: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entity, rule in rules:
        kind = word("classes", rule.privacy_class, language)
        found.setdefault(word("entities", entity, language), [])
        if kind not in found[word("entities", entity, language)]:
            found[word("entities", entity, language)].append(kind)
    return found


def _retention(
    rules: list[tuple[str, ColumnRule]],
    policy: Policy,
    organisation: dict[str, Any],
    language: str,
) -> list[dict[str, Any]]:
    entities: dict[str, list[str]] = {}
    for entity, rule in rules:
        shown = word("entities", entity, language)
        if shown not in entities.setdefault(rule.retention, []):
            entities[rule.retention].append(shown)
    return [
        {
            "data": ", ".join(shown),
            "months": policy.retention[name].period_months,
            "starts": organisation["retention_starts"]
            .get(policy.retention[name].starts, {})
            .get(language, policy.retention[name].starts),
            "ground": organisation["retention_grounds"]
            .get(policy.retention[name].ground, {})
            .get(language, _law(policy.retention[name].ground, language)),
        }
        for name, shown in sorted(entities.items())
    ]


def _law(text: str, language: str) -> str:
    """A reference to the law, as it is written in a language."""
    return text.replace("GDPR Art.", "AVG art.") if language == "nl" else text


def _explained(table: str, language: str) -> dict[str, Any]:
    """As :func:`_logic`, the description in the language where there is one."""
    said = words()["explained"].get(table, {})
    return _logic(table) | ({"description": said[language]} if language in said else {})


@cache
def _logic(table: str) -> dict[str, Any]:
    """What a derived table and its columns are, as the model's own description says."""
    path = PROJECT / "models" / "marts" / f"{table}.yml"
    if not path.is_file():
        return {}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    body = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506 - a safe loader
    for model in body.get("models", ()):
        if model["name"] == table:
            columns = {
                c["name"]: c["description"] for c in model.get("columns", ()) if "description" in c
            }
            return {"description": model.get("description", ""), "columns": columns}
    return {}
