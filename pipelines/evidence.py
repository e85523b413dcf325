"""What the blocking checks hold the warehouse against: the vault's counts and its identifiers.

Privacy: values of the warehouse are turned into blind indexes and looked up; counts come out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.identity.contact_identifiers import contact_identifiers
from pipelines.privacy.value_scan import WORTH_A_LOOK, suspicious_values
from pipelines.quality.checks import Evidence
from pipelines.quality.reconciliation import LandedRows
from pipelines.vault import schema
from pipelines.vault.subjects import Pair, find_identifiers

if TYPE_CHECKING:
    from pipelines.runs import Deployment
    from pipelines.vault.store import Vault

_TELLING = frozenset({"email", "phone", "full_name"})
"""Kinds that say who somebody is by themselves; a role mailbox or a surname does not."""


def gather_evidence(deployment: Deployment, connection: Connection) -> Evidence:
    """The evidence of a deployment, over an open reading transaction of the vault."""
    vault = deployment.vault
    return Evidence(
        policy=deployment.policy,
        landed=landed_rows(connection),
        erasures=sum(  # what took rows away: erasures and sweeps
            connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in (schema.erasures, schema.retention_runs)
        ),
        holds_identifier=suspicious_values,
        worth_a_look=WORTH_A_LOOK,
        is_known=lambda values: known_values(vault, connection, values),
    )


def landed_rows(connection: Connection) -> list[LandedRows]:
    """Rows that are new and rows that were deleted, per source and entity, over all batches."""
    b, c = schema.batches, schema.batch_counts
    query = (
        sa.select(
            b.c.source, c.c.entity, sa.func.sum(c.c.landed - c.c.changed), sa.func.sum(c.c.deleted)
        )
        .join(c, b.c.batch_id == c.c.batch_id)
        .group_by(b.c.source, c.c.entity)
    )
    return [LandedRows(s, e, int(new), int(gone)) for s, e, new, gone in connection.execute(query)]


def known_values(vault: Vault, connection: Connection, values: Sequence[str]) -> int:
    """How many values are, as a whole, the e-mail address, number or name of somebody known."""
    pairs: dict[Pair, int] = {}
    for value in values:
        text = value.strip()
        row = {"email": text} if "@" in text else {"phone": text, "full_name": text}
        for identifier in contact_identifiers(row):
            if identifier.kind in _TELLING:
                pair = (identifier.kind, vault.index.of(identifier.kind, identifier.value))
                pairs[pair] = pairs.get(pair, 0) + 1
    found = find_identifiers(connection, pairs)
    return sum(count for pair, count in pairs.items() if found.get(pair))
