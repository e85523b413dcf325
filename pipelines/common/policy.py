"""The policy joined with the entities: closed by default, and the shape of the warehouse.

A column of an entity without a rule, or a rule without a column, is a fault. The relation
``pseudo.<entity>`` of the warehouse follows from both and from nothing else.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pii_rules.loader import PolicyFaultsError
from pii_rules.loader import load_policy as load_rules
from pii_rules.models import METHOD_TYPES, ColumnRule, Policy
from pipelines.common.entities import Column, Entity, load_entities
from pipelines.common.errors import PolicyError

APPROVALS_FILE = "approvals.yaml"


class WarehouseColumn(NamedTuple):
    """A column of ``pseudo.<entity>``: its name and DuckDB type."""

    name: str
    type: str


META_COLUMNS = (
    WarehouseColumn("source", "VARCHAR"),
    WarehouseColumn("record_key", "VARCHAR"),
    WarehouseColumn("batch_id", "BIGINT"),
)
"""First columns of every ``pseudo`` relation; (source, record_key) is its key."""


def load_policy(policy_folder: Path | None = None) -> Policy:
    """The shipped policy with the approvals of a deployment, checked against the entities.

    Args:
        policy_folder: ``<home>/policy``; without one no rule is live.

    Raises:
        PolicyError: Names every fault at once.
    """
    approvals = policy_folder / APPROVALS_FILE if policy_folder else None
    try:
        policy = load_rules(approvals_file=approvals)
    except PolicyFaultsError as error:
        raise _policy_error(list(error.faults)) from None
    faults = uncovered(policy)
    if faults:
        raise _policy_error(faults)
    return policy


def uncovered(policy: Policy) -> list[str]:
    """Faults of a policy against the entities: columns without rule, rules without column."""
    faults: list[str] = []
    for entity in load_entities().values():
        rules = policy.entities.get(entity.name)
        if rules is None:
            faults.append(f"entity {entity.name} has no rules")
            continue
        faults += [
            f"{entity.name}.{c} has no rule" for c in entity.columns if c not in rules.columns
        ]
        faults += [
            f"{entity.name}.{c} is not a column" for c in rules.columns if c not in entity.columns
        ]
    return faults + [f"entity {e} is unknown" for e in policy.entities if e not in load_entities()]


def warehouse_columns(entity: Entity, policy: Policy) -> tuple[WarehouseColumn, ...]:
    """The columns of ``pseudo.<entity>``, in order: the meta columns, then what rules let out.

    Tokens and ids are VARCHAR. An id of something that is no person is qualified with the
    namespace it belongs to (``crm/D-10023``); a person, account or user is a random pseudonym.
    A key of one column that is kept is not stored twice: it is ``record_key``.
    """
    found = list(META_COLUMNS)
    for column in entity.columns.values():
        rule = policy.entities[entity.name].columns[column.name]
        if entity.key == (column.name,) and rule.action == "keep":
            continue
        name = rule.warehouse_column
        if name is not None and policy.is_open(rule):
            found.append(WarehouseColumn(name, _warehouse_type(column, rule)))
    return tuple(found)


def _warehouse_type(column: Column, rule: ColumnRule) -> str:
    if rule.method:
        return METHOD_TYPES[rule.method]
    return "VARCHAR" if rule.action in ("token", "redact_text") else column.duckdb_type


def _policy_error(faults: list[str]) -> PolicyError:
    return PolicyError(
        f"the policy has {len(faults)} fault{'s' if len(faults) > 1 else ''}: " + "; ".join(faults),
        code="policy_faults",
        todo="mend the rules under pii_rules/policy or the approvals of the home",
    )
