"""Counts what the privacy desk has to do, and brings it to the warehouse before each build.

Requests by right and state with their deadlines, holds, erasures, what is past its term, the
quarantine, texts with special categories. The caller holds the home's lock.

Privacy: counts and codes of ours; no person, no pseudonym, no number of a request.
"""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.rights.alerts import WARN_DAYS
from pipelines.rights.requests import list_requests
from pipelines.vault import schema
from pipelines.vault.text_flags import flag_counts
from pipelines.warehouse.desk_counts import DeskCount, write_desk_counts

if TYPE_CHECKING:
    from pipelines.runs import Deployment

Key = tuple[str, str, str]


def desk_counts(conn: Connection, at: datetime, on: date, country: str) -> list[DeskCount]:
    """All counts; what is zero is absent.

    Args:
        conn: The vault.
        at: The instant of the run.
        on: The day it is where deadlines count.
        country: Whose public holidays count.
    """
    found: Counter[Key] = Counter()
    for request in list_requests(conn, states=None):
        found["request", request.right, request.state] += 1
        if request.is_open:
            left = (request.due(on, country) - on).days
            deadline = "overdue" if left < 0 else "due_soon" if left <= WARN_DAYS else "in_time"
            found["deadline", request.right, deadline] += 1
    for flag in flag_counts(conn):
        found["special_category", flag["category"], ""] += flag["texts"]
    for key, query in _queries(at, on).items():
        found[key] += conn.scalar(query) or 0
    q = schema.quarantine_rows
    held = sa.select(q.c.rule, sa.func.count()).where(q.c.state == "held").group_by(q.c.rule)
    for rule, rows in conn.execute(held):
        found["quarantine", rule, "held"] += rows
    return [DeskCount(*key, count) for key, count in found.items() if count]


def _queries(at: datetime, on: date) -> dict[Key, sa.Select[tuple[int]]]:
    holds, erasures, kept = schema.holds, schema.erasures, schema.kept_records
    quarantine, packages, sweeps = schema.quarantine_rows, schema.packages, schema.retention_runs
    queue, tasks = schema.identity_queue, schema.outbound_tasks
    rows = {
        ("hold", "", "active"): (holds, holds.c.released_at.is_(None)),
        ("erasure", "", "under_way"): (erasures, erasures.c.state != "completed"),
        ("erasure", "", "certified"): (erasures, erasures.c.certificate.is_not(None)),
        ("sweep", "", "certified"): (sweeps, sweeps.c.certificate.is_not(None)),
        ("retention_due", "kept_records", ""): (kept, kept.c.keep_until < on),
        ("retention_due", "quarantine", ""): (
            quarantine, sa.and_(quarantine.c.state == "held", quarantine.c.expires_at < at),
        ),
        ("retention_due", "packages", ""): (
            packages,
            sa.and_(packages.c.state.in_(("draft", "released")), packages.c.expires_at < at),
        ),
        ("others_told", "", "open"): (tasks, tasks.c.state == "open"),
        ("same_person", "", "open"): (queue, queue.c.state == "open"),
    }  # fmt: skip
    return {
        key: sa.select(sa.func.count()).select_from(table).where(condition)
        for key, (table, condition) in rows.items()
    }


def bring_desk_counts(deployment: Deployment, at: datetime) -> bool:
    """Write the vault's counts into the warehouse; returns whether anything changed."""
    if not deployment.home.warehouse.is_file():
        return False
    from pipelines.warehouse.connection import connect_warehouse
    from pipelines.warehouse.pseudo import create_relations

    settings = deployment.settings
    on = at.astimezone(ZoneInfo(settings.reporting_timezone)).date()
    with deployment.vault.read() as conn:
        counts = desk_counts(conn, at, on, settings.country)
    key = deployment.keyring.role_key("warehouse")
    with closing(connect_warehouse(deployment.home, key, settings)) as connection:
        create_relations(connection, deployment.policy)
        return write_desk_counts(connection, counts)
