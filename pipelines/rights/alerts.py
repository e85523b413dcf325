"""What presses: deadlines that near or were missed, and a scheduler that keeps silent.

An alert carries a kind and the number of the request, nothing else, so that it can go through any
channel. It does not depend on the scheduler: ``klantkluis request alerts`` asks the same from cron.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, Literal, NamedTuple

import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.common.errors import FailedError
from pipelines.rights.package_files import withdrawn_since
from pipelines.rights.requests import list_requests
from pipelines.rights.steps import has_expired
from pipelines.vault import schema
from pipelines.vault.subjects import survivors

WARN_DAYS: Final = 7
SILENT_HOURS: Final = 26
"""A day and two hours: a scheduler that works looks every quarter of an hour."""
SCHEDULER: Final = "scheduler"
_h = schema.heartbeats

Kind = Literal[
    "overdue", "due_soon", "proof_expired", "subject_merged", "package_withdrawn",
    "not_carried_out", "scheduler_silent",
]  # fmt: skip
"""``subject_merged``: whoever asked stands for another by now, and a steward has to look at both.
``package_withdrawn``: a request is fulfilled and its package is no longer there to be handed over.
``not_carried_out``: what was ready could not be done in this round."""


class Alert(NamedTuple):
    """One thing that presses; ``request`` is empty for the scheduler."""

    kind: Kind
    request: str
    days_left: int | None = None


def pressing(conn: Connection, at: datetime, on: date, country: str) -> list[Alert]:
    """All that presses, the most urgent first.

    Args:
        conn: The vault.
        at: The instant, for the scheduler's silence.
        on: The day it is where deadlines count.
        country: Whose public holidays count.
    """
    found: list[Alert] = []
    requests = list_requests(conn)
    person = survivors(conn, {request.subject_id for request in requests})
    for request in requests:
        left = (request.due(on, country) - on).days
        if left < 0:
            found.append(Alert("overdue", request.number, left))
        elif has_expired(request, on):
            found.append(Alert("proof_expired", request.number, left))
        elif left <= WARN_DAYS:
            found.append(Alert("due_soon", request.number, left))
        if person[request.subject_id] != request.subject_id:
            found.append(Alert("subject_merged", request.number, left))
    found += [Alert("package_withdrawn", number) for number in withdrawn_since(conn, at)]
    if requests and is_silent(conn, at):
        found.append(Alert("scheduler_silent", ""))
    return sorted(found, key=lambda a: (a.days_left is None, a.days_left or 0, a.request))


def beat(conn: Connection, at: datetime) -> None:
    """Note that the scheduler lives."""
    known = conn.execute(sa.update(_h).where(_h.c.name == SCHEDULER).values(at=at))
    if not known.rowcount:
        conn.execute(sa.insert(_h).values(name=SCHEDULER, at=at))


def is_silent(conn: Connection, at: datetime) -> bool:
    """Whether the scheduler has not been heard for more than a day, or never."""
    last: datetime | None = conn.scalar(sa.select(_h.c.at).where(_h.c.name == SCHEDULER))
    return last is None or at - last > timedelta(hours=SILENT_HOURS)


def send(alerts: Iterable[Alert], command: Path | None) -> int:
    """Hand each alert to a program of the deployer: its kind and the number as two arguments.

    Raises:
        FailedError: The program cannot be run, or says that it failed.
    """
    sent = 0
    for alert in alerts if command is not None else ():
        try:
            done = subprocess.run(
                [str(command), alert.kind, alert.request],
                capture_output=True,
                timeout=60,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            done = None
        if done is None or done.returncode:
            raise FailedError(
                "the program that sends alerts failed", code="alert_failed",
                where={"request": alert.request or "-"}, todo="look at KLANTKLUIS_ALERT_COMMAND",
            )  # fmt: skip
        sent += 1
    return sent
