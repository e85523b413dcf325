"""``consent``: words on a purpose set by hand, shown as of a day, or imported.

Privacy: identifiers come in and are looked up; words, purposes and dates come out.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from pipelines.cli.request import CustomerId, Email, Phone, SubjectKey, asked_for
from pipelines.cli.session import Session, session_of
from pipelines.common.errors import InputError

group = typer.Typer(no_args_is_help=True)

_DAY = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]
_NAMED = 20
"""Lines that a sentence names; the document of --json has all."""
Moment = Annotated[datetime | None, typer.Option("--at", formats=_DAY)]


@group.command("set")
def set_(
    context: typer.Context,
    purpose: Annotated[str, typer.Option("--purpose")],
    status: Annotated[str, typer.Option("--status")],
    channel: Annotated[str, typer.Option("--channel")] = "",
    email: Email = None,
    phone: Phone = None,
    customer_id: CustomerId = None,
    subject: SubjectKey = None,
    at: Moment = None,
    expires: Annotated[datetime | None, typer.Option("--expires", formats=_DAY)] = None,
    notice: Annotated[str | None, typer.Option("--notice")] = None,
    evidence: Annotated[str | None, typer.Option("--evidence")] = None,
) -> None:
    """Enter a word that a person said."""
    from pipelines.cli.request import deployed, namespaces_of
    from pipelines.common.clock import now
    from pipelines.finding import the_person
    from pipelines.rights.audience_files import withdraw_persons
    from pipelines.rights.consent import set_consent

    session = session_of(context)
    asked = asked_for(session, email, phone, customer_id, subject)
    with deployed(session) as deployment:
        with deployment.vault.read() as conn:
            person = the_person(conn, deployment.vault, asked, namespaces_of(deployment))
        word = {
            "purpose": purpose, "status": status, "channel": channel, "notice_version": notice,
            "occurred_at": _instant(session, at) or now(), "evidence": evidence,
            "expires_at": _instant(session, expires),
        }  # fmt: skip
        set_consent(deployment.vault, person.subject_id, deployment.policy, word)
        if status not in ("given", "pending"):
            withdraw_persons(deployment.home, deployment.vault, [person.subject_id])
    session.output.document(
        {"customer_key": person.subject_key, "purpose": purpose, "status": status}
    )
    session.output.say("consent_set", purpose=purpose, status=status)


@group.command("show")
def show(
    context: typer.Context,
    email: Email = None,
    phone: Phone = None,
    customer_id: CustomerId = None,
    subject: SubjectKey = None,
    at: Moment = None,
) -> None:
    """Every word of a person up to an instant, and what held then."""
    from pipelines.cli.request import deployed, namespaces_of
    from pipelines.common.clock import now
    from pipelines.finding import the_person
    from pipelines.rights.consent import history, standing
    from pipelines.vault import audit

    session = session_of(context)
    asked = asked_for(session, email, phone, customer_id, subject)
    instant = _instant(session, at) or now()
    with deployed(session) as deployment, deployment.vault.begin() as conn:
        vault = deployment.vault
        person = the_person(conn, vault, asked, namespaces_of(deployment))
        words = [w for w in history(conn, person.subject_id) if w["occurred_at"] <= instant]
        held = []
        for purpose, channel in sorted({(w["purpose"], w["channel"]) for w in words}):
            found = standing(conn, [person.subject_id], purpose, channel, instant)
            status = found[person.subject_id].status if found else None
            held.append({"purpose": purpose, "channel": channel or None, "status": status})
        audit.append(conn, vault, actor="steward", action="consent_shown", subject_count=1,
                     payload={"subject_key": person.subject_key})  # fmt: skip
    session.output.document({"customer_key": person.subject_key, "at": instant, "held": held,
                             "words": words})  # fmt: skip
    heads = ("purpose", "channel", "status", "occurred_at", "origin", "expires_at")
    session.output.table(
        [session.texts(f"head_word_{h}") for h in heads],
        [[str(w[h] or "") for h in heads] for w in words],
    )
    for row in held:
        session.output.say("consent_held", at=instant, **{k: v or "-" for k, v in row.items()})


@group.command("import")
def import_(
    context: typer.Context, file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]
) -> None:
    """Enter words from a CSV file, none if a line is wrong; lines about nobody are named."""
    from pipelines.cli.request import deployed, namespaces_of
    from pipelines.consent_import import import_words

    session = session_of(context)
    with deployed(session) as deployment:
        zone = ZoneInfo(session.settings.reporting_timezone)
        done = import_words(deployment, file, namespaces_of(deployment), zone)
    unknown = done.unknown_lines
    session.output.document(done._asdict() | {"unknown_persons": len(unknown)})
    session.output.say("consent_imported", entered=done.entered, known=done.known)
    if unknown:
        first = ", ".join(map(str, unknown[:_NAMED]))
        raise InputError(
            "some lines were not entered, for their person is not found, or is more than one",
            code="consent_import_unknown",
            where={"lines": first + (" ..." if unknown[_NAMED:] else ""), "rows": len(unknown)},
            todo="mend them and import the file again, or once their persons have landed; what is "
            "entered stays, and enters once",
        )  # fmt: skip


def _instant(session: Session, given: datetime | None) -> datetime | None:
    """A wall-clock time of the reporting zone as UTC."""
    if given is None:
        return None
    return given.replace(tzinfo=ZoneInfo(session.settings.reporting_timezone)).astimezone(UTC)
