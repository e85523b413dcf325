"""Plans and fulfils requests, whatever their right: the table of handlers, and many at once.

Either all requests that are named can be fulfilled, or none is touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from pipelines.common.errors import UsageError
from pipelines.packages.handlers import PACKAGE
from pipelines.rights.erasure import queue_erasures, unfinished_erasures
from pipelines.rights.erasure_plan import make_plan
from pipelines.rights.handlers import Fulfilment, Handler, PlanLine
from pipelines.rights.person import load_person
from pipelines.rights.requests import Request, advance, list_requests, load_request
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
        numbers: Of requests that are verified.

    Returns:
        What became of each, by number.

    Raises:
        UsageError: One of them cannot be fulfilled; none is.
    """
    with deployment.vault.read() as conn:
        requests = [load_request(conn, number) for number in dict.fromkeys(numbers)]
        for request in requests:
            next_state(request.state, "fulfil", request.number)
            _handler(request)
            if survivors(conn, [request.subject_id])[request.subject_id] != request.subject_id:
                raise UsageError(
                    "the subject of this request was merged into another since",
                    code="request_merged", where={"request": request.number},
                    todo="withdraw it and open one for the other, after looking at both",
                )  # fmt: skip
    return {request.number: _fulfil(deployment, request) for request in requests}


def settle_erasures(deployment: Deployment) -> list[Request]:
    """Close the requests whose erasure is complete; called after each publication."""
    e = schema.erasures
    settled: list[Request] = []
    with deployment.vault.begin() as conn:
        for request in list_requests(conn, ("in_progress",)):
            if request.right != "erasure":
                continue
            state = conn.scalar(sa.select(e.c.state).where(e.c.subject_id == request.subject_id))
            if state == "completed":
                settled.append(advance(conn, deployment.vault, request, "fulfil"))
    return settled


def _fulfil(deployment: Deployment, request: Request) -> Fulfilment:
    done = _handler(request).fulfil(deployment, request)
    if done.outcome == "under_way":
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


def _plan_erasure(deployment: Deployment, request: Request) -> list[PlanLine]:
    with deployment.vault.read() as conn:
        plan = make_plan(conn, request.subject_id, deployment.policy)
    counts: dict[str, int] = {}
    for record in plan.deleted:
        counts[record.entity] = counts.get(record.entity, 0) + 1
    return [PlanLine("delete", "vault", entity, n) for entity, n in sorted(counts.items())]


def _queue_erasure(deployment: Deployment, request: Request) -> Fulfilment:
    with deployment.vault.read() as conn:
        under_way = dict(unfinished_erasures(conn))
    if request.subject_id not in under_way:
        queue_erasures(deployment.vault, [request.subject_id], request.number)
    return Fulfilment("under_way")


def _plan_restriction(deployment: Deployment, request: Request) -> list[PlanLine]:
    with deployment.vault.read() as conn:
        person = load_person(conn, request.subject_id)
        rows = len(records_of_subjects(conn, person.subject_ids))
    return [PlanLine("restrict", "vault", "sealed_records", rows)]


def _restrict(deployment: Deployment, request: Request) -> Fulfilment:
    """The tables of persons follow with the next run; whoever asks the vault sees it at once."""
    with deployment.vault.begin() as conn:
        restrict_subject(
            conn, deployment.vault, request.subject_id, actor="steward", request=request.number
        )
    return Fulfilment("fulfilled")


HANDLERS: Final[dict[str, Handler]] = {
    "erasure": Handler(_plan_erasure, _queue_erasure),
    "restriction": Handler(_plan_restriction, _restrict),
    "access": PACKAGE,
    "portability": PACKAGE,
}
"""Right to how it is planned and fulfilled; who implements a right enters it here."""
