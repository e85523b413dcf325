"""Who may be addressed for a purpose by a channel, and on what ground.

Privacy: subjects of the vault in and out. Source: GDPR Art. 6, 7, 21(2)-(3); Tw 11.7.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from pii_rules.models import ChannelRule, Ground, Policy
from pipelines.common.errors import NotAllowedError, UsageError
from pipelines.rights.consent import Standing, standing

SILENT = Standing(None)


class Facts(NamedTuple):
    """What is known of persons apart from their words.

    ``last_bought_at`` of customers; ``business`` are contacts of an organisation.
    """

    last_bought_at: Mapping[int, datetime]
    business: Collection[int]


class Addressable(NamedTuple):
    """``grounds`` by person who may be addressed; ``refused`` counts the others by reason."""

    grounds: dict[int, str]
    refused: dict[str, int]


def rule_of(policy: Policy, purpose: str, channel: str) -> ChannelRule:
    """The rule for a purpose and a channel; a purpose without channels follows its basis.

    Raises:
        UsageError: There is no such purpose, or the channel is not open for it.
        NotAllowedError: The purpose has no lawful basis: it gives nobody access.
    """
    found = policy.purposes.get(purpose)
    if found is None:
        raise UsageError(
            "the policy knows no such purpose", code="purpose_unknown",
            todo="use one of " + ", ".join(policy.purposes),
        )  # fmt: skip
    if found.lawful_basis is None:
        raise NotAllowedError(
            "the purpose has no lawful basis, so nobody may be addressed for it",
            code="purpose_without_basis", where={"purpose": purpose},
        )  # fmt: skip
    channels = policy.channels.get(purpose)
    if channels is None:
        ground: Ground = "consent" if found.lawful_basis == "consent" else "no_objection"
        return ChannelRule(grounds=(ground,), source=found.source or "GDPR Art. 6")
    if channel not in channels:
        raise UsageError(
            "the policy opens no such channel for this purpose", code="channel_closed",
            where={"purpose": purpose}, todo="use one of " + ", ".join(channels),
        )  # fmt: skip
    return channels[channel]


def who_may_be_addressed(
    conn: Connection,
    policy: Policy,
    purpose: str,
    channel: str,
    subject_ids: Collection[int],
    facts: Facts,
    as_of: datetime,
) -> Addressable:
    """Decide for each person; whoever no ground holds for is refused with a reason.

    Args:
        conn: The vault.
        policy: Says which grounds count.
        purpose: A purpose of the policy.
        channel: ``email``, ``phone``, ``sms``, ``post``.
        subject_ids: Survivors of merges, none restricted.
        facts: What the grounds need to know.
        as_of: The instant (UTC).
    """
    rule = rule_of(policy, purpose, channel)
    words = standing(conn, subject_ids, purpose, channel, as_of)
    grounds: dict[int, str] = {}
    refused: Counter[str] = Counter()
    for person in subject_ids:
        said = words.get(person, SILENT)
        wanted = rule.grounds
        if rule.business is not None and person in facts.business:
            wanted = rule.business
        ground = next(
            (g for g in wanted if _holds(g, rule, said, facts.last_bought_at.get(person), as_of)),
            None,
        )
        if ground is None:
            refused["said_no" if not said.is_silent else "no_ground"] += 1
        else:
            grounds[person] = ground
    return Addressable(grounds, dict(refused))


def _holds(
    ground: Ground,
    rule: ChannelRule,
    said: Standing,
    last_bought_at: datetime | None,
    as_of: datetime,
) -> bool:
    if not said.is_silent:
        return False  # whoever said no is not addressed on another ground
    if ground == "consent":
        return _consents(rule, said, as_of)
    if ground == "soft_opt_in":
        within = timedelta(days=30.4375 * rule.customer_months)
        return last_bought_at is not None and as_of - within <= last_bought_at <= as_of
    return True


def _consents(rule: ChannelRule, said: Standing, as_of: datetime) -> bool:
    if not said.is_given or (rule.double_opt_in and not said.was_confirmed):
        return False
    if rule.consent_months is None or said.occurred_at is None:
        return True
    return as_of - timedelta(days=30.4375 * rule.consent_months) <= said.occurred_at
