"""The rows of an erasure in the vault: deleted by index, and what others' texts say cut out later.

Privacy: blind indexes and pseudonyms; texts are unsealed, cut and sealed again in memory.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from pii_rules.models import Policy
from pipelines.rights.erasure_mentions import find_mentions, records_near
from pipelines.rights.erasure_plan import ErasurePlan
from pipelines.rights.requests import forget_details
from pipelines.vault import audit, quarantine, schema
from pipelines.vault.bulk import allocate, execute_in, insert_rows, select_in
from pipelines.vault.records import (
    SealedRecord,
    delete_records,
    load_records,
    mentions_of,
    replace_mentions,
)
from pipelines.vault.sealing import seal, unseal
from pipelines.vault.sketches import (
    NEAR_KIND,
    SKETCH_KIND,
    UNSURE_KINDS,
    Around,
    sketches_of_subjects,
)
from pipelines.vault.store import Vault
from pipelines.vault.subjects import Pair, find_identifiers

CutText = Callable[[dict[str, str], set[Pair], Around], Mapping[str, str]]
"""Texts by column, blind identifiers, and what is known of the record, to the texts without them."""
LOOKED_FOR: Final = UNSURE_KINDS | {SKETCH_KIND, NEAR_KIND}
"""What may be looked for in vain; then a record stays as it is."""
DOUBT: Final = "erased_name_mentioned"
"""Reason of a question whether a name in a text is that of somebody erased or of a namesake."""
BLIND_TABLES: Final = frozenset(
    {
        "erasure_cuts", "erasure_facts", "erasures", "holds", "identity_queue", "requests",
        "sealed_records", "subjects",
    }
)  # fmt: skip
"""Tables with a ``subject_id`` of which rows stay or are treated here; rows of all others go."""


def delete_rows(conn: Connection, plan: ErasurePlan, doomed: Collection[int]) -> int:
    """Delete a person's rows of the vault, and note what others' records are to be rid of.

    Args:
        conn: In a writing transaction.
        plan: Of one person.
        doomed: Records that go with this batch, of anybody, and need no cutting.

    Returns:
        How many records may mean a namesake near by; they are left to a steward.
    """
    ids = plan.subject_ids
    found = find_mentions(conn, plan)
    noted: list[tuple[int, int, str, bytes]] = []
    certain = {r.record_id: pairs for r, pairs in found.cuts.items() if r.record_id not in doomed}
    near = records_near(conn, plan) - set(doomed)
    looked_at = certain.keys() | near
    sketches = sketches_of_subjects(conn, ids[:1]).get(ids[0], []) if looked_at else []
    for record_id in sorted(looked_at):
        # a text may have the name in half or with a slip, which is no blind index
        kind = NEAR_KIND if record_id in near else SKETCH_KIND
        wanted = sorted(certain.get(record_id, ())) + [(kind, s) for s in sketches]
        noted += [(ids[0], record_id, *pair) for pair in wanted]
    columns = ("subject_id", "record_id", "kind", "blind")
    insert_rows(conn, schema.erasure_cuts, columns, noted, ignore=True)
    doubtful = {r: namesake for r, namesake in found.doubtful.items() if r not in doomed}
    _queue(conn, ids[0], doubtful)
    facts = [
        (ids[0], entity, source, key)
        for entity, keys in plan.facts.record_keys.items()
        for source, key in keys
    ]
    columns = ("subject_id", "entity", "source", "record_key")
    insert_rows(conn, schema.erasure_facts, columns, facts, ignore=True)
    stays = {r.record_id for r in plan.deleted if _stays_as_fact(r, plan)}
    deleted = delete_records(conn, [r.record_id for r in plan.deleted if r.record_id not in stays])
    deleted += _strip(conn, stays)
    quarantine.delete_rows(conn, plan.quarantined)
    _forget_subject(conn, ids)
    e = schema.erasures
    conn.execute(sa.update(e).where(e.c.subject_id == ids[0]).values(deleted_records=deleted))
    return len(doubtful)


def forgotten_facts(
    conn: Connection, subject_ids: Collection[int]
) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """Rows of the warehouse that go whatever they bear: (source, record_key) by entity."""
    sql = "SELECT entity, source, record_key FROM erasure_facts WHERE subject_id IN ({values})"
    found: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for entity, source, record_key in select_in(conn, sql, subject_ids):
        found[entity].add((source, record_key))
    return {entity: tuple(sorted(keys)) for entity, keys in found.items()}


def cut_texts(
    vault: Vault,
    subject_ids: Sequence[int],
    policy: Policy,
    cut: CutText,
    actor: str,
) -> int:
    """Cut persons out of others' texts; returns how many records were changed.

    Args:
        vault: Whose.
        subject_ids: Persons whose rows are deleted.
        policy: Says which columns are free text.
        cut: Takes identifiers out of texts.
        actor: Who does it, a role.
    """
    with vault.begin() as conn:
        doomed, persons = _cuts_of(conn, subject_ids)
        records = load_records(conn, doomed)
        keys = vault.data_keys.get({r.key_id for r in records})
        noted = mentions_of(conn, [r.record_id for r in records])
        own = sketches_of_subjects(conn, {r.subject_id for r in records if r.subject_id})
        borne = find_identifiers(conn, {p for pairs in doomed.values() for p in pairs}).keys()
        t = schema.sealed_records
        changed: list[SealedRecord] = []
        for record in records:
            pairs = doomed[record.record_id]
            if record.sealed is not None and record.key_id in keys:
                owners = b"".join(own.get(record.subject_id or 0, ()))
                around = Around(owners, lambda asked: find_identifiers(conn, asked))
                sealed, is_cut = _recut(record, keys[record.key_id], pairs, policy, cut, around)
                if not is_cut and all(p[0] in LOOKED_FOR or p in borne for p in pairs):
                    continue  # what was looked for is somebody else's here
                where = t.c.record_id == record.record_id
                conn.execute(sa.update(t).where(where).values(sealed=sealed))
                if is_cut:
                    changed.append(record)
            replace_mentions(conn, {record.record_id: noted.get(record.record_id, set()) - pairs})
        execute_in(conn, "DELETE FROM erasure_cuts WHERE subject_id IN ({values})", subject_ids)
        _note_cut(conn, [r.record_id for r in changed], persons)
        if changed:
            audit.append(
                conn, vault, actor=actor, action="mentions_cut",
                subject_count=len({r.subject_id for r in changed}),
                payload={"record_ids": [r.record_id for r in changed]},
            )  # fmt: skip
    return len(changed)


def _cuts_of(
    conn: Connection, subject_ids: Collection[int]
) -> tuple[dict[int, set[Pair]], dict[int, set[int]]]:
    """What is to be cut out of each record, and for which persons."""
    sql = (
        "SELECT subject_id, record_id, kind, blind FROM erasure_cuts WHERE subject_id IN ({values})"
    )
    pairs: dict[int, set[Pair]] = defaultdict(set)
    persons: dict[int, set[int]] = defaultdict(set)
    for subject_id, record_id, kind, blind in select_in(conn, sql, subject_ids):
        pairs[record_id].add((kind, blind))
        persons[record_id].add(subject_id)
    return pairs, persons


def _note_cut(
    conn: Connection, record_ids: Collection[int], persons: Mapping[int, Collection[int]]
) -> None:
    """Count the records that were cut, and close what was to be asked about them."""
    e, q = schema.erasures, schema.identity_queue
    cut: dict[int, list[int]] = {i: [] for ids in persons.values() for i in ids}
    for record_id in record_ids:
        for subject_id in persons[record_id]:
            cut[subject_id].append(record_id)
    for subject_id, ids in cut.items():
        conn.execute(sa.update(e).where(e.c.subject_id == subject_id).values(cut_records=len(ids)))
        answered = (q.c.subject_id == subject_id, q.c.reason == DOUBT, q.c.record_id.in_(ids))
        conn.execute(sa.delete(q).where(*answered))


def _stays_as_fact(record: SealedRecord, plan: ErasurePlan) -> bool:
    """Whether the warehouse keeps its row without the person; the own row of somebody goes."""
    is_own = record.entity in ("accounts", "contacts", "users")
    return not is_own and plan.facts.actions.get(record.entity, "delete") != "delete"


def _strip(conn: Connection, record_ids: Collection[int]) -> int:
    """Leave of records that they are known, or the next import would add their rows once more."""
    for table in ("mentions", "identity_queue"):
        execute_in(conn, f"DELETE FROM {table} WHERE record_id IN ({{values}})", record_ids)
    columns = "sealed = NULL, subject_id = NULL, account_subject_id = NULL, key_id = 0"
    if "name_sketch" in schema.sealed_records.c:
        columns += ", name_sketch = NULL, sealed_flags = NULL"
    sql = f"UPDATE sealed_records SET {columns} WHERE record_id IN ({{values}})"
    return execute_in(conn, sql, record_ids)


def free_texts(policy: Policy, record: SealedRecord, fields: Mapping[str, Any]) -> dict[str, str]:
    """The free texts of an opened record, by column."""
    rules = policy.entities[record.entity].columns
    return {
        name: value
        for name, value in fields.items()
        if isinstance(value, str) and name in rules and rules[name].privacy_class == "free_text"
    }


def _recut(
    record: SealedRecord,
    key: bytes,
    pairs: set[Pair],
    policy: Policy,
    cut: CutText,
    around: Around,
) -> tuple[bytes, bool]:
    """The record sealed anew without the person, and whether its texts are others than before."""
    fields: dict[str, Any] = orjson.loads(unseal(key, record.sealed or b"", record.aad))
    texts = free_texts(policy, record, fields)
    made = dict(cut(texts, pairs, around))
    return seal(key, orjson.dumps(fields | made), record.aad), made != texts


def _queue(conn: Connection, subject_id: int, doubtful: Mapping[int, int]) -> None:
    """Ask a steward about each text whose name may be that of a namesake."""
    insert_rows(
        conn, schema.identity_queue,
        ("queue_id", "subject_id", "other_subject_id", "record_id", "reason", "state"),
        [
            (queue_id, subject_id, namesake, record_id, DOUBT, "open")
            for queue_id, (record_id, namesake) in zip(
                allocate(conn, "identity_queue", len(doubtful)) if doubtful else (),
                sorted(doubtful.items()), strict=True,
            )
        ],
    )  # fmt: skip


def _forget_subject(conn: Connection, ids: Sequence[int]) -> None:
    """Rows of a person in every table that has some, also in one that is added later."""
    for column in ("subject_id", "account_subject_id"):
        execute_in(
            conn,
            f"UPDATE sealed_records SET {column} = NULL WHERE {column} IN ({{values}})",
            ids,
        )
    for table in schema.metadata.sorted_tables:
        if "subject_id" in table.c and table.name not in BLIND_TABLES:
            execute_in(conn, f"DELETE FROM {table.name} WHERE subject_id IN ({{values}})", ids)
    forget_details(conn, ids)
    kept = f"reason <> '{DOUBT}'"
    execute_in(conn, f"DELETE FROM identity_queue WHERE subject_id IN ({{values}}) AND {kept}", ids)
    execute_in(conn, "DELETE FROM identity_queue WHERE other_subject_id IN ({values})", ids)
    execute_in(conn, "UPDATE subjects SET state = 'erased' WHERE subject_id IN ({values})", ids)
