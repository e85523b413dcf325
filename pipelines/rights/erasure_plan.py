"""What an erasure touches in the vault.

A resumed erasure finds it again in the same way, because rows are deleted last.

Privacy: pseudonyms and blind indexes only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
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
    Pair,
    bearers_up_to,
    find_identifiers,
    identifiers_of,
    members,
)

SUPPRESSING_KINDS: Final = frozenset({"source_key", "email", "phone_name", "phone_birth"})
"""Identifiers by which an erased person is known when a source brings them again."""
CUT_KINDS: Final = frozenset({"email", "phone", "iban"})
"""Identifiers that are cut out of everybody's text; a bare name needs more than itself."""
ALONE_KINDS: Final = frozenset({"address", "number"})
"""Cut everywhere too where nobody else bears them; housemates share an address."""
FEW_BEARERS: Final = 10
"""Half a name that as many bear tells nobody; borne by fewer it does (docs/decisions/0092)."""
MOST_HALF_NAMES: Final = 1_000
"""Texts that are looked through for one half name."""
_NO_TEXTS: Final = frozenset({"accounts", "contacts", "users", "consents"})
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
    identifiers = identifiers_of(conn, ids)
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
            | _borne_alone(conn, ids, {p for p in identifiers if p[0] in CUT_KINDS})
            | {(RECORD_KIND, r.record_blind) for r in forgotten}
        ),
        deleted=tuple(doomed),
        quarantined=tuple(aside),
        facts=FactErasure(tuple(row.subject_key for row in rows), actions, _by_entity(forgotten)),
    )


def pairs_to_cut(
    conn: Connection, plan: ErasurePlan
) -> tuple[dict[SealedRecord, set[Pair]], set[int]]:
    """Others' records that mention the person, with what to cut; and those left to a steward.

    E-mail, telephone and IBAN are cut everywhere; a bare name where nobody else bears it, or in
    records of the same account; half a name where few bear it. ``full_name`` among what is to be
    cut means a record that names surname and initial, which others bear too.
    """
    ids = list(plan.subject_ids)
    gone = {r.record_id for r in plan.deleted}
    certain = {p for p in plan.identifiers if p[0] in CUT_KINDS}
    names = {p for p in plan.identifiers if p[0] == "name"}
    certain |= _borne_alone(conn, ids, {p for p in plan.identifiers if p[0] in ALONE_KINDS} | names)
    full = {p for p in plan.identifiers if p[0] == "full_name"}
    whole = _borne_alone(conn, ids, full)
    accounts = {r.account_subject_id for r in plan.deleted if r.account_subject_id is not None}
    cuts: dict[SealedRecord, set[Pair]] = {}
    doubtful: set[int] = set()
    for pair in sorted(certain | names):
        for record in records_mentioning(conn, [pair]):
            if record.record_id in gone:
                continue
            if pair in certain or record.account_subject_id in accounts:
                # the whole name with it: it tells the person from a namesake of the same initial
                cuts.setdefault(record, set()).update({pair} | (full if pair in names else set()))
            else:
                doubtful.add(record.record_id)
                if whole:
                    cuts.setdefault(record, set()).update(whole)
    for record, pair in _half_named(conn, plan):
        if record.record_id not in gone:
            cuts.setdefault(record, set()).add(pair)
    return cuts, doubtful


def _half_named(conn: Connection, plan: ErasurePlan) -> Iterator[tuple[SealedRecord, Pair]]:
    """Records that say half a name which few bear, and none of the staff."""
    for pair in sorted(p for p in plan.identifiers if p[0] == "part"):
        others = bearers_up_to(conn, pair, FEW_BEARERS + len(plan.subject_ids))
        others = {i: kind for i, kind in others.items() if i not in plan.subject_ids}
        if len(others) + 1 < FEW_BEARERS and "user" not in others.values():
            yield from ((r, pair) for r in records_mentioning(conn, [pair], MOST_HALF_NAMES))


def records_near(conn: Connection, plan: ErasurePlan) -> set[int]:
    """Texts of the same accounts and threads: what is said there by half a name means the person.

    Everywhere else a bare name may be anybody's. Records by record_id, without those that go.
    """
    accounts = {r.account_subject_id for r in plan.deleted if r.account_subject_id is not None}
    sql = (
        "SELECT record_id, record_blind, entity FROM sealed_records "
        "WHERE account_subject_id IN ({values})"
    )
    near = {i: bytes(blind) for i, blind, entity in select_in(conn, sql, accounts)
            if entity not in _NO_TEXTS}  # fmt: skip
    threads = {*near.values(), *(r.record_blind for r in plan.deleted)}
    hanging = records_mentioning(conn, ((RECORD_KIND, blind) for blind in threads))
    found = near.keys() | {r.record_id for r in hanging if r.entity not in _NO_TEXTS}
    return found - {r.record_id for r in plan.deleted}


def _borne_alone(conn: Connection, ids: list[int], pairs: set[Pair]) -> set[Pair]:
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
