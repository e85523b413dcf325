"""Erasing persons, many at once: written down first, the keys destroyed, the rest repeatable.

::

    started     the vault knows that an erasure is to be done
    kept        what a hold or a statutory period keeps is sealed under keys of its own
    (ledger)    intent, outside the home, durable
    (keys.db)   data keys destroyed: the point of no return
    rows        suppressed; rows of the vault deleted; noted what is still to be cut and forgotten
    cut         cut out of what others' records say
    facts       warehouse emptied of the persons
    completed   log of the vault emptied; completion in the ledger; the pseudonym overwritten

Up to ``rows`` it is a matter of indexes, whatever the size of the home. A kill at any point leaves a
state from which :func:`resume_erasures` goes on; each step may run twice.
Source: GDPR Art. 17, 19.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from pii_rules.models import Policy
from pipelines.common.clock import now
from pipelines.common.errors import InputError
from pipelines.rights.erasure_plan import (
    SUPPRESSING_KINDS,
    ErasurePlan,
    FactErasure,
    borne_alone,
    make_plan,
)
from pipelines.rights.erasure_rows import CutText, cut_texts, delete_rows, forgotten_facts
from pipelines.rights.journal import CaughtUp, enter_noted, kept_of
from pipelines.rights.keeping import FactRow, active_holds, keep, kept_entities, what_is_kept
from pipelines.rights.requests import persons_asking
from pipelines.vault import audit, schema
from pipelines.vault.bulk import execute_in, select_in
from pipelines.vault.ledger import LedgerEntry
from pipelines.vault.store import SHARED, Vault
from pipelines.vault.subjects import (
    Pair,
    blank_pseudonyms,
    find_identifiers,
    load_exact,
    load_subjects,
    members,
    survivors,
)
from pipelines.vault.suppression import release, suppress

EraseFacts = Callable[[FactErasure], object]
"""Deletes and unlinks in the warehouse; must bear being called twice."""
ReadFacts = Callable[[Sequence[str], Collection[str]], Sequence[FactRow]]
"""Rows of these persons (subject_key) in these entities of the warehouse."""

REASON = "erasure"
RETENTION: Final = "retention"
NO_BASIS: Final = "no_basis"
"""Stand where the number of a request would, of persons whose time is over or who have no basis left."""
_OF_OURS: Final = (RETENTION, NO_BASIS)
STATES = ("started", "kept", "rows", "cut", "facts", "completed")
_e = schema.erasures


@dataclass(frozen=True)
class ErasureTools:
    """What an erasure needs from elsewhere.

    Attributes:
        policy: Says per entity what becomes of rows, and which columns are free text.
        cut: Takes identifiers out of texts.
        erase_facts: Erases from the warehouse.
        read_facts: Reads what may have to be kept.
        actor: Who does it, a role.
    """

    policy: Policy
    cut: CutText
    erase_facts: EraseFacts
    read_facts: ReadFacts = lambda _keys, _entities: ()
    actor: str = "steward"


class ErasureResult(NamedTuple):
    """What was done, in counts; ``doubtful`` records mention a name that others bear too."""

    subject_keys: tuple[str, ...]
    deleted_records: int = 0
    cut_records: int = 0
    doubtful_records: int = 0
    quarantined_rows: int = 0


class _Person(NamedTuple):
    """One person on the way through the states."""

    subject_id: int
    request: str | None
    plan: ErasurePlan


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
    if not queue_erasures(vault, [subject_id], request):
        return ErasureResult(())
    with vault.read() as conn:
        survivor = survivors(conn, [subject_id])[subject_id]
    return _erase(vault, [(survivor, request)], tools, complete=complete)[0]


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
        return queue_in(conn, dict.fromkeys(subject_ids, request))


def queue_in(conn: Connection, requests: Mapping[int, str | None]) -> int:
    """As :func:`queue_erasures`, in a transaction of the caller, a request per person."""
    return sum(_begin(conn, i, request) is not None for i, request in sorted(requests.items()))


def adopt(conn: Connection, subject_ids: Collection[int], request: str) -> bool:
    """Let a request have the erasure that retention queued, if nothing of it is done yet."""
    theirs = _e.c.subject_id.in_(subject_ids)
    is_ours = _e.c.request.in_(_OF_OURS)
    done = sa.select(_e.c.subject_id).where(theirs, is_ours, _e.c.state != "started")
    if conn.execute(done).first() is not None:
        return False
    return bool(conn.execute(sa.update(_e).where(theirs, is_ours).values(request=request)).rowcount)


def leave_to_requests(conn: Connection) -> int:
    """Take whom retention queued, and who asked for something or was restricted since, off the queue.

    Only persons of whom nothing is done yet. Returns how many rows went.
    """
    s = schema.subjects
    queued = set(
        conn.scalars(
            sa.select(_e.c.subject_id).where(_e.c.state == "started", _e.c.request.in_(_OF_OURS))
        )
    )
    person = survivors(conn, queued)
    restricted = sa.select(s.c.subject_id).where(s.c.state == "restricted")
    staying = persons_asking(conn) | set(conn.scalars(restricted)) if queued else set()
    left = [member for member in queued if person[member] in staying]
    execute_in(conn, "DELETE FROM erasures WHERE subject_id IN ({values})", left)
    return len(left)


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
    rows = conn.execute(sa.select(_e.c.subject_id, _e.c.request).where(_e.c.state != "completed"))
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
    return _erase(vault, persons, tools, complete=complete)


def complete_erasures(vault: Vault, tools: ErasureTools) -> int:
    """Write the completion of all erasures whose rows are gone; returns how many persons.

    Raises:
        BusyError: Somebody reads the vault, so that its log cannot be emptied; run again.
    """
    vault.checkpoint()
    with vault.read() as conn:
        persons = unfinished_erasures(conn)
        states = _states(conn, [i for i, _ in persons])
        gone = [(i, request) for i, request in persons if states[i] == "facts"]
    _write_completion(vault, _plans(vault, gone, tools), tools)
    return len(gone)


def keys_to_prove(conn: Connection) -> list[str]:
    """Pseudonyms of everybody whose erasure is under way; gone once it is complete."""
    s = schema.subjects
    query = sa.select(s.c.subject_key).join(_e, _e.c.subject_id == s.c.subject_id)
    return sorted(conn.scalars(query.where(_e.c.state == "facts")))


def replay_missed(
    vault: Vault, tools: ErasureTools, *, complete: bool = True
) -> tuple[list[ErasureResult], CaughtUp]:
    """Do in a restored home what its ledger knows and it does not.

    Args:
        vault: Opened with ``replaying=True``.
        tools: What erasures need from elsewhere.
        complete: As for :func:`erase_subject`.

    Returns:
        One result per person that the home still had, suppressions being made for all; and what
        the ledger noted of words and requests.
    """
    told = [CaughtUp()]
    vault.tell_ledger()
    missed = vault.missed()
    if missed:
        with vault.begin() as conn:
            told.append(enter_noted(conn, vault, missed))
            kept = kept_of(vault, missed)
            readmitted = [e for e in missed if e.kind == "readmitted"]
            let_in = [(e.sequence, vault.identifiers_in(e)) for e in readmitted]
            for entry in missed:
                if entry.kind == "noted":
                    continue
                pairs = vault.identifiers_in(entry)
                if entry.kind == "readmitted":
                    release(conn, pairs)
                    continue
                suppress(conn, pairs, REASON)
                later = {p for sequence, ps in let_in if sequence > entry.sequence for p in ps}
                named = _present(conn, entry.subject_keys)
                for subject_id in {*named, *_bearers(conn, vault, entry, pairs - later)}:
                    _begin(conn, subject_id, entry.request, replays=entry.sequence)
                # their keys are gone, and what is kept of them stands again
                whole = _present(conn, tuple(kept & set(entry.subject_keys)))
                conn.execute(
                    sa.update(_e)
                    .where(_e.c.subject_id.in_(whole), _e.c.state == "started")
                    .values(state="kept")
                )
            audit.append(
                conn, vault, actor=tools.actor, action="ledger_replayed",
                subject_count=len({k for e in missed for k in e.subject_keys}),
            )  # fmt: skip
            head = audit.head(conn)
        entry = vault.ledger.append("replayed", audit_head=head)
        with vault.begin() as conn:
            vault.note_ledger(conn, entry)
    return resume_erasures(vault, tools, complete=complete), told[-1]


def _erase(
    vault: Vault,
    queued: Sequence[tuple[int, str | None]],
    tools: ErasureTools,
    *,
    complete: bool,
) -> list[ErasureResult]:
    if not queued:
        return []
    persons = _plans(vault, queued, tools)
    with vault.read() as conn:
        states = _states(conn, [p.subject_id for p in persons])

    def waiting(*before: str) -> list[_Person]:
        return [p for p in persons if states[p.subject_id] in before]

    if new := waiting("started"):
        _keep(vault, new, tools)
    if live := waiting("started", "kept"):
        _write_intent(vault, live, tools)
    # on resuming too: a restored keys.db has the keys again
    vault.data_keys.destroy({key_id for p in persons for key_id in p.plan.key_ids})
    doubtful = _take_out(vault, live) if live else {}
    if uncut := waiting("started", "kept", "rows"):
        cut_texts(vault, [p.subject_id for p in uncut], tools.policy, tools.cut, tools.actor)
        _advance_all(vault, uncut, "cut")
    if known := waiting("started", "kept", "rows", "cut"):
        tools.erase_facts(_facts(vault, known, tools))
        _advance_all(vault, known, "facts")
    if complete:
        vault.checkpoint()
        _write_completion(vault, persons, tools)
    return _results(vault, persons, doubtful)


def _plans(
    vault: Vault, queued: Iterable[tuple[int, str | None]], tools: ErasureTools
) -> list[_Person]:
    with vault.read() as conn:
        persons = [_Person(i, request, make_plan(conn, i, tools.policy)) for i, request in queued]
        replays = _replayed(conn, [i for p in persons for i in p.plan.subject_ids])
    return _without_readmitted(vault, persons, replays) if replays else persons


def _replayed(conn: Connection, subject_ids: Sequence[int]) -> dict[int, int]:
    """The ledger entry that each erasure repeats, of those that repeat one."""
    sql = "SELECT subject_id, replays FROM erasures WHERE subject_id IN ({values})"
    return {i: replays for i, replays in select_in(conn, sql, subject_ids) if replays is not None}


def _without_readmitted(
    vault: Vault, persons: Sequence[_Person], replays: Mapping[int, int]
) -> list[_Person]:
    """Persons whose repeated erasure suppresses nothing that was readmitted after the first one."""
    since = [e for e in vault.ledger.entries() if e.sequence > min(replays.values())]
    if not any(e.kind == "readmitted" for e in since):
        return list(persons)
    last: dict[Pair, int] = {}  # where it was readmitted, if nobody was erased under it since
    for entry in since:
        sequence = entry.sequence if entry.kind == "readmitted" else 0
        last |= dict.fromkeys(vault.identifiers_in(entry), sequence)
    made: list[_Person] = []
    for p in persons:
        first = min((replays[i] for i in p.plan.subject_ids if i in replays), default=None)
        again = {x for x in p.plan.suppressed if first is not None and last.get(x, 0) > first}
        made.append(p._replace(plan=p.plan._replace(suppressed=p.plan.suppressed - again)))
    return made


def _begin(
    conn: Connection, subject_id: int, request: str | None, *, replays: int | None = None
) -> str | None:
    """Note the erasure of everybody merged; None when it is completed already.

    ``replays`` is the ledger entry that it repeats, the first if there are several.
    """
    t = schema.subjects
    if conn.scalar(sa.select(t.c.subject_id).where(t.c.subject_id == subject_id)) is None:
        raise InputError(
            "there is no such subject", code="unknown_subject", todo="look it up again"
        )
    ids = members(conn, subject_id)
    known = conn.execute(sa.select(_e.c.subject_id, _e.c.state).where(_e.c.subject_id.in_(ids)))
    states = {row.subject_id: row.state for row in known}
    for member in ids:
        if member not in states:
            conn.execute(
                sa.insert(_e).values(
                    subject_id=member, state="started", request=request, started_at=now()
                )
            )  # fmt: skip
    if replays is not None:
        is_first = sa.and_(_e.c.subject_id.in_(ids), _e.c.replays.is_(None))
        conn.execute(sa.update(_e).where(is_first).values(replays=replays))
    finished = len(states) == len(ids) and set(states.values()) == {"completed"}
    return None if finished else "started"


def _keep(vault: Vault, persons: Sequence[_Person], tools: ErasureTools) -> None:
    """Seal what may not go yet, before any key is destroyed."""
    on = now().date()
    with vault.read() as conn:
        holds = {p.subject_id: active_holds(conn, p.plan, on) for p in persons}
    entities = kept_entities(tools.policy, [h for found in holds.values() for h in found])
    keys = [key for p in persons for key in p.plan.subject_keys]
    facts = tools.read_facts(keys, entities) if entities else ()
    with vault.begin() as conn:
        for p in persons:
            kept = what_is_kept(p.plan, tools.policy, holds[p.subject_id], facts, on)
            keep(conn, vault, p.plan, kept, p.request)
            _advance(conn, p.plan, "kept")


def _write_intent(vault: Vault, persons: Sequence[_Person], tools: ErasureTools) -> None:
    head = _told(vault, "erasure_started", persons, tools)
    pairs = {pair for p in persons for pair in p.plan.suppressed}
    sole = {pair for pair in pairs if pair[0] in SUPPRESSING_KINDS}
    with vault.read() as conn:
        shared = sole - borne_alone(conn, [i for p in persons for i in p.plan.subject_ids], sole)
    pairs |= {(SHARED + kind, blind) for kind, blind in shared}
    entry = vault.ledger.append(
        "intent",
        [key for p in persons for key in p.plan.subject_keys],
        request=_one_request(persons),
        audit_head=head,
        identifiers=((*pair, vault.epoch) for pair in sorted(pairs)),
    )
    with vault.begin() as conn:
        vault.note_ledger(conn, entry)


def _take_out(vault: Vault, persons: Sequence[_Person]) -> dict[int, int]:
    """Suppress the persons and delete their rows of the vault; doubtful records by person."""
    doubtful: dict[int, int] = {}
    with vault.begin() as conn:
        suppress(conn, {pair for p in persons for pair in p.plan.suppressed}, REASON)
        doomed = {r.record_id for p in persons for r in p.plan.deleted}
        for p in persons:
            doubtful[p.subject_id] = delete_rows(conn, p.plan, doomed)
            _advance(conn, p.plan, "rows")
    return doubtful


def _facts(vault: Vault, persons: Sequence[_Person], tools: ErasureTools) -> FactErasure:
    """What the warehouse has to forget of all of them."""
    ids = [i for p in persons for i in p.plan.subject_ids]
    keys = tuple(key for p in persons for key in p.plan.subject_keys)
    actions = {e.name: e.on_erasure for e in tools.policy.entities.values()}
    with vault.read() as conn:
        return FactErasure(keys, actions, forgotten_facts(conn, ids))


def _write_completion(vault: Vault, persons: Sequence[_Person], tools: ErasureTools) -> None:
    if not persons:
        return
    head = _told(vault, "erasure_completed", persons, tools)
    keys = [key for p in persons for key in p.plan.subject_keys]
    entry = vault.ledger.append("completed", keys, request=_one_request(persons), audit_head=head)
    ids = [i for p in persons for i in p.plan.subject_ids]
    with vault.begin() as conn:
        execute_in(conn, "DELETE FROM erasure_facts WHERE subject_id IN ({values})", ids)
        for subject_id in ids:
            where = _e.c.subject_id == subject_id
            done = {"state": "completed", "completed_at": now()}
            conn.execute(sa.update(_e).where(where).values(**done))
        blank_pseudonyms(conn, ids)
        vault.note_ledger(conn, entry)


def _told(
    vault: Vault, action: str, persons: Sequence[_Person], tools: ErasureTools
) -> tuple[int, str]:
    """Write an audit entry; committed before the ledger names it, or a kill looks like tampering."""
    by_request = {p.request or "": p.plan.subject_keys for p in persons}
    with vault.begin() as conn:
        audit.append(
            conn, vault, actor=tools.actor, action=action, request=_one_request(persons),
            subject_count=len(persons), payload={"requests": by_request},
        )  # fmt: skip
        return audit.head(conn)


def _one_request(persons: Sequence[_Person]) -> str | None:
    """The request of a batch of one; of several the audit entry tells them."""
    numbers = {p.request for p in persons}
    return next(iter(numbers)) if len(numbers) == 1 else None


def _results(
    vault: Vault, persons: Sequence[_Person], doubtful: Mapping[int, int]
) -> list[ErasureResult]:
    with vault.read() as conn:
        rows = conn.execute(sa.select(_e.c.subject_id, _e.c.deleted_records, _e.c.cut_records))
        counts = {row.subject_id: (row.deleted_records or 0, row.cut_records or 0) for row in rows}
    return [
        ErasureResult(
            p.plan.subject_keys,
            *counts[p.subject_id],
            doubtful.get(p.subject_id, 0),
            len(p.plan.quarantined),
        )
        for p in persons
    ]


def _advance_all(vault: Vault, persons: Sequence[_Person], state: str) -> None:
    with vault.begin() as conn:
        for p in persons:
            _advance(conn, p.plan, state)


def _advance(conn: Connection, plan: ErasurePlan, state: str) -> None:
    conn.execute(sa.update(_e).where(_e.c.subject_id.in_(plan.subject_ids)).values(state=state))


def _states(conn: Connection, subject_ids: Iterable[int]) -> dict[int, str]:
    """Per person the earliest state among the merged."""
    found: dict[int, str] = {}
    for subject_id in subject_ids:
        ids = members(conn, subject_id)
        states = set(conn.scalars(sa.select(_e.c.state).where(_e.c.subject_id.in_(ids))))
        found[subject_id] = next((s for s in STATES if s in states), "completed")
    return found


def _present(conn: Connection, subject_keys: tuple[str, ...]) -> list[int]:
    t = schema.subjects
    query = sa.select(t.c.subject_id).where(
        t.c.subject_key.in_(subject_keys), t.c.state != "erased"
    )
    return list(conn.scalars(query))


def _bearers(
    conn: Connection, vault: Vault, entry: LedgerEntry, pairs: Collection[Pair]
) -> list[int]:
    """Who bears, under whatever pseudonym, an identifier that only the erased of an entry bore.

    One that several bear here says nothing; an address or a number that is not a contact's neither.
    """
    sole = {p for p in pairs if p[0] in SUPPRESSING_KINDS} - vault.shared_in(entry)
    found = {pair: ids[0] for pair, ids in find_identifiers(conn, sole).items() if len(ids) == 1}
    subjects = load_exact(conn, found.values())
    return sorted(
        {
            i
            for (kind, _), i in found.items()
            if kind == "source_key" or subjects[i].kind == "contact"
        }
    )
