"""``request``: the requests of people about their data, from receipt to answer.

Privacy: identifiers come in, are looked up and forgotten; numbers, dates and counts come out.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from pipelines.cli.session import Session, ask_unseen, session_of

if TYPE_CHECKING:
    from pipelines.finding import Asked
    from pipelines.rights.requests import Request
    from pipelines.runs import Deployment

group = typer.Typer(no_args_is_help=True)

Number = Annotated[str, typer.Argument()]
Numbers = Annotated[list[str], typer.Argument()]
Email = Annotated[str | None, typer.Option("--email")]
Phone = Annotated[str | None, typer.Option("--phone")]
CustomerId = Annotated[str | None, typer.Option("--customer-id")]
SubjectKey = Annotated[str | None, typer.Option("--subject")]


@group.command("open")
def open_(
    context: typer.Context,
    right: Annotated[str, typer.Option("--right")],
    email: Email = None,
    phone: Phone = None,
    customer_id: CustomerId = None,
    subject: SubjectKey = None,
    received: Annotated[datetime | None, typer.Option("--received", formats=["%Y-%m-%d"])] = None,
    purpose: Annotated[str | None, typer.Option("--purpose")] = None,
    channel: Annotated[str | None, typer.Option("--channel")] = None,
    again: Annotated[bool, typer.Option("--again")] = False,
) -> None:
    """Enter a request into the register; the clock runs from the day of receipt."""
    from pipelines.finding import the_person
    from pipelines.rights.consent import check_channel, check_purpose, check_withdrawable
    from pipelines.rights.grounds import right_of, works_at_once
    from pipelines.rights.requests import NewRequest, open_request

    session = session_of(context)
    right_of(right)
    asked = asked_for(session, email, phone, customer_id, subject)
    if right in ("objection", "withdraw-consent") and purpose is None:
        purpose = "marketing"
    with deployed(session) as deployment, deployment.vault.begin() as conn:
        if purpose is not None:
            check = check_withdrawable if right == "withdraw-consent" else check_purpose
            check(deployment.policy, purpose)
        check_channel(deployment.policy, channel)
        person = the_person(
            conn,
            deployment.vault,
            asked,
            namespaces_of(deployment),
            with_kept=right == "access",
        )
        new = NewRequest(
            right=right,
            subject_id=person.subject_id,
            received_on=received.date() if received else today(session),
            country=session.settings.country,
            purpose=purpose,
            channel=channel,
            language=session.settings.lang,
            today=today(session),
        )
        request = open_request(conn, deployment.vault, new, again=again)
    if works_at_once(right, purpose):
        request = _at_once(session, request)
    write(session, request)
    session.output.document(request.document())
    session.output.say("request_opened", number=request.number, due=request.due_on)
    if not request.is_open:
        session.output.say("request_now", number=request.number, state=state(session, request))


@group.command("list")
def list_(
    context: typer.Context, everything: Annotated[bool, typer.Option("--all")] = False
) -> None:
    """Requests by deadline, the most pressing first."""
    from pipelines.rights.requests import list_requests
    from pipelines.rights.states import OPEN_STATES

    session = session_of(context)
    with deployed(session) as deployment, deployment.vault.read() as conn:
        found = list_requests(conn, None if everything else OPEN_STATES)
    rows = [_line(session, request) for request in found]
    session.output.listing(rows, "no_requests")


@group.command("show")
def show(context: typer.Context, number: Number) -> None:
    """One request: its steps, and while it is open what fulfilling it would do."""
    from pipelines.erasure_requests import has_begun
    from pipelines.fulfilment import HANDLERS, plan_request
    from pipelines.rights.requests import events_of, load_request
    from pipelines.vault.subjects import members

    session = session_of(context)
    with deployed(session) as deployment:
        with deployment.vault.read() as conn:
            request = load_request(conn, number)
            events = events_of(conn, request)
            pseudonyms = {"pseudonyms": len(members(conn, request.subject_id))}
            if has_begun(conn, request):
                request = replace(request, grace_until=None)
        has_plan = request.is_open and request.right in HANDLERS
        plan = plan_request(deployment, request) if has_plan else []
    lines = [line._asdict() for line in plan]
    shown = request.document() | _clock(session, request) | pseudonyms
    session.output.document(shown | {"events": events, "plan": lines})
    for name, value in shown.items():
        if value is not None:
            session.output.line(f"{session.texts(f'head_{name}')}: {value}")
    for rows in (events, lines):
        session.output.rows(rows)


@group.command("ask-proof")
def ask_proof(context: typer.Context, number: Number) -> None:
    """Note that the person was asked who they are; asked promptly it stops the clock."""
    from pipelines.rights import steps

    session = session_of(context)
    with _stepping(session, number) as (deployment, conn, request):
        request = steps.ask_proof(conn, deployment.vault, request, today(session))
    _told(session, request)


@group.command("verify")
def verify(
    context: typer.Context,
    number: Number,
    method: Annotated[str, typer.Option("--method")] = "known_channel",
) -> None:
    """Note that it is the person who asks, and by what means that was seen."""
    from pipelines.common.clock import now
    from pipelines.finding import has_namesakes
    from pipelines.rights import steps
    from pipelines.rights.proof import risk_of

    session = session_of(context)
    with _stepping(session, number) as (deployment, conn, request):
        twins = has_namesakes(conn, request.subject_id)
        request = steps.verify(
            conn,
            deployment.vault,
            request,
            today(session),
            risk_of(request.right, has_namesakes=twins),
            method=method,
            grace_until=now() + timedelta(days=session.settings.grace_days),
            country=session.settings.country,
        )
    _told(session, request)


@group.command("extend")
def extend(
    context: typer.Context,
    number: Number,
    reason: Annotated[str, typer.Option("--reason")] = "complex",
) -> None:
    """Extend the answer to three months from receipt, told within the first."""
    from pipelines.letters import write_letter_of
    from pipelines.rights import steps

    session = session_of(context)
    with _stepping(session, number) as (deployment, conn, request):
        country = session.settings.country
        request = steps.extend(conn, deployment.vault, request, today(session), reason, country)
    with deployed(session) as deployment:
        path = write_letter_of(deployment, in_language(session, request), "extended")
    session.output.say("letter_written", path=path)
    session.output.document(request.document())
    session.output.say("request_now", number=request.number, state=state(session, request))


@group.command("refuse")
def refuse(
    context: typer.Context, number: Number, ground: Annotated[str, typer.Option("--ground")]
) -> None:
    """Refuse a request on a ground of the law."""
    from pipelines.erasure_requests import check_not_begun
    from pipelines.rights import steps

    session = session_of(context)
    with _stepping(session, number) as (deployment, conn, request):
        check_not_begun(conn, request)
        request = steps.refuse(conn, deployment.vault, request, ground)
    _told(session, request)


@group.command("withdraw")
def withdraw(context: typer.Context, number: Number) -> None:
    """Note that the person took the request back."""
    from pipelines.erasure_requests import check_not_begun
    from pipelines.rights import steps

    session = session_of(context)
    with _stepping(session, number) as (deployment, conn, request):
        check_not_begun(conn, request)
        request = steps.withdraw(conn, deployment.vault, request)
    _told(session, request)


@group.command("fulfil")
def fulfil(
    context: typer.Context,
    numbers: Annotated[list[str] | None, typer.Argument()] = None,
    ready: Annotated[bool, typer.Option("--ready")] = False,
    changes: Annotated[list[str] | None, typer.Option("--set")] = None,
) -> None:
    """Do what verified requests ask, all of them or none; erasures in one backfill."""
    from pipelines.common.clock import now
    from pipelines.common.errors import UsageError
    from pipelines.erasure_requests import ready_erasures
    from pipelines.fulfilment import fulfil_requests
    from pipelines.jobs import run_erasures
    from pipelines.rights.requests import load_request
    from pipelines.warehouse.lock import home_lock

    session = session_of(context)
    home = session.existing_home()
    with home_lock(home, session.wait_seconds), deployed(session) as deployment:
        chosen = list(numbers or ())
        if ready:
            with deployment.vault.read() as conn:
                chosen += [request.number for request in ready_erasures(conn, now())]
        if not chosen and not ready:
            raise UsageError(
                "no request was named", code="no_request_named",
                todo="give its number, such as R-2026-0001, or --ready",
            )  # fmt: skip
        if changes:
            _note_changes(session, deployment, chosen, changes)
        done = fulfil_requests(deployment, chosen)
        with deployment.vault.read() as conn:
            rights = {number: load_request(conn, number).right for number in done}
    waiting = [
        number
        for number, right in rights.items()
        if right == "erasure" and done[number].outcome == "under_way"
    ]
    if waiting:
        name = waiting[0] if len(waiting) == 1 else None
        run_erasures(session.settings, request=name, wait_seconds=session.wait_seconds)
    with deployed(session) as deployment, deployment.vault.read() as conn:
        requests = [load_request(conn, number) for number in done]
    session.output.document(
        [
            request.document()
            | {"still_held": [".".join(place) for place in done[request.number].still_held]}
            for request in requests
        ]
    )
    for request in requests:
        write(session, request)
        session.output.say("request_now", number=request.number, state=state(session, request))
        if done[request.number].outcome == "left":
            session.output.say("request_left", number=request.number)
        if (
            request.right in ("access", "portability")
            and done[request.number].outcome == "under_way"
        ):
            session.output.say("package_waits", number=request.number)
        for entity, record, column in done[request.number].still_held:
            session.output.say("still_held", entity=entity, record=record, column=column)


def _note_changes(
    session: Session, deployment: Deployment, numbers: list[str], changes: list[str]
) -> None:
    """Ask for the values that a rectification sets, and seal them with its request.

    ``[ENTITY:[SOURCE/NUMBER:]]COLUMN=-``; contacts where no entity is named.
    """
    from pipelines.common.errors import UsageError
    from pipelines.corrections import correctable
    from pipelines.rights.requests import load_request, set_details

    wanted: list[dict[str, str | None]] = []
    for change in changes:
        place, equals, value = change.partition("=")
        if not equals or value not in ("-", ""):
            raise UsageError(
                "a value does not belong on the command line, which keeps a history",
                code="value_in_command", todo="write --set COLUMN=- and it is asked for; "
                "--set COLUMN= clears it",
            )  # fmt: skip
        *path, column = place.split(":")
        entity = path[0] if path else "contacts"
        record = ":".join(path[1:]) or None
        correctable(deployment, entity, column)
        label = session.texts("ask_value", column=column)
        answer = ask_unseen(label) if value == "-" else ""
        wanted.append(
            {"entity": entity, "record": record, "column": column, "value": answer or None}
        )
    with deployment.vault.begin() as conn:
        requests = [load_request(conn, number) for number in numbers]
        if len(requests) != 1 or requests[0].right != "rectification":
            raise UsageError(
                "values are set for one request for rectification", code="set_needs_one",
                todo="name that request alone",
            )  # fmt: skip
        set_details(conn, deployment.vault, requests[0], {"changes": wanted})


def asked_for(
    session: Session,
    email: str | None,
    phone: str | None,
    customer_id: str | None,
    subject: str | None,
) -> Asked:
    """What was given to find a person by; ``-`` is asked for, unseen."""
    from pipelines.finding import Asked

    return Asked(
        email=given(session, email, "ask_email"),
        phone=given(session, phone, "ask_phone"),
        customer_id=given(session, customer_id, "ask_customer_id"),
        subject_key=given(session, subject, "ask_subject"),
    )


def given(session: Session, value: str | None, label: str) -> str | None:
    """A value of the command line; ``-`` is asked for, unseen, or is the next line of a pipe."""
    return ask_unseen(session.texts(label)) if value == "-" else value


@contextmanager
def deployed(session: Session) -> Iterator[Deployment]:
    """The home opened."""
    from pipelines.runs import Deployment

    session.existing_home()
    with Deployment.open(session.settings) as deployment:
        yield deployment


def namespaces_of(deployment: Deployment) -> list[str]:
    """Sources whose customer numbers are known."""
    return sorted(deployment.sources)


def today(session: Session) -> date:
    """The day it is where figures are reported."""
    from pipelines.common.clock import now

    return now().astimezone(ZoneInfo(session.settings.reporting_timezone)).date()


def state(session: Session, request: Request) -> str:
    """The state of a request in words."""
    return str(session.texts(f"state_{request.state}"))


@contextmanager
def _stepping(session: Session, number: str) -> Iterator[tuple[Deployment, Any, Request]]:
    from pipelines.rights.requests import load_request

    with deployed(session) as deployment, deployment.vault.begin() as conn:
        yield deployment, conn, load_request(conn, number)


def _at_once(session: Session, request: Request) -> Request:
    """Carry out what needs no proof. Source: GDPR Art. 7(3), 21(3)."""
    from pipelines.fulfilment import fulfil_requests
    from pipelines.rights.requests import advance, load_request

    with deployed(session) as deployment:
        with deployment.vault.begin() as conn:
            advance(conn, deployment.vault, request, "verify", proof_outcome="not_needed")
        fulfil_requests(deployment, [request.number])
        with deployment.vault.read() as conn:
            return load_request(conn, request.number)


def write(session: Session, request: Request) -> None:
    """Put the letter that fits the state into the outbox, and say where."""
    from pipelines.letters import write_letter_of

    if request.state == "in_progress":
        return
    with deployed(session) as deployment:
        path = write_letter_of(deployment, in_language(session, request))
    session.output.say("letter_written", path=path)


def in_language(session: Session, request: Request) -> Request:
    """A request whose letter comes in the language of ``--lang``, else in that of its opening."""
    return replace(request, language=session.language_asked or request.language)


def _told(session: Session, request: Request) -> None:
    write(session, request)
    session.output.document(request.document())
    session.output.say("request_now", number=request.number, state=state(session, request))


def _line(session: Session, request: Request) -> dict[str, Any]:
    return {
        "request": request.number,
        "right": request.right,
        "state": request.state,
        "received_on": request.received_on,
    } | _clock(session, request)


def _clock(session: Session, request: Request) -> dict[str, Any]:
    if not request.is_open:
        return {"due_on": request.due_on, "days_left": None}
    on = today(session)
    due = request.due(on, session.settings.country)
    return {"due_on": due, "days_left": (due - on).days}
