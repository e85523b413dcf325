"""Erasing a person: written down first, the key destroyed, the rest repeatable until done.

::

    started     the vault knows that an erasure is to be done
    (ledger)    intent, outside the home, durable
    (keys.db)   data keys destroyed: the point of no return
    cut         suppressed; cut out of what others' records say
    facts       warehouse emptied of the person; rows of the vault deleted
    completed   log of the vault emptied; completion in the ledger

A kill at any point leaves a state from which :func:`resume_erasures` goes on; each step may run
twice. Source: GDPR Art. 17, 19.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from pii_rules.models import Policy
from pipelines.common.clock import now
from pipelines.common.errors import InputError
from pipelines.rights.erasure_plan import ErasurePlan, FactErasure, make_plan, pairs_to_cut
from pipelines.vault import audit, quarantine, schema
from pipelines.vault.bulk import allocate, execute_in
from pipelines.vault.records import (
    SealedRecord,
    delete_records,
    mentions_of,
    replace_mentions,
)
from pipelines.vault.sealing import seal, unseal
from pipelines.vault.store import Vault
from pipelines.vault.subjects import Pair, load_subjects, members, survivors
from pipelines.vault.suppression import suppress

CutText = Callable[[dict[str, str], set[Pair]], Mapping[str, str]]
"""Texts by column, and blind identifiers, to the texts without them."""
EraseFacts = Callable[[FactErasure], object]
"""Deletes and unlinks in the warehouse; must bear being called twice."""

REASON = "erasure"


@dataclass(frozen=True)
class ErasureTools:
    """What an erasure needs from elsewhere.

    Attributes:
        policy: Says per entity what becomes of rows, and which columns are free text.
        cut: Takes identifiers out of texts.
        erase_facts: Erases from the warehouse.
        actor: Who does it, a role.
    """

    policy: Policy
    cut: CutText
    erase_facts: EraseFacts
    actor: str = "steward"


class ErasureResult(NamedTuple):
    """What was done, in counts; ``doubtful`` records mention a name that others bear too."""

    subject_keys: tuple[str, ...]
    deleted_records: int = 0
    cut_records: int = 0
    doubtful_records: int = 0
    quarantined_rows: int = 0


def erase_subject(
    vault: Vault,
    subject_id: int,
    tools: ErasureTools,
    *,
    request: str | None = None,
    complete: bool = True,
) -> ErasureResult:
    """Erase a subject and all that was merged into it.

    Args:
        vault: Whose.
        subject_id: Any id of the person; a merged one stands for its survivor.
        tools: What it needs from elsewhere.
        request: Number of the request.
        complete: Write the completion now; else :func:`complete_erasures` does, once the
            caller has compacted and published what the erasure of several persons touched.

    Raises:
        InputError: There is no such subject.
        BusyError: Somebody reads the vault, so that its log cannot be emptied; run again.
    """
    with vault.begin() as conn:
        if _begin(conn, subject_id, request) is None:
            return ErasureResult(())
    return _erase(vault, subject_id, tools, request, complete=complete)


def queue_erasures(vault: Vault, subject_ids: Iterable[int], request: str | None = None) -> int:
    """Note persons as to be erased, all or none; the next run of an erasure or the pipeline does it.

    Args:
        vault: Whose.
        subject_ids: Any ids of the persons; merged ones stand for their survivors.
        request: Number of the request, for audit and ledger.

    Returns:
        How many were not erased already.

    Raises:
        InputError: There is no such subject.
    """
    with vault.begin() as conn:
        begun = [_begin(conn, subject_id, request) for subject_id in sorted(set(subject_ids))]
    return sum(state is not None for state in begun)


def unfinished_erasures(
    conn: Connection, buckets: Collection[int] | None = None
) -> list[tuple[int, str | None]]:
    """Persons who are to be erased, or whose erasure was interrupted, with the request.

    Args:
        conn: The vault.
        buckets: Only persons in these ``subject_bucket`` partitions (0-63); all by default.

    Returns:
        (subject_id, request), ascending.
    """
    t = schema.erasures
    rows = conn.execute(sa.select(t.c.subject_id, t.c.request).where(t.c.state != "completed"))
    requests = {row.subject_id: row.request for row in rows}
    persons: dict[int, str | None] = {}
    for member, survivor in survivors(conn, requests).items():
        persons.setdefault(survivor, requests[member])
    if buckets is not None:
        found = load_subjects(conn, persons)
        persons = {i: r for i, r in persons.items() if found[i].subject_bucket in buckets}
    return sorted(persons.items())


def resume_erasures(
    vault: Vault,
    tools: ErasureTools,
    *,
    complete: bool = True,
    buckets: Collection[int] | None = None,
) -> list[ErasureResult]:
    """Do what is queued and finish what a kill interrupted; each run of the pipeline begins so.

    Args:
        vault: Whose.
        tools: What erasures need from elsewhere.
        complete: As for :func:`erase_subject`.
        buckets: As for :func:`unfinished_erasures`.
    """
    with vault.read() as conn:
        persons = unfinished_erasures(conn, buckets)
    return [_erase(vault, i, tools, request, complete=complete) for i, request in persons]


def complete_erasures(vault: Vault, tools: ErasureTools) -> int:
    """Write the completion of all erasures whose rows are gone; returns how many persons.

    Raises:
        BusyError: Somebody reads the vault, so that its log cannot be emptied; run again.
    """
    vault.checkpoint()
    with vault.read() as conn:
        plans = [
            (make_plan(conn, subject_id, tools.policy), request)
            for subject_id, request in unfinished_erasures(conn)
        ]
        gone = [(plan, request) for plan, request in plans if _state(conn, plan) == "facts"]
    for plan, request in gone:
        _write_completion(vault, plan, tools, request)
    return len(gone)


def replay_missed(
    vault: Vault, tools: ErasureTools, *, complete: bool = True
) -> list[ErasureResult]:
    """Do in a restored home what its ledger knows and it does not.

    Args:
        vault: Opened with ``replaying=True``.
        tools: What erasures need from elsewhere.
        complete: As for :func:`erase_subject`.

    Returns:
        One result per person that the home still had; suppressions are made for all.
    """
    missed = vault.missed()
    if missed:
        with vault.begin() as conn:
            for entry in missed:
                for pair, epoch in vault.ledger.identifiers(entry):
                    suppress(conn, [pair], REASON, epoch)
                for subject_id in _present(conn, entry.subject_keys):
                    _begin(conn, subject_id, entry.request)
            audit.append(
                conn, vault, actor=tools.actor, action="ledger_replayed",
                subject_count=len({k for e in missed for k in e.subject_keys}),
            )  # fmt: skip
            head = audit.head(conn)
        entry = vault.ledger.append("replayed", audit_head=head)
        with vault.begin() as conn:
            vault.note_ledger(conn, entry)
    return resume_erasures(vault, tools, complete=complete)


def _erase(
    vault: Vault, subject_id: int, tools: ErasureTools, request: str | None, *, complete: bool
) -> ErasureResult:
    with vault.read() as conn:
        plan = make_plan(conn, subject_id, tools.policy)
        state = _state(conn, plan)
    if state == "started":
        _write_intent(vault, plan, tools, request)
    # on resuming too: a restored keys.db has the keys again
    vault.data_keys.destroy(plan.key_ids)
    cut, doubtful = 0, 0
    if state == "started":
        with vault.begin() as conn:
            suppress(conn, plan.suppressed, REASON)
            cut, doubtful = _cut_out(conn, vault, plan, tools, request)
            _advance(conn, plan, "cut")
    if state != "facts":
        tools.erase_facts(plan.facts)
        with vault.begin() as conn:
            _delete_rows(conn, plan)
            _advance(conn, plan, "facts")
    if complete:
        vault.checkpoint()
        _write_completion(vault, plan, tools, request)
    return ErasureResult(plan.subject_keys, len(plan.deleted), cut, doubtful, len(plan.quarantined))


def _begin(conn: Connection, subject_id: int, request: str | None) -> str | None:
    """Note the erasure of everybody merged; None when it is completed already."""
    t = schema.subjects
    if conn.scalar(sa.select(t.c.subject_id).where(t.c.subject_id == subject_id)) is None:
        raise InputError(
            "there is no such subject", code="unknown_subject", todo="look it up again"
        )
    e = schema.erasures
    ids = members(conn, subject_id)
    known = conn.execute(sa.select(e.c.subject_id, e.c.state).where(e.c.subject_id.in_(ids)))
    states = {row.subject_id: row.state for row in known}
    for member in ids:
        if member not in states:
            conn.execute(
                sa.insert(e).values(
                    subject_id=member, state="started", request=request, started_at=now()
                )
            )  # fmt: skip
    finished = len(states) == len(ids) and set(states.values()) == {"completed"}
    return None if finished else "started"


def _write_intent(
    vault: Vault, plan: ErasurePlan, tools: ErasureTools, request: str | None
) -> None:
    head = _told(vault, "erasure_started", plan, tools, request)
    entry = vault.ledger.append(
        "intent",
        plan.subject_keys,
        request=request,
        audit_head=head,
        identifiers=((*pair, vault.epoch) for pair in sorted(plan.suppressed)),
    )
    with vault.begin() as conn:
        vault.note_ledger(conn, entry)


def _write_completion(
    vault: Vault, plan: ErasurePlan, tools: ErasureTools, request: str | None
) -> None:
    head = _told(vault, "erasure_completed", plan, tools, request)
    entry = vault.ledger.append("completed", plan.subject_keys, request=request, audit_head=head)
    e = schema.erasures
    with vault.begin() as conn:
        conn.execute(
            sa.update(e)
            .where(e.c.subject_id.in_(plan.subject_ids))
            .values(state="completed", completed_at=now())
        )
        vault.note_ledger(conn, entry)


def _told(
    vault: Vault, action: str, plan: ErasurePlan, tools: ErasureTools, request: str | None
) -> tuple[int, str]:
    """Write an audit entry; committed before the ledger names it, or a kill looks like tampering."""
    with vault.begin() as conn:
        audit.append(
            conn, vault, actor=tools.actor, action=action, request=request,
            subject_count=1, payload={"subject_keys": plan.subject_keys},
        )  # fmt: skip
        return audit.head(conn)


def _cut_out(
    conn: Connection, vault: Vault, plan: ErasurePlan, tools: ErasureTools, request: str | None
) -> tuple[int, int]:
    """Cut the person out of others' texts; returns how many were cut and how many are doubtful."""
    cuts, doubtful = pairs_to_cut(conn, plan)
    keys = vault.data_keys.get({r.key_id for r in cuts})
    noted = mentions_of(conn, [r.record_id for r in cuts])
    t = schema.sealed_records
    for record, pairs in cuts.items():
        if record.sealed is not None and record.key_id in keys:
            sealed = _recut(record, keys[record.key_id], pairs, tools)
            conn.execute(
                sa.update(t).where(t.c.record_id == record.record_id).values(sealed=sealed)
            )
        replace_mentions(conn, {record.record_id: noted.get(record.record_id, set()) - pairs})
    if cuts:
        audit.append(
            conn, vault, actor=tools.actor, action="mentions_cut", request=request,
            subject_count=len({r.subject_id for r in cuts}),
            payload={"record_ids": [r.record_id for r in cuts]},
        )  # fmt: skip
    if doubtful:
        _queue(conn, plan.subject_ids[0])
    return len(cuts), len(doubtful)


