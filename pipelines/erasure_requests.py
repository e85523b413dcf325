"""Erasure as a request: its plan, its place in the batch, what others are told, its certificate.

The erasing itself is :mod:`pipelines.erasures`; this is what a steward and a person see of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from pipelines.common.clock import now
from pipelines.common.errors import UsageError
from pipelines.instructions import erasure_instructions, facts_about
from pipelines.letters import write_letter_in
from pipelines.rights.certificates import certificate_name, write_certificate
from pipelines.rights.erasure import adopt, queue_in, unfinished_erasures
from pipelines.rights.erasure_mentions import find_mentions
from pipelines.rights.erasure_plan import ErasurePlan, make_plan
from pipelines.rights.handlers import Fulfilment, Handler, PlanLine
from pipelines.rights.keeping import FactRow, Keep, active_holds, kept_entities, what_is_kept
from pipelines.rights.others_told import tell_others
from pipelines.rights.requests import (
    ANSWERED_FIRST,
    Request,
    advance,
    list_requests,
    load_request,
)
from pipelines.vault import audit, schema
from pipelines.vault.bulk import allocate
from pipelines.vault.subjects import members, survivors
from pipelines.warehouse.connection import connect_warehouse
from pipelines.warehouse.erasure_proof import (
    RelationProof,
    derived_proven,
    forget_proofs,
    take_proofs,
)

if TYPE_CHECKING:
    from pipelines.runs import Deployment


def plan_erasure(deployment: Deployment, request: Request) -> list[PlanLine]:
    """What an erasure would delete, unlink, cut and keep; nothing is changed."""
    with deployment.vault.read() as conn:
        plan = make_plan(conn, request.subject_id, deployment.policy)
        mentioned = find_mentions(conn, plan)
        facts = facts_about(deployment, plan.subject_keys)
        kept = _kept(deployment, conn, plan, facts)
    lines = [
        PlanLine("delete", "vault", entity, count)
        for entity, count in sorted(Counter(r.entity for r in plan.deleted).items())
    ]
    for entity, count in sorted(Counter(f.entity for f in facts).items()):
        action = "delete" if plan.facts.actions.get(entity) == "delete" else "unlink"
        lines.append(PlanLine(action, "warehouse", entity, count))
    if plan.quarantined:
        lines.append(PlanLine("delete", "quarantine", "quarantine_rows", len(plan.quarantined)))
    if mentioned.cuts:
        lines.append(PlanLine("cut", "vault", "texts of others", len(mentioned.cuts)))
    if mentioned.doubtful:
        lines.append(PlanLine("ask", "vault", "texts of others", len(mentioned.doubtful)))
    return lines + _kept_lines(kept)


def queue_erasure(deployment: Deployment, request: Request) -> Fulfilment:
    """Queue a person and open the tasks of those who have to follow; a job does the rest."""
    return queue_requested(deployment, [request])[request.number]


def queue_requested(deployment: Deployment, requests: Sequence[Request]) -> dict[str, Fulfilment]:
    """As :func:`queue_erasure` of many; the warehouse is read once for all of them.

    Whatever was withdrawn, or changed otherwise, since it was loaded is left as it stands now. What
    retention queued and has not begun is the request's from now on.

    Returns:
        What became of each, by number.
    """
    done: dict[str, Fulfilment] = {}
    vault, policy = deployment.vault, deployment.policy
    with vault.read() as conn:
        plans = {r.number: make_plan(conn, r.subject_id, policy) for r in requests}
    keys = [key for plan in plans.values() for key in plan.subject_keys]
    facts: dict[str, list[FactRow]] = defaultdict(list)
    for fact in facts_about(deployment, keys):
        facts[fact.subject_key].append(fact)
    for request in requests:
        plan = plans[request.number]
        theirs = [fact for key in plan.subject_keys for fact in facts[key]]
        with vault.begin() as conn:  # requests and merges wait for no lock of the home
            if not _still_stands(conn, request, plan):
                done[request.number] = Fulfilment("left")
                continue
            is_new = request.subject_id not in dict(unfinished_erasures(conn))
            if is_new or adopt(conn, plan.subject_ids, request.number):
                kept = _kept(deployment, conn, plan, theirs)
                told = erasure_instructions(deployment, conn, plan, theirs, kept)
                tell_others(conn, vault, request, "erasure", told)
                queue_in(conn, {request.subject_id: request.number})
            done[request.number] = Fulfilment("under_way")
    return done


def check_answered_first(conn: sa.Connection, request: Request) -> None:
    """Refuse to erase somebody whose request for their data is not answered yet.

    Raises:
        UsageError: There is such a request; it is named.
    """
    if other := _answered_first(conn, request):
        raise UsageError(
            "the person asked for their data, which an erasure would destroy",
            code="access_pending", where={"request": request.number, "answer": other.number},
            todo="answer that request first, or note that it was withdrawn",
        )  # fmt: skip


def has_begun(conn: sa.Connection, request: Request) -> bool:
    """Whether a request is for an erasure that is queued, under way or done."""
    e = schema.erasures
    query = sa.select(e.c.state).where(e.c.subject_id == request.subject_id)
    return request.right == "erasure" and conn.scalar(query) is not None


def check_not_begun(conn: sa.Connection, request: Request) -> None:
    """Refuse to take an open erasure back, or to refuse it, that has begun.

    Raises:
        UsageError: It has.
    """
    if request.is_open and has_begun(conn, request):
        raise UsageError(
            "the erasure has begun and cannot be taken back", code="erasure_begun",
            where={"request": request.number}, todo="klantkluis run finishes it",
        )  # fmt: skip


def ready_erasures(conn: sa.Connection, at: datetime) -> list[Request]:
    """Verified erasures that could be taken back until now, and have nothing else to wait for.

    Those whose subject was merged into another since wait for a steward, who has an alert.
    """
    due = [
        request
        for request in list_requests(conn, ("in_progress",))
        if request.right == "erasure" and request.grace_until and request.grace_until <= at
    ]
    person = survivors(conn, {request.subject_id for request in due})
    return [
        request
        for request in due
        if person[request.subject_id] == request.subject_id and not _answered_first(conn, request)
    ]


def settle_erasures(deployment: Deployment) -> None:
    """Close the requests whose erasure is complete, with their letters and the batch's certificate.

    Called after each publication, and settles what a kill kept the one before from settling; without
    something to settle it does nothing, but for dropping counts that a certificate has already.
    """
    e, vault = schema.erasures, deployment.vault
    with vault.begin() as conn:
        done = conn.execute(
            sa.select(e.c.subject_id, e.c.request, e.c.deleted_records, e.c.cut_records).where(
                e.c.state == "completed", e.c.certificate.is_(None)
            )
        ).all()
        subjects = {row.subject_id for row in done}
        settled = [
            _close(conn, deployment, request)
            for request in list_requests(conn, ("in_progress",))
            if request.right == "erasure" and _is_erased(conn, request)
        ]
        for request in settled:  # before the commit: who is killed here writes them again
            write_letter_in(conn, deployment, request)
        if subjects:
            (number,) = allocate(conn, "erasure_certificates", 1)
            body = _certificate(deployment, conn, done, settled)
            digest = write_certificate(deployment.home.reports, number, body)
            name = certificate_name(number)
            for subject_id in subjects:
                certified = sa.update(e).where(e.c.subject_id == subject_id)
                conn.execute(certified.values(certificate=name))
            audit.append(
                conn, vault, actor="steward", action="erasure_certified",
                subject_count=len(subjects), payload={"certificate": name, "sha256": digest},
            )  # fmt: skip
        are_told = bool(subjects) or not unfinished_erasures(conn)
    if are_told:
        _forget_proofs(deployment)


def _still_stands(conn: sa.Connection, request: Request, plan: ErasurePlan) -> bool:
    """Whether a request asks what it did when the plan was made, of the same persons."""
    if load_request(conn, request.number).state != "in_progress" or _answered_first(conn, request):
        return False
    return {*members(conn, request.subject_id)} == {*plan.subject_ids}


def _answered_first(conn: sa.Connection, request: Request) -> Request | None:
    """An open request for the data of the person, whoever of those merged it was opened for."""
    others = list_requests(conn, subject_ids=members(conn, request.subject_id))
    return next((other for other in others if other.right in ANSWERED_FIRST), None)


def _is_erased(conn: sa.Connection, request: Request) -> bool:
    e = schema.erasures
    state = conn.scalar(sa.select(e.c.state).where(e.c.subject_id == request.subject_id))
    return bool(state == "completed")


def _close(conn: sa.Connection, deployment: Deployment, request: Request) -> Request:
    k = schema.kept_records
    ground = conn.scalar(
        sa.select(k.c.ground)
        .where(k.c.request_id == request.request_id)
        .order_by(k.c.ground)
        .limit(1)
    )
    if ground is None:
        return advance(conn, deployment.vault, request, "fulfil")
    return advance(conn, deployment.vault, request, "fulfil_partly", ground=ground)


def _certificate(
    deployment: Deployment, conn: sa.Connection, done: Sequence[Any], settled: Sequence[Request]
) -> dict[str, Any]:
    k, t = schema.kept_records, schema.outbound_tasks
    numbers = sorted({row.request for row in done if row.request})
    ids = [r.request_id for r in settled]
    kept = conn.execute(
        sa.select(k.c.entity, k.c.ground, k.c.keep_until, sa.func.count())
        .where(k.c.request_id.in_(ids))
        .group_by(k.c.entity, k.c.ground, k.c.keep_until)
        .order_by(k.c.entity, k.c.keep_until)
    ).all()
    proofs, derived = _proofs(deployment)
    open_tasks = conn.scalar(
        sa.select(sa.func.count()).where(t.c.request_id.in_(ids), t.c.state == "open")
    )
    return {
        "written_at": now(),
        "persons": len(done),
        "requests": numbers,
        "vault": {
            "records_deleted": sum(row.deleted_records or 0 for row in done),
            "records_of_others_cut": sum(row.cut_records or 0 for row in done),
            "records_left": _records_left(conn, [row.subject_id for row in done]),
        },
        "warehouse": [proof._asdict() for proof in proofs],
        "derived_relations_without_them": derived,
        "kept": [
            dict(zip(("entity", "ground", "until", "rows"), row, strict=True)) for row in kept
        ],
        "others_to_follow": open_tasks,
        "ledger_sequence": deployment.vault.ledger.entries()[-1].sequence,
        "audit_sequence": audit.head(conn)[0],
    }


def _records_left(conn: sa.Connection, subject_ids: Sequence[int]) -> int:
    r = schema.sealed_records
    return conn.scalar(sa.select(sa.func.count()).where(r.c.subject_id.in_(subject_ids))) or 0


def _kept_lines(kept: Sequence[Keep]) -> list[PlanLine]:
    counts = Counter((k.entity, k.ground, k.until) for k in kept)
    return [
        PlanLine("keep", "vault", entity, count, ground, until)
        for (entity, ground, until), count in sorted(counts.items(), key=str)
    ]


def _kept(
    deployment: Deployment, conn: sa.Connection, plan: ErasurePlan, facts: Sequence[FactRow]
) -> list[Keep]:
    on = now().date()
    holds = active_holds(conn, plan, on)
    entities = kept_entities(deployment.policy, holds)
    may_stay = [fact for fact in facts if fact.entity in entities]
    return what_is_kept(plan, deployment.policy, holds, may_stay, on)


def _proofs(deployment: Deployment) -> tuple[list[RelationProof], int]:
    """The proofs of the relations that landed, and how many derived ones were looked through."""
    if not deployment.home.warehouse.is_file():
        return [], 0
    key = deployment.keyring.role_key("warehouse")
    with closing(connect_warehouse(deployment.home, key, deployment.settings)) as connection:
        return take_proofs(connection), derived_proven(connection)


def _forget_proofs(deployment: Deployment) -> None:
    if deployment.home.warehouse.is_file():
        key = deployment.keyring.role_key("warehouse")
        with closing(connect_warehouse(deployment.home, key, deployment.settings)) as connection:
            forget_proofs(connection)


ERASURE = Handler(plan_erasure, queue_erasure)
