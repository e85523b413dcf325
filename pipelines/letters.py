"""The letter that fits the state of a request, with what it has to say, written into the outbox.

Privacy: numbers, grounds and dates; a letter names nobody.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.kept_persons import is_erased
from pipelines.packages.facts import load_controller
from pipelines.rights.letters import Letter, letter_of, write_letter
from pipelines.rights.others_told import Task, tasks_of
from pipelines.rights.requests import Request
from pipelines.vault import schema

if TYPE_CHECKING:
    from pipelines.runs import Deployment


def write_letter_of(deployment: Deployment, request: Request, letter: Letter | None = None) -> Path:
    """Write the letter that fits the state of a request into the outbox; returns the file."""
    with deployment.vault.read() as conn:
        return write_letter_in(conn, deployment, request, letter)


def write_letter_in(
    conn: Connection, deployment: Deployment, request: Request, letter: Letter | None = None
) -> Path:
    """As :func:`write_letter_of`, of a state that the caller's transaction has yet to commit."""
    k, r = schema.kept_records, schema.requests
    erased = request.right == "access" and is_erased(conn, request.subject_id)
    query = sa.select(k.c.ground, sa.func.max(k.c.keep_until)).group_by(k.c.ground)
    if erased:
        query = query.join(r, r.c.request_id == k.c.request_id)
        query = query.where(r.c.subject_id == request.subject_id)
    else:
        query = query.where(k.c.request_id == request.request_id)
    kept = conn.execute(query.order_by(k.c.ground)).all()
    tasks = tasks_of(conn, request.request_id)
    return write_letter(
        deployment.home.outbox,
        request,
        letter or letter_of(request),
        controller=load_controller(deployment.home.policy),
        country=deployment.settings.country,
        others_open=any(task.state == "open" for task in tasks),
        untold=[_named(task) for task in tasks if task.state == "impossible"],
        kept=[(row[0], row[1]) for row in kept],
        is_erased=erased,
    )


def _named(task: Task) -> tuple[str, str]:
    """What a system or recipient is, and its name; a list for mailings has a number only."""
    first, _, rest = task.target.partition(" ")
    if task.target_kind == "recipient" and first == "audience" and rest.isdigit():
        return "audience", rest
    return task.target_kind, task.target
