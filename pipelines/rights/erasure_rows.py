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
from pipelines.rights.erasure_plan import ErasurePlan, pairs_to_cut, records_near
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
        How many records mention a name that others bear too; they are left to a steward.
    """
    ids = plan.subject_ids
    cuts, doubtful = pairs_to_cut(conn, plan)
    noted: list[tuple[int, int, str, bytes]] = []
    certain = {r.record_id: pairs for r, pairs in cuts.items() if r.record_id not in doomed}
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
    doubtful -= set(doomed)
    if doubtful:
        _queue(conn, ids[0])
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
    sure = [r for r, pairs in certain.items() if any(k not in UNSURE_KINDS for k, _ in pairs)]
    counts = {"deleted_records": deleted, "cut_records": len(sure)}
    conn.execute(sa.update(e).where(e.c.subject_id == ids[0]).values(**counts))
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
    sql = "SELECT record_id, kind, blind FROM erasure_cuts WHERE subject_id IN ({values})"
    with vault.begin() as conn:
        doomed: dict[int, set[Pair]] = defaultdict(set)
        for record_id, kind, blind in select_in(conn, sql, subject_ids):
            doomed[record_id].add((kind, blind))
        records = load_records(conn, doomed)
        keys = vault.data_keys.get({r.key_id for r in records})
        noted = mentions_of(conn, [r.record_id for r in records])
        own = sketches_of_subjects(conn, {r.subject_id for r in records if r.subject_id})
        t = schema.sealed_records
        changed: list[SealedRecord] = []
        for record in records:
            pairs = doomed[record.record_id]
            if record.sealed is not None and record.key_id in keys:
                owners = b"".join(own.get(record.subject_id or 0, ()))
                around = Around(owners, lambda asked: find_identifiers(conn, asked))
                sealed = _recut(record, keys[record.key_id], pairs, policy, cut, around)
                if sealed is None:
                    continue
                where = t.c.record_id == record.record_id
                conn.execute(sa.update(t).where(where).values(sealed=sealed))
                changed.append(record)
            replace_mentions(conn, {record.record_id: noted.get(record.record_id, set()) - pairs})
        execute_in(conn, "DELETE FROM erasure_cuts WHERE subject_id IN ({values})", subject_ids)
        if changed:
            audit.append(
                conn, vault, actor=actor, action="mentions_cut",
                subject_count=len({r.subject_id for r in changed}),
                payload={"record_ids": [r.record_id for r in changed]},
            )  # fmt: skip
    return len(changed)


def _stays_as_fact(record: SealedRecord, plan: ErasurePlan) -> bool:
    """Whether the warehouse keeps its row without the person; the own row of somebody goes."""
    is_own = record.entity in ("accounts", "contacts", "users")
    return not is_own and plan.facts.actions.get(record.entity, "delete") != "delete"


def _strip(conn: Connection, record_ids: Collection[int]) -> int:
    """Leave of records that they are known, or the next import would add their rows once more."""
    execute_in(conn, "DELETE FROM mentions WHERE record_id IN ({values})", record_ids)
    columns = "sealed = NULL, subject_id = NULL, account_subject_id = NULL, key_id = 0"
    if "name_sketch" in schema.sealed_records.c:
        columns += ", name_sketch = NULL, sealed_flags = NULL"
    sql = f"UPDATE sealed_records SET {columns} WHERE record_id IN ({{values}})"
    return execute_in(conn, sql, record_ids)


def _recut(
    record: SealedRecord,
    key: bytes,
    pairs: set[Pair],
    policy: Policy,
    cut: CutText,
    around: Around,
) -> bytes | None:
    """The record sealed anew without the person; None when its texts stay as they are."""
    fields: dict[str, Any] = orjson.loads(unseal(key, record.sealed or b"", record.aad))
    rules = policy.entities[record.entity].columns
    texts = {
        name: value
        for name, value in fields.items()
        if isinstance(value, str) and name in rules and rules[name].privacy_class == "free_text"
    }
    made = dict(cut(texts, pairs, around))
    if made == texts and all(kind in LOOKED_FOR for kind, _ in pairs):
        return None
    return seal(key, orjson.dumps(fields | made), record.aad)


def _queue(conn: Connection, subject_id: int) -> None:
    """Ask a steward to look at texts with a name that the person shares with others."""
    (queue_id,) = allocate(conn, "identity_queue", 1)
    conn.execute(
        sa.insert(schema.identity_queue).values(
            queue_id=queue_id, subject_id=subject_id, reason="erased_name_mentioned", state="open"
        )
    )


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
    kept = "reason <> 'erased_name_mentioned'"
    execute_in(conn, f"DELETE FROM identity_queue WHERE subject_id IN ({{values}}) AND {kept}", ids)
    execute_in(conn, "DELETE FROM identity_queue WHERE other_subject_id IN ({values})", ids)
    execute_in(conn, "UPDATE subjects SET state = 'erased' WHERE subject_id IN ({values})", ids)