def _recut(record: SealedRecord, key: bytes, pairs: set[Pair], tools: ErasureTools) -> bytes:
    fields = orjson.loads(unseal(key, record.sealed or b"", record.aad))
    rules = tools.policy.entities[record.entity].columns
    texts = {
        name: value
        for name, value in fields.items()
        if isinstance(value, str) and name in rules and rules[name].privacy_class == "free_text"
    }
    return seal(key, orjson.dumps(fields | dict(tools.cut(texts, pairs))), record.aad)


def _queue(conn: Connection, subject_id: int) -> None:
    """Ask a steward to look at texts with a name that the person shares with others."""
    (queue_id,) = allocate(conn, "identity_queue", 1)
    conn.execute(
        sa.insert(schema.identity_queue).values(
            queue_id=queue_id, subject_id=subject_id, reason="erased_name_mentioned", state="open"
        )
    )


def _delete_rows(conn: Connection, plan: ErasurePlan) -> None:
    ids = plan.subject_ids
    delete_records(conn, [r.record_id for r in plan.deleted])
    quarantine.delete_rows(conn, plan.quarantined)
    for column in ("subject_id", "account_subject_id"):
        execute_in(
            conn,
            f"UPDATE sealed_records SET {column} = NULL WHERE {column} IN ({{values}})",
            ids,
        )
    execute_in(conn, "DELETE FROM identifiers WHERE subject_id IN ({values})", ids)
    kept = "reason <> 'erased_name_mentioned'"
    execute_in(conn, f"DELETE FROM identity_queue WHERE subject_id IN ({{values}}) AND {kept}", ids)
    execute_in(conn, "DELETE FROM identity_queue WHERE other_subject_id IN ({values})", ids)
    for table in ("merges", "overlays", "packages"):
        execute_in(conn, f"DELETE FROM {table} WHERE subject_id IN ({{values}})", ids)
    execute_in(conn, "UPDATE subjects SET state = 'erased' WHERE subject_id IN ({values})", ids)


def _advance(conn: Connection, plan: ErasurePlan, state: str) -> None:
    e = schema.erasures
    conn.execute(sa.update(e).where(e.c.subject_id.in_(plan.subject_ids)).values(state=state))


def _state(conn: Connection, plan: ErasurePlan) -> str:
    """The earliest state among the merged."""
    e = schema.erasures
    states = set(conn.scalars(sa.select(e.c.state).where(e.c.subject_id.in_(plan.subject_ids))))
    return next((s for s in ("started", "cut", "facts") if s in states), "completed")


def _present(conn: Connection, subject_keys: tuple[str, ...]) -> list[int]:
    t = schema.subjects
    query = sa.select(t.c.subject_id).where(
        t.c.subject_key.in_(subject_keys), t.c.state != "erased"
    )
    return list(conn.scalars(query))
