"""Plans and fulfils requests, whatever their right: the table of handlers, and many at once.

Either all requests that are named can be fulfilled, or none is touched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

import sqlalchemy as sa

from pipelines.common.errors import KlantkluisError, UsageError
from pipelines.common.log import log_event
from pipelines.erasure_requests import (
    ERASURE,
    check_answered_first,
    queue_requested,
    ready_erasures,
    settle_erasures,
)
from pipelines.instructions import (
    rectification_instructions,
    release_instructions,
    restriction_instructions,
    stop_instructions,
)
from pipelines.packages.facts import require_described
from pipelines.packages.handlers import PACKAGE
from pipelines.packages.release import is_renewable
from pipelines.rights.alerts import Alert, beat, pressing, send
from pipelines.rights.audience_files import withdraw_persons
from pipelines.rights.consent import EVERY_CHANNEL, purposes_to_withdraw, withdraw
from pipelines.rights.handlers import Fulfilment, Handler, PlanLine
from pipelines.rights.keeping import due_kept, let_go
from pipelines.rights.others_told import tell_again, tell_others
from pipelines.rights.person import load_person
from pipelines.rights.requests import (
    Request,
    advance,
    details_of,
    list_requests,
    load_request,
)
from pipelines.rights.restriction import restrict_subject
from pipelines.rights.states import next_state
from pipelines.vault import schema
from pipelines.vault.records import records_of_subjects
from pipelines.vault.subjects import survivors

if TYPE_CHECKING:
    from pipelines.runs import Deployment


def plan_request(deployment: Deployment, request: Request) -> Sequence[PlanLine]:
    """What fulfilling a request would do; nothing is changed."""
    return _handler(request).plan(deployment, request)


def fulfil_requests(deployment: Deployment, numbers: Sequence[str]) -> dict[str, Fulfilment]:
    """Fulfil requests. Erasures are only queued: :func:`pipelines.jobs.run_erasures` does them.

    Args:
        deployment: Open; the caller holds the lock.
        numbers: Of requests that are verified; one for data is fulfilled anew once its package was
            withdrawn.

    Returns:
        What became of each, by number.

    Raises:
        UsageError: One of them cannot be fulfilled; none is.
    """
    with deployment.vault.read() as conn:
        requests = [load_request(conn, number) for number in dict.fromkeys(numbers)]
        for request in requests:
            if not is_renewable(conn, request):
                next_state(request.state, "fulfil", request.number)
            _handler(request)
            if survivors(conn, [request.subject_id])[request.subject_id] != request.subject_id:
                raise UsageError(
                    "the subject of this request was merged into another since",
                    code="request_merged", where={"request": request.number},
                    todo="withdraw it if it is open, and open one for the other, after looking at both",
                )  # fmt: skip
            if request.right == "erasure":
                check_answered_first(conn, request)
            if request.right == "access":
                require_described(deployment.home.policy)
    erasures = [request for request in requests if request.right == "erasure"]
    done = {r.number: _fulfil(deployment, r) for r in requests if r not in erasures}
    if erasures:
        done |= queue_requested(deployment, erasures)
    return {request.number: done[request.number] for request in requests}


def let_go_due(deployment: Deployment, on: date) -> int:
    """Let go what a statutory period kept, once its last day is over; returns how many records."""
    with deployment.vault.read() as conn:
        due = due_kept(conn, on)
    return let_go_kept(deployment, due) if due else 0


def let_go_kept(deployment: Deployment, kept_ids: Collection[int], actor: str = "retention") -> int:
    """Delete what is kept no longer, and complete the requests of which nothing is kept now.

    Where a hold ended, the tasks of the sources that kept the same open again.

    Returns:
        How many records went.
    """
    vault = deployment.vault
    replaced: list[int] = []
    with vault.begin() as conn:  # before they go, so that a kill leaves no source untold
        told = release_instructions(deployment, conn, kept_ids)
        for request in list_requests(conn, ("in_progress", "partly_fulfilled")):
            if request.request_id in told:
                replaced += tell_again(conn, vault, request, "erasure", told[request.request_id])
    vault.data_keys.destroy(replaced)
    let_go(vault, kept_ids, actor=actor)
    with vault.begin() as conn:
        for request in _emptied(conn):
            advance(conn, vault, request, "complete", ground=None)
    vault.checkpoint()
    return len(kept_ids)


def _emptied(conn: sa.Connection) -> list[Request]:
    """Erasures that something was kept of, of which nothing is kept any more."""
    keeping = set(conn.scalars(sa.select(schema.kept_records.c.request_id)))
    partly = list_requests(conn, ("partly_fulfilled",))
    return [r for r in partly if r.right == "erasure" and r.request_id not in keeping]


class Attended(NamedTuple):
    """What a round over the register did, in counts."""

    alerts: int
    queued_erasures: int
    let_go: int


def is_due(conn: sa.Connection, at: datetime, on: date, country: str) -> bool:
    """Whether a round over the register would do or tell anything."""
    return bool(
        [a for a in pressing(conn, at, on, country) if a.request]
        or ready_erasures(conn, at)
        or due_kept(conn, on)
        or _emptied(conn)
    )


def attend(deployment: Deployment, at: datetime, on: date) -> Attended:
    """One round over the register: settle, let go what is kept no longer, queue, alert.

    Verified erasures that can no longer be taken back are queued; whoever calls this erases them.

    Args:
        deployment: Open; the caller holds the lock.
        at: The instant (UTC).
        on: The day it is where deadlines count.

    Raises:
        FailedError: An alert could not be sent; all the rest is done.
    """
    settings, vault = deployment.settings, deployment.vault
    vault.purge_orphans()
    settle_erasures(deployment)
    with vault.begin() as conn:
        beat(conn, at)
        ready = [request.number for request in ready_erasures(conn, at)]
        kept, is_emptied = due_kept(conn, on), bool(_emptied(conn))
    if kept or is_emptied:
        let_go_kept(deployment, kept)
    queued, failed = _queue_ready(deployment, ready)
    with vault.read() as conn:
        found = pressing(conn, at, on, settings.country)
    found += [Alert("not_carried_out", number) for number in failed]
    for alert in found:
        log_event("request_presses", request=alert.request or "-", state=alert.kind)
    send(found, settings.alert_command)
    return Attended(len(found), queued, len(kept))


def _queue_ready(deployment: Deployment, ready: Sequence[str]) -> tuple[int, list[str]]:
    """Queue erasures; how many, and which of them fail. One that does keeps no other waiting."""
    if not ready:
        return 0, []
    try:
        done = fulfil_requests(deployment, ready)
    except KlantkluisError as error:
        if len(ready) == 1:
            log_event("request_failed", request=ready[0], code=error.code)
            return 0, [*ready]
        each = [_queue_ready(deployment, [number]) for number in ready]
        return sum(n for n, _ in each), [number for _, failed in each for number in failed]
    return sum(one.outcome == "under_way" for one in done.values()), []


def _fulfil(deployment: Deployment, request: Request) -> Fulfilment:
    done = _handler(request).fulfil(deployment, request)
    if done.outcome in ("under_way", "left"):
        return done
    with deployment.vault.begin() as conn:
        if done.outcome == "fulfilled":
            advance(conn, deployment.vault, request, "fulfil")
        else:
            advance(conn, deployment.vault, request, "fulfil_partly", ground=done.ground)
    return done


def _handler(request: Request) -> Handler:
    found = HANDLERS.get(request.right)
    if found is None:
        raise UsageError(
            "this right cannot be fulfilled by command yet", code="right_by_hand",
            where={"request": request.number}, todo="do it by hand",
        )  # fmt: skip
    return found


def _plan_words(deployment: Deployment, request: Request) -> list[PlanLine]:
    return [PlanLine("change", "vault", "consents", len(_purposes(deployment, request)))]


def _withdraw_words(deployment: Deployment, request: Request) -> Fulfilment:
    """Withdraw consents, or note an objection; audiences follow at once, others are to be told."""
    purposes = _purposes(deployment, request)
    with deployment.vault.begin() as conn:
        told = stop_instructions(deployment, conn, request, purposes)
        tell_others(conn, deployment.vault, request, request.right, told)
        withdraw(
            conn,
            deployment.vault,
            request.subject_id,
            purposes,
            channel=request.channel or EVERY_CHANNEL,
            is_objection=request.right == "objection",
            request=request.number,
        )
    withdraw_persons(deployment.home, deployment.vault, [request.subject_id])
    return Fulfilment("fulfilled")


def _plan_restriction(deployment: Deployment, request: Request) -> list[PlanLine]:
    with deployment.vault.read() as conn:
        person = load_person(conn, request.subject_id)
        rows = len(records_of_subjects(conn, person.subject_ids))
    return [PlanLine("restrict", "vault", "sealed_records", rows)]


def _restrict(deployment: Deployment, request: Request) -> Fulfilment:
    """The tables of persons follow with the next run; whoever asks the vault sees it at once."""
    with deployment.vault.begin() as conn:
        told = restriction_instructions(deployment, conn, request.subject_id)
        tell_others(conn, deployment.vault, request, "restriction", told)
        restrict_subject(
            conn, deployment.vault, request.subject_id, actor="steward", request=request.number
        )
    withdraw_persons(deployment.home, deployment.vault, [request.subject_id])
    return Fulfilment("fulfilled")


def _purposes(deployment: Deployment, request: Request) -> tuple[str, ...]:
    if request.purpose is not None:
        return (request.purpose,)
    return purposes_to_withdraw(deployment.policy, is_objection=request.right == "objection")


_WORDS = Handler(_plan_words, _withdraw_words)


def _plan_rectification(deployment: Deployment, request: Request) -> list[PlanLine]:
    with deployment.vault.read() as conn:
        person = load_person(conn, request.subject_id)
        counts = Counter(r.entity for r in records_of_subjects(conn, person.subject_ids))
    return [PlanLine("change", "vault", "contacts", counts["contacts"])]


def _rectify(deployment: Deployment, request: Request) -> Fulfilment:
    from pipelines.corrections import Change, rectify

    with deployment.vault.read() as conn:
        details = details_of(conn, deployment.vault, request)
    changes = [Change(**change) for change in details.get("changes", ())]
    done = rectify(deployment, request.subject_id, changes, request=request.number)
    with deployment.vault.begin() as conn:  # after a kill before this, fulfilling it again tells
        told = rectification_instructions(deployment, conn, request.subject_id, changes)
        tell_others(conn, deployment.vault, request, "rectification", told)
    return Fulfilment("fulfilled", still_held=done.still_held)


HANDLERS: Final[dict[str, Handler]] = {
    "erasure": ERASURE,
    "objection": _WORDS,
    "withdraw-consent": _WORDS,
    "restriction": Handler(_plan_restriction, _restrict),
    "rectification": Handler(_plan_rectification, _rectify),
    "access": PACKAGE,
    "portability": PACKAGE,
}
"""Right to how it is planned and fulfilled; who implements a right enters it here."""
