"""What an erasure touches in the vault.

A resumed erasure finds it again in the same way, because rows are deleted last.

Privacy: pseudonyms and blind indexes only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from pii_rules.models import Policy
from pipelines.vault import quarantine, schema
from pipelines.vault.bulk import select_in
from pipelines.vault.records import (
    SealedRecord,
    records_mentioning,
    records_of_subjects,
)
from pipelines.vault.subjects import (
    FORMER,
    Pair,
    find_identifiers,
    identifiers_of,
    members,
)

SUPPRESSING_KINDS: Final = frozenset({"source_key", "email", "phone_name", "phone_birth"})
"""Identifiers by which an erased person is known when a source brings them again."""
CUT_KINDS: Final = frozenset({"email", "phone", "iban"})
"""Identifiers that are cut out of everybody's text; a bare name needs more than itself."""
RECORD_KIND: Final = "record"
"""The blind index of a record itself, and of what it hangs on."""


class FactErasure(NamedTuple):
    """What the warehouse has to forget.

    ``actions`` says per entity whether rows with one of the subject keys are deleted or lose the
    person; ``record_keys`` names rows that go whatever they bear: (source, record_key).
    """

    subject_keys: tuple[str, ...]
    actions: Mapping[str, str]
    record_keys: Mapping[str, tuple[tuple[str, str], ...]]


class ErasurePlan(NamedTuple):
    """One person with all that was merged into them."""

    subject_ids: tuple[int, ...]
    subject_keys: tuple[str, ...]
    key_ids: tuple[int, ...]
    identifiers: frozenset[Pair]
    suppressed: frozenset[Pair]
    deleted: tuple[SealedRecord, ...]
    quarantined: tuple[int, ...]
    facts: FactErasure


def make_plan(conn: Connection, subject_id: int, policy: Policy) -> ErasurePlan:
    """All that belongs to a subject and to those merged into it.

    Sealed copies under a key that is destroyed are deleted even where the policy keeps the row:
    the fact stays in the warehouse, without the person. Their rows may land again, those that
    the policy deletes may not.
    """
    ids = members(conn, subject_id)
    t = schema.subjects
    rows = conn.execute(
        sa.select(t.c.subject_key, t.c.key_id)
        .where(t.c.subject_id.in_(ids))
        .order_by(t.c.subject_id)
    ).all()
    own_keys = {row.key_id for row in rows}
    identifiers = _with_former(conn, ids)
    found = records_of_subjects(conn, ids)
    actions = {e.name: e.on_erasure for e in policy.entities.values()}
    doomed = [r for r in found if _goes(r, ids, own_keys, actions)]
    doomed += _hanging_on(conn, doomed, actions)
    forgotten = [r for r in doomed if actions.get(r.entity, "delete") == "delete"]
    aside = quarantine.rows_with(conn, (p for p in identifiers if p[0] in SUPPRESSING_KINDS))
    return ErasurePlan(
        subject_ids=tuple(ids),
        subject_keys=tuple(row.subject_key for row in rows),
        key_ids=_keys_to_destroy(conn, own_keys, doomed, aside),
        identifiers=frozenset(identifiers),
        suppressed=frozenset(
            {p for p in identifiers if p[0] in SUPPRESSING_KINDS}
            | borne_alone(conn, ids, {p for p in identifiers if p[0] in CUT_KINDS})
            | {(RECORD_KIND, r.record_blind) for r in forgotten}
        ),
        deleted=tuple(doomed),
        quarantined=tuple(aside),
        facts=FactErasure(tuple(row.subject_key for row in rows), actions, _by_entity(forgotten)),
    )


def _with_former(conn: Connection, ids: Collection[int]) -> set[Pair]:
    """Identifiers of a person and those that were corrected away.

    What would stop a row or be cut everywhere is left out where somebody else bears it by now;
    names are told from a namesake's as the person's own are.
    """
    found = identifiers_of(conn, ids)
    former = {(k.removeprefix(FORMER), blind) for k, blind in found if k.startswith(FORMER)}
    sole = {p for p in former if p[0] in SUPPRESSING_KINDS | CUT_KINDS}
    own = {p for p in found if not p[0].startswith(FORMER)}
    return own | (former - sole) | borne_alone(conn, ids, sole)


def borne_alone(conn: Connection, ids: Collection[int], pairs: set[Pair]) -> set[Pair]:
    """Identifiers that nobody else bears: texts that land later are rid of them.

    They stop no row, unless their kind is one of ``SUPPRESSING_KINDS``: a row is landed by other
    identifiers than those that are cut out of a text.
    """
    bearers = find_identifiers(conn, pairs)
    return {p for p in pairs if set(bearers.get(p, ())) <= set(ids)}


def _goes(
    record: SealedRecord, ids: list[int], own_keys: set[int], actions: Mapping[str, str]
) -> bool:
    if record.key_id in own_keys:
        return True
    return record.subject_id in ids and actions.get(record.entity, "delete") == "delete"


def _hanging_on(
    conn: Connection, doomed: list[SealedRecord], actions: Mapping[str, str]
) -> list[SealedRecord]:
    """Records without a person of their own that hang on deleted ones, however deep."""
    known = {r.record_id for r in doomed}
    found: list[SealedRecord] = []
    layer = [r for r in doomed if actions.get(r.entity, "delete") == "delete"]
    while layer:
        hanging = records_mentioning(conn, ((RECORD_KIND, r.record_blind) for r in layer))
        layer = [
            r
            for r in hanging
            if r.record_id not in known
            and r.subject_id is None
            and actions.get(r.entity, "delete") == "delete"
        ]
        known.update(r.record_id for r in layer)
        found += layer
    return found


def _keys_to_destroy(
    conn: Connection, own_keys: set[int], doomed: list[SealedRecord], aside: list[int]
) -> tuple[int, ...]:
    """The subjects' keys and the keys that sealed deleted rows only; never another subject's."""
    others = {r.key_id for r in doomed} - own_keys
    sql = "SELECT key_id FROM subjects WHERE key_id IN ({values})"
    shared = {key_id for (key_id,) in select_in(conn, sql, others)}
    return tuple(sorted(own_keys | (others - shared) | set(quarantine.key_ids_of(conn, aside))))


def _by_entity(records: list[SealedRecord]) -> dict[str, tuple[tuple[str, str], ...]]:
    grouped: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for record in records:
        grouped[record.entity].append((record.source, record.record_key))
    return {entity: tuple(sorted(keys)) for entity, keys in grouped.items()}
