"""The register of requests: a row per request, an event and an audit entry per step.

The seam that others build on::

    open_request(conn, vault, NewRequest(...))     -> Request in state ``received``
    load_request(conn, "R-2026-0001")              -> Request
    list_requests(conn, states)                    -> [Request]
    advance(conn, vault, request, action, ...)     -> Request; the only writer of ``state``
    set_details / details_of                       -> what a right needs to know, sealed
    pipelines.rights.handlers.Handler              -> plan and fulfil of one right
    pipelines.fulfilment.HANDLERS                  -> right -> Handler; ``request fulfil`` calls it

Privacy: a request holds a subject_id, dates and codes of ours. Its details are sealed under a key of
its own that is destroyed when it closes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, Final

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.common.clock import now
from pipelines.common.errors import UsageError
from pipelines.rights import deadlines
from pipelines.rights.grounds import right_of
from pipelines.rights.journal import note_request
from pipelines.rights.states import OPEN_STATES, Action, State, next_state
from pipelines.vault import audit, schema
from pipelines.vault.bulk import allocate
from pipelines.vault.sealing import seal, unseal
from pipelines.vault.store import Vault, destroy_later
from pipelines.vault.subjects import survivors

PURPOSE: Final = "accountability"
FIRST_DAY: Final = date(2018, 5, 25)
"""Nobody had these rights before. Source: GDPR Art. 99(2)."""
ANSWERED_FIRST: Final = frozenset({"access", "portability"})
"""Rights that an erasure would make impossible to answer."""
_t = schema.requests


@dataclass(frozen=True)
class NewRequest:
    """What is known when a request comes in.

    Attributes:
        right: One of :data:`pipelines.rights.grounds.RIGHTS`.
        subject_id: Whose request it is: a survivor, not a merged subject.
        received_on: Day of receipt, from which the clock runs.
        today: The day it is where the clock runs; without it, the next day in UTC is let through,
            for it has begun somewhere.
        country: Whose public holidays count.
        purpose: Purpose of an objection or a withdrawal.
        channel: Channel of a withdrawal; all by default.
        language: Of the letters.
        actor: Who opens it, a role.
    """

    right: str
    subject_id: int
    received_on: date
    country: str = "NL"
    purpose: str | None = None
    channel: str | None = None
    language: str = "nl"
    actor: str = "steward"
    today: date | None = None


@dataclass(frozen=True)
class Request:
    """One request as it stands; columns as in ``schema.requests``."""

    request_id: int
    number: str
    right: str
    purpose: str | None
    channel: str | None
    language: str
    subject_id: int
    state: State
    received_on: date
    opened_at: datetime
    due_on: date
    extended_on: date | None
    extension_reason: str | None
    proof_asked_on: date | None
    proof_ended_on: date | None
    proof_method: str | None
    proof_outcome: str | None
    grace_until: datetime | None
    ground: str | None
    closed_at: datetime | None
    key_id: int | None

    @property
    def is_open(self) -> bool:
        """Whether its clock runs."""
        return self.state in OPEN_STATES

    @property
    def paused_days(self) -> int:
        """Days for which a prompt question for proof, answered by now, stopped the clock."""
        asked, ended = self.proof_asked_on, self.proof_ended_on
        if asked is None or ended is None or not deadlines.pauses(self.received_on, asked):
            return 0
        return (ended - asked).days

    def due(self, on: date, country: str) -> date:
        """The deadline as of a day: a question for proof that is still open moves it on."""
        asked = self.proof_asked_on
        if self.state != "proof_asked" or asked is None:
            return self.due_on
        if not deadlines.pauses(self.received_on, asked):
            return self.due_on
        days = (min(on, proof_until(asked)) - asked).days
        extended = self.extended_on is not None
        return deadlines.due_on(self.received_on, country, paused_days=days, is_extended=extended)

    def document(self) -> dict[str, Any]:
        """The request for programs; no person, no pseudonym."""
        left = {"request_id", "number", "subject_id", "key_id"}
        rest = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in left}
        if not self.is_open:  # what is closed cannot be taken back
            rest["grace_until"] = None
        return {"request": self.number} | rest


_COLUMNS = [_t.c[f.name] for f in fields(Request)]


def proof_until(asked_on: date) -> date:
    """The last day on which a question for proof can be answered."""
    return asked_on + timedelta(days=deadlines.PROOF_DAYS)


def open_request(
    conn: Connection, vault: Vault, new: NewRequest, *, again: bool = False
) -> Request:
    """Enter a request into the register.

    Args:
        conn: In a writing transaction.
        vault: Whose.
        new: What is known.
        again: Open it although the same is open already.

    Raises:
        UsageError: There is no such right; the same request is open already; it is dated ahead, or
            before there were such rights.
    """
    right = right_of(new.right)
    opened_at = now()
    if new.received_on > (new.today or opened_at.date() + timedelta(days=1)):
        raise UsageError(
            "a request cannot have been received in the future", code="received_ahead",
            todo="give --received the day on which it came in",
        )  # fmt: skip
    if new.received_on < FIRST_DAY:
        raise UsageError(
            "a request under the GDPR cannot be older than the GDPR", code="received_before_gdpr",
            where={"day": str(FIRST_DAY)}, todo="give --received the day on which it came in",
        )  # fmt: skip
    if not again and (twin := _open_twin(conn, new)):
        raise UsageError(
            "the same request of this person is open already", code="request_duplicate",
            where={"request": twin}, todo="go on with that one, or open another with --again",
        )  # fmt: skip
    (request_id,) = allocate(conn, "requests", 1)
    number = f"R-{new.received_on.year}-{request_id:04d}"
    due = deadlines.due_on(new.received_on, new.country)
    conn.execute(
        sa.insert(_t).values(
            request_id=request_id, number=number, right=right.name, purpose=new.purpose,
            channel=new.channel, language=new.language, subject_id=new.subject_id,
            state=next_state(None, "open"), received_on=new.received_on, opened_at=opened_at,
            due_on=due,
        )
    )  # fmt: skip
    request = load_request(conn, number)
    _note(conn, vault, request, None, "open", request.state, new.actor)
    return request


def load_request(conn: Connection, number: str) -> Request:
    """A request by its number.

    Raises:
        UsageError: There is no such request.
    """
    row = conn.execute(sa.select(*_COLUMNS).where(_t.c.number == number.strip().upper())).first()
    if row is None:
        raise UsageError(
            "there is no such request", code="request_unknown",
            todo="klantkluis request list shows their numbers",
        )  # fmt: skip
    return Request(**row._mapping)


def list_requests(
    conn: Connection,
    states: Collection[str] | None = OPEN_STATES,
    *,
    subject_ids: Collection[int] | None = None,
) -> list[Request]:
    """Requests by deadline, the most pressing first.

    Args:
        conn: The vault.
        states: In these states; None for all.
        subject_ids: Of these subjects; None for all.
    """
    query = sa.select(*_COLUMNS).order_by(_t.c.due_on, _t.c.request_id)
    if states is not None:
        query = query.where(_t.c.state.in_(tuple(states)))
    if subject_ids is not None:
        query = query.where(_t.c.subject_id.in_(tuple(subject_ids)))
    return [Request(**row._mapping) for row in conn.execute(query)]


def persons_asking(conn: Connection) -> set[int]:
    """Who has an open request for their data or for their erasure, as survivors.

    Retention leaves them to it: the request tells them what became of it, and others to follow.
    """
    rights = ANSWERED_FIRST | {"erasure"}
    asking = {r.subject_id for r in list_requests(conn) if r.right in rights}
    return set(survivors(conn, asking).values())


def advance(
    conn: Connection,
    vault: Vault,
    request: Request,
    action: Action,
    *,
    actor: str = "steward",
    **changes: Any,
) -> Request:
    """Take one step of a request: its state, an event and an audit entry, all or none.

    Args:
        conn: In a writing transaction.
        vault: Whose.
        request: As it stood when it was loaded.
        action: The step.
        actor: Who takes it, a role.
        **changes: Other columns of ``schema.requests`` that the step sets.

    Raises:
        UsageError: The step is impossible, or somebody took another one meanwhile.
    """
    state = next_state(request.state, action, request.number)
    if state not in OPEN_STATES and request.is_open:
        changes["closed_at"] = now()
    done = conn.execute(
        sa.update(_t)
        .where(_t.c.request_id == request.request_id, _t.c.state == request.state)
        .values(state=state, **changes)
    )
    if done.rowcount != 1:
        raise UsageError(
            "somebody else changed the request meanwhile", code="request_changed",
            where={"request": request.number}, todo="look at it again",
        )  # fmt: skip
    if "closed_at" in changes:
        forget_details(conn, [request.subject_id], request.number)
    _note(conn, vault, request, request.state, action, state, actor)
    return load_request(conn, request.number)


def events_of(conn: Connection, request: Request) -> list[dict[str, Any]]:
    """The steps of a request, oldest first: at, action, to_state, actor."""
    e = schema.request_events
    query = (
        sa.select(e.c.at, e.c.action, e.c.to_state, e.c.actor)
        .where(e.c.request_id == request.request_id)
        .order_by(e.c.event_id)
    )
    return [dict(row._mapping) for row in conn.execute(query)]


def set_details(
    conn: Connection, vault: Vault, request: Request, details: Mapping[str, Any]
) -> None:
    """Seal what a right needs to know beyond its name under a key of the request's own.

    What was set before goes. The key is destroyed when the request closes or its person is erased.
    Privacy: any class in, sealed.
    """
    forget_details(conn, [request.subject_id], request.number)
    ((key_id, key),) = vault.data_keys.create(1)
    sealed = seal(key, orjson.dumps(dict(details)), _aad(request))
    where = _t.c.request_id == request.request_id
    conn.execute(sa.update(_t).where(where).values(key_id=key_id, sealed=sealed))


def forget_details(
    conn: Connection, subject_ids: Collection[int], number: str | None = None
) -> None:
    """Blank the details of a request, or of all requests of persons; their keys are destroyed."""
    is_it = sa.and_(_t.c.subject_id.in_(subject_ids), _t.c.key_id.is_not(None))
    if number is not None:
        is_it = sa.and_(is_it, _t.c.number == number)
    destroy_later(conn, conn.scalars(sa.select(_t.c.key_id).where(is_it)))
    conn.execute(sa.update(_t).where(is_it).values(key_id=None, sealed=None))


def details_of(conn: Connection, vault: Vault, request: Request) -> dict[str, Any]:
    """What :func:`set_details` took; empty when there is nothing, or its key is destroyed.

    Privacy: any class out; the caller writes the audit.
    """
    row = conn.execute(
        sa.select(_t.c.key_id, _t.c.sealed).where(_t.c.request_id == request.request_id)
    ).one()
    keys = vault.data_keys.get([row.key_id]) if row.key_id is not None else {}
    if row.sealed is None or not keys:
        return {}
    found: dict[str, Any] = orjson.loads(unseal(keys[row.key_id], row.sealed, _aad(request)))
    return found


def _open_twin(conn: Connection, new: NewRequest) -> str | None:
    return conn.scalar(
        sa.select(_t.c.number)
        .where(
            _t.c.subject_id == new.subject_id,
            _t.c.right == new.right,
            _t.c.state.in_(OPEN_STATES),
            _t.c.purpose.is_not_distinct_from(new.purpose),
            _t.c.channel.is_not_distinct_from(new.channel),
        )
        .limit(1)
    )


def _note(
    conn: Connection,
    vault: Vault,
    request: Request,
    before: str | None,
    action: Action,
    state: str,
    actor: str,
) -> None:
    sequence = audit.append(
        conn, vault, actor=actor, action=f"request_{action}", purpose=PURPOSE,
        request=request.number, subject_count=1,
    )  # fmt: skip
    (event_id,) = allocate(conn, "request_events", 1)
    conn.execute(
        sa.insert(schema.request_events).values(
            event_id=event_id, request_id=request.request_id, at=now(), actor=actor,
            action=action, from_state=before, to_state=state, audit_sequence=sequence,
        )
    )  # fmt: skip
    note_request(conn, request.number)


def _aad(request: Request) -> bytes:
    return f"request {request.number}".encode()
