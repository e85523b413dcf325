"""Persons whose last basis fell away: they withdrew what they agreed to, and nothing else is left.

A basis is a consent that holds, or a row that the policy processes for a contract or a legal
obligation: an order, a subscription, a ticket. Somebody who said nothing is not in the list: for
them the retention rules count. Source: GDPR Art. 17(1)(b), 6(1).

Privacy: pseudonyms and instants out.
"""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import sqlalchemy as sa

from pii_rules.models import Policy
from pipelines.common.entities import load_entities
from pipelines.consents import enter_landed
from pipelines.rights.consent import EVERY_CHANNEL, standing
from pipelines.rights.erasure import NO_BASIS, queue_erasures
from pipelines.rights.requests import persons_asking
from pipelines.vault import schema
from pipelines.vault.bulk import select_in
from pipelines.vault.subjects import survivors
from pipelines.warehouse.connection import connect_warehouse, quote

if TYPE_CHECKING:
    from pipelines.runs import Deployment

_LASTING: Final = frozenset({"contract", "legal_obligation"})
_OWN_ROWS: Final = frozenset({"accounts", "contacts", "users", "consents"})
"""Who somebody is and what they said is no reason to keep them."""


class WithoutBasis(NamedTuple):
    """A person and since when no word holds any more."""

    subject_id: int
    customer_key: str
    since: datetime

    def document(self) -> dict[str, Any]:
        """For programs; no subject_id."""
        return {"customer_key": self.customer_key, "since": self.since}


def persons_without_basis(deployment: Deployment, as_of: datetime) -> list[WithoutBasis]:
    """Everybody who has no basis left and asked for nothing, the longest first.

    The caller holds the home's lock. What landed about consent is entered first.

    Args:
        deployment: Open.
        as_of: The instant (UTC).
    """
    enter_landed(deployment)
    policy = deployment.policy
    fallen: dict[int, datetime] = {}
    standing_still: set[int] = set()
    e = schema.erasures
    with deployment.vault.read() as conn:
        for purpose, channel in _agreed_to(policy):
            for person, word in standing(conn, None, purpose, channel, as_of).items():
                if word.is_given:
                    standing_still.add(person)
                elif word.status not in (None, "pending") and word.occurred_at:
                    fallen[person] = max(word.occurred_at, fallen.get(person, word.occurred_at))
        wanted = fallen.keys() - standing_still
        begun = set(conn.scalars(sa.select(e.c.subject_id))) | persons_asking(conn)
        sql = (
            "SELECT subject_id, subject_key FROM subjects WHERE subject_id IN ({values}) "
            "AND state = 'active' AND kind = 'contact'"
        )
        keys = dict(select_in(conn, sql, sorted(wanted - begun)))
        busy = _with_lasting_rows(deployment) if keys else set()
        sql = "SELECT subject_id, subject_key FROM subjects WHERE subject_key IN ({values})"
        kept = set(survivors(conn, [i for i, _ in select_in(conn, sql, busy)]).values())
    found = [WithoutBasis(i, key, fallen[i]) for i, key in keys.items() if i not in kept]
    return sorted(found, key=lambda person: (person.since, person.subject_id))


def queue_without_basis(deployment: Deployment, as_of: datetime) -> int:
    """Queue all of them for erasure; the next run does it. Returns how many."""
    persons = [person.subject_id for person in persons_without_basis(deployment, as_of)]
    return queue_erasures(deployment.vault, persons, NO_BASIS)


def lasting_entities(policy: Policy) -> list[str]:
    """Entities whose rows are kept for a contract or a legal obligation, whatever is withdrawn."""
    lasting = {n for n, p in policy.purposes.items() if p.lawful_basis in _LASTING}
    return [
        name
        for name, entity in policy.entities.items()
        if name not in _OWN_ROWS
        and "contact_id" in entity.columns
        and lasting & set(entity.columns["contact_id"].purposes)
    ]


def _agreed_to(policy: Policy) -> list[tuple[str, str]]:
    """Purpose and channel of everything that a consent is asked for; "" where it has none."""
    return [
        (name, channel)
        for name, purpose in policy.purposes.items()
        if purpose.lawful_basis == "consent"
        for channel in (EVERY_CHANNEL, *policy.channels.get(name, ()))
    ]


def _with_lasting_rows(deployment: Deployment) -> set[str]:
    if not deployment.home.warehouse.is_file():
        return set()
    key = deployment.keyring.role_key("warehouse")
    wanted = [name for name in lasting_entities(deployment.policy) if name in load_entities()]
    with closing(connect_warehouse(deployment.home, key, deployment.settings)) as duck:
        union = " UNION ".join(
            f"SELECT customer_key FROM warehouse.pseudo.{quote(name)} WHERE customer_key IS NOT NULL"
            for name in wanted
        )
        return {k for (k,) in duck.execute(union).fetchall()} if union else set()
