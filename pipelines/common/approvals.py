"""Approvals of a deployment: who made the rules of which entity live, and when.

Owns the writing of ``<home>/policy/approvals.yaml``; reading it is the policy's.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import yaml

from pipelines.common.errors import UsageError
from pipelines.common.policy import APPROVALS_FILE, load_policy


def approve(
    policy_folder: Path, approved_by: str, on: date, entities: Iterable[str] = ()
) -> tuple[str, ...]:
    """Make the rules of entities live; an approval that stands keeps its name and date.

    Args:
        policy_folder: ``<home>/policy``.
        approved_by: Who approves; a name or a function, as it should stand on record.
        on: The day.
        entities: Entities whose rules are approved, all of the policy by default.

    Returns:
        The entities that were not live before, in the policy's order.

    Raises:
        PolicyError: The rules or the approvals that stand are faulty.
        UsageError: An entity is unknown, or nobody approves.

    Privacy: the name of the approver goes into the home's policy folder, nothing else.
    """
    if not approved_by.strip():
        raise UsageError("an approval needs a name", code="approver_missing", todo="give --by NAME")
    policy = load_policy(policy_folder)
    wanted = set(entities) or set(policy.entities)
    for unknown in sorted(wanted - set(policy.entities)):
        raise UsageError(
            "there are no rules for this entity", code="entity_unknown", where={"entity": unknown}
        )
    new = tuple(e for e in policy.entities if e in wanted and not policy.is_live(e))
    if new:
        standing = {e: a.model_dump(exclude_none=True) for e, a in policy.approvals.items()}
        added = {e: {"approved_by": approved_by.strip(), "approved_on": on} for e in new}
        _write(policy_folder / APPROVALS_FILE, {**standing, **added})
    return new


def _write(path: Path, approvals: dict[str, dict[str, object]]) -> None:
    beside = path.with_suffix(".new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        yaml.safe_dump(approvals, file, allow_unicode=True, sort_keys=False)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
