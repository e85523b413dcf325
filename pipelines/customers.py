"""One customer unsealed for a steward: for a purpose of the policy, logged before anything is shown.

Privacy: a pseudonym and a purpose in; what that purpose may see of one person out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pii_rules.models import ColumnRule, Policy
from pipelines.common.errors import NotAllowedError
from pipelines.rights.person import open_records, person_by_key
from pipelines.vault import audit
from pipelines.vault.records import records_of_subjects

if TYPE_CHECKING:
    from pipelines.runs import Deployment

HANDLING_OF_RIGHTS: Final = "accountability"
"""The purpose that sees every column: whoever answers a request has to."""


def show_customer(
    deployment: Deployment,
    subject_key: str,
    purpose: str,
    *,
    texts: bool = False,
    actor: str = "steward",
) -> dict[str, Any]:
    """What a purpose may see of a customer.

    Args:
        deployment: Open.
        subject_key: One of the customer's pseudonyms, that of a merged one too.
        purpose: A purpose of the policy with a lawful basis; a column is shown when its rule
            names it. ``accountability``, the handling of rights, sees all.
        texts: Show free text too; it may speak of others.
        actor: Who looks, a role.

    Returns:
        customer_key, merged (other pseudonyms), state, purpose and records (entity, source,
        record, fields).

    Raises:
        NotAllowedError: The policy does not know the purpose, or it has no lawful basis; or the
            customer is restricted, whom only the handling of rights may see.
        InputError: There is no such customer.
    """
    policy = deployment.policy
    check_purpose(policy, purpose)
    vault = deployment.vault
    with vault.begin() as conn:
        person = person_by_key(conn, subject_key)
        if person.state == "restricted" and purpose != HANDLING_OF_RIGHTS:
            raise NotAllowedError(
                "processing of this customer's data is restricted", code="customer_restricted",
                todo=f"--purpose {HANDLING_OF_RIGHTS} shows it for answering them; "
                "klantkluis customer lift ends the restriction",
            )  # fmt: skip
        records = [
            r
            for r in records_of_subjects(conn, person.subject_ids)
            if _seen(policy, r.entity, purpose, texts)
        ]
        audit.append(
            conn, vault, actor=actor, action="customer_shown", purpose=purpose, subject_count=1,
            payload={
                "subject_keys": person.subject_keys,
                "record_ids": [r.record_id for r in records],
            },
        )  # fmt: skip
    opened = open_records(vault, records)
    return {
        "customer_key": person.subject_keys[0],
        "merged": list(person.subject_keys[1:]),
        "state": person.state,
        "purpose": purpose,
        "records": [
            {
                "entity": o.record.entity,
                "source": o.record.source,
                "record": o.record.record_key.partition("/")[2],
                "fields": {
                    name: o.fields[name]
                    for name in _seen(policy, o.record.entity, purpose, texts)
                    if o.fields.get(name) is not None
                },
            }
            for o in opened
        ],
    }


def check_purpose(policy: Policy, purpose: str) -> None:
    """Refuse a purpose that the policy does not know, or knows without a lawful basis.

    Raises:
        NotAllowedError: With the purposes that there are.
    """
    known = sorted(name for name, p in policy.purposes.items() if p.lawful_basis is not None)
    if purpose not in known:
        raise NotAllowedError(
            "nobody is unsealed without a purpose that the policy allows",
            code="purpose_not_allowed", todo=f"give --purpose one of {', '.join(known)}",
        )  # fmt: skip


def _seen(policy: Policy, entity: str, purpose: str, texts: bool) -> list[str]:
    """The sealed columns of an entity that a purpose may see."""
    rules = policy.entities[entity].columns
    return [c for c in policy.entities[entity].sealed_columns if _may(rules[c], purpose, texts)]


def _may(rule: ColumnRule, purpose: str, texts: bool) -> bool:
    if rule.privacy_class == "free_text" and not texts:
        return False
    return purpose == HANDLING_OF_RIGHTS or purpose in rule.purposes
