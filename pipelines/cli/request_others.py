"""``request find/tasks/told/letter/alerts/readmit``: around the steps of a request.

Privacy: identifiers come in; pseudonyms, counts and weights go out to the steward who asked.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.request import (
    CustomerId,
    Email,
    Number,
    Phone,
    SubjectKey,
    asked_for,
    deployed,
    given,
    in_language,
    namespaces_of,
    today,
)
from pipelines.cli.session import Session, session_of
from pipelines.common.errors import CheckError

if TYPE_CHECKING:
    from pipelines.kept_persons import KeptOf

Name = Annotated[str | None, typer.Option("--name")]
BirthDate = Annotated[str | None, typer.Option("--birth-date")]
Postcode = Annotated[str | None, typer.Option("--postcode")]


def find(
    context: typer.Context,
    email: Email = None,
    phone: Phone = None,
    customer_id: CustomerId = None,
    subject: SubjectKey = None,
    name: Name = None,
    birth_date: BirthDate = None,
    postcode: Postcode = None,
) -> None:
    """Who could be meant: exact finds first, then who resembles, with weights."""
    from pipelines.candidates import find_candidates
    from pipelines.finding import find_exact, holdings, kept_of_erased

    session = session_of(context)
    asked = asked_for(session, email, phone, customer_id, subject)
    name = given(session, name, "ask_name")
    born = _birth_date(session, birth_date)
    postcode = given(session, postcode, "ask_postcode")
    rows: list[dict[str, object]] = []
    with deployed(session) as deployment:
        exact = []
        is_by_name = any(value is not None for value in (name, birth_date, postcode))
        if not (asked.is_empty and is_by_name):
            with deployment.vault.read() as conn:
                exact = find_exact(conn, deployment.vault, asked, namespaces_of(deployment))
        for match in exact:
            with deployment.vault.read() as conn:
                found = holdings(conn, match.subject_id)
            first: dict[str, object] = {
                "subject": match.subject_key,
                "agrees": ", ".join(match.agrees),
            }
            rows.append(first | {"weight": None, "state": match.state} | found)
        if is_by_name:
            for candidate in find_candidates(deployment, name, born, postcode):
                with deployment.vault.read() as conn:
                    found = holdings(conn, candidate.subject_id)
                near: dict[str, object] = {
                    "subject": candidate.subject_key,
                    "agrees": candidate.agrees,
                }
                rows.append(near | {"weight": candidate.weight, "state": candidate.state} | found)
        with deployment.vault.read() as conn:
            names = namespaces_of(deployment)
            beside = {"birth_date": born.isoformat() if born else None, "postcode": postcode}
            kept = None
            if not exact:
                kept = kept_of_erased(conn, deployment.vault, asked, names, name, beside)
    told: list[dict[str, object]] = list(rows)
    if kept is not None:
        lines = [line._asdict() for line in kept.lines]
        told.append(
            {
                "state": "erased",
                "kept": lines,
                "is_unclear": kept.is_unclear,
                "agrees": ", ".join(kept.agrees),
                "differs": ", ".join(kept.differs),
            }
        )
    session.output.document(told)
    session.output.rows(rows)
    if not rows and kept is None:
        session.output.say("nobody_found")
    if kept is not None:
        _say_kept(session, kept)


def _say_kept(session: Session, kept: KeptOf) -> None:
    """What is kept of an erased person, and how far what was asked tells that it is theirs."""
    which = "_kept" if kept.lines else "_unclear" if kept.is_unclear else ""
    if kept.agrees or kept.differs:
        which = "_named" if kept.lines else "_differs"
    session.output.say(
        f"find_person_erased{which}",
        kept=", ".join(map(str, kept.lines)),
        agrees=", ".join(session.texts(f"field_{field}") for field in kept.agrees),
        differs=", ".join(session.texts(f"field_{field}") for field in kept.differs),
    )


def tasks(context: typer.Context, number: Number) -> None:
    """Which systems and recipients have to follow a request, and which have."""
    from pipelines.rights.others_told import tasks_of
    from pipelines.rights.requests import load_request

    session = session_of(context)
    with deployed(session) as deployment, deployment.vault.read() as conn:
        found = tasks_of(conn, load_request(conn, number).request_id)
    told = ("what", "target_kind", "target", "state", "created_at", "closed_at")
    rows = [{name: getattr(task, name) for name in told} for task in found]
    session.output.document(rows)
    heads = session.output.heads(told)
    session.output.table(heads, [list(row.values()) for row in rows])


def told(
    context: typer.Context,
    number: Number,
    target: Annotated[str, typer.Option("--target")],
    export: Annotated[Path | None, typer.Option("--export")] = None,
    impossible: Annotated[bool, typer.Option("--impossible")] = False,
) -> None:
    """Export what a system has to do, or note that it has done it."""
    import orjson

    from pipelines.letters import write_letter_of
    from pipelines.rights.others_told import close_task, has_open_tasks, open_instruction
    from pipelines.rights.requests import load_request
    from pipelines.vault.files import hand_out

    session = session_of(context)
    with deployed(session) as deployment:
        vault = deployment.vault
        with vault.begin() as conn:
            request = load_request(conn, number)
            if export is not None:
                content = open_instruction(conn, vault, request, target)
                hand_out(export, orjson.dumps(content, option=orjson.OPT_INDENT_2))
            else:
                key_id = close_task(conn, vault, request, target, possible=not impossible)
            is_last = not has_open_tasks(conn, request.request_id)
        if export is None:
            vault.data_keys.destroy([key_id])
            if is_last and not request.is_open:
                path = write_letter_of(deployment, in_language(session, request))
                session.output.say("letter_written", path=path)
    session.output.document({"request": request.number, "target": target, "all_told": is_last})
    said = "told_exported" if export else "told_impossible" if impossible else "told_noted"
    session.output.say(said, target=target)


def letter(context: typer.Context, number: Number) -> None:
    """Write the letter that fits a request into the outbox again."""
    from pipelines.letters import write_letter_of
    from pipelines.rights.requests import load_request

    session = session_of(context)
    with deployed(session) as deployment:
        with deployment.vault.read() as conn:
            request = load_request(conn, number)
        path = write_letter_of(deployment, in_language(session, request))
    session.output.document({"request": request.number, "path": str(path)})
    session.output.say("letter_written", path=path)


def alerts(context: typer.Context, send: Annotated[bool, typer.Option("--send")] = False) -> None:
    """What presses: deadlines, and a scheduler that keeps silent. For cron, beside Dagster."""
    from pipelines.common.clock import now
    from pipelines.rights import alerts as pressing

    session = session_of(context)
    settings = session.settings
    with deployed(session) as deployment, deployment.vault.read() as conn:
        found = pressing.pressing(conn, now(), today(session), settings.country)
    session.output.document([alert._asdict() for alert in found])
    heads = session.output.heads(("kind", "request", "days_left"))
    session.output.table(heads, [list(alert) for alert in found])
    if send:
        pressing.send(found, settings.alert_command)
    missed = sum(alert.kind == "overdue" for alert in found)
    if missed:
        raise CheckError(
            "requests are past their deadline", code="requests_overdue",
            where={"requests": missed}, todo="answer them at once",
        )  # fmt: skip


def readmit(
    context: typer.Context,
    reason: Annotated[str, typer.Option("--reason")],
    email: Email = None,
    phone: Phone = None,
    customer_id: CustomerId = None,
    name: Name = None,
    birth_date: BirthDate = None,
) -> None:
    """Let somebody who was erased land again, because they began a new relationship."""
    from pipelines.common.errors import UsageError
    from pipelines.finding import suppressing_pairs
    from pipelines.rights.readmission import readmit as readmit_person

    session = session_of(context)
    if reason not in ("order", "consent"):
        raise UsageError(
            "this is no reason to begin anew", code="readmit_reason", todo="name order or consent"
        )
    asked = asked_for(session, email, phone, customer_id, None)
    name = given(session, name, "ask_name")
    born = _birth_date(session, birth_date)
    with deployed(session) as deployment:
        pairs = suppressing_pairs(deployment.vault, asked, namespaces_of(deployment), name, born)
        count = readmit_person(deployment.vault, pairs, reason)
    session.output.document({"identifiers": count})
    session.output.say("readmitted", count=count)


def _birth_date(session: Session, value: str | None) -> date | None:
    text = given(session, value, "ask_birth_date")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter("", param_hint="--birth-date") from None


def join(group: typer.Typer) -> None:
    """Enter these commands into the group of ``request``."""
    for command in (find, tasks, told, letter, alerts, readmit):
        group.command(command.__name__)(command)
