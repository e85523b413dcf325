"""Counts what the privacy desk has to do, and brings it to the warehouse before each build.

Requests by right and state with their deadlines, holds, erasures, what is past its term, the
quarantine, what detection found in columns and texts, certificates. The caller holds the home's
lock.

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
from pipelines.vault.column_profiles import ALL_VALUES
from pipelines.vault.text_flags import flag_counts
from pipelines.warehouse.desk_counts import DeskCount, write_desk_counts

if TYPE_CHECKING:
    from pipelines.runs import Deployment

Key = tuple[str, str, str]
LATELY = 30
"""Days within which a certificate is a late one."""
_FOUND_IN_COLUMNS = (
    sa.select(schema.column_profiles.c.kind, sa.func.sum(schema.column_profiles.c.value_count))
    .where(schema.column_profiles.c.kind != ALL_VALUES)
    .group_by(schema.column_profiles.c.kind)
    .order_by(schema.column_profiles.c.kind)
)


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
    for kind, values in conn.execute(_FOUND_IN_COLUMNS):
        found["detection", kind, "values_found"] += values
    found.update(_certificates(conn, at))
    return [DeskCount(*key, n) for key, n in found.items() if n or key[2] == "days_since"]


def _certificates(conn: Connection, at: datetime) -> Counter[Key]:
    """How many were written, lately too, and how many days ago the newest was."""
    erasures, sweeps = schema.erasures, schema.retention_runs
    found: Counter[Key] = Counter()
    for item, written, certificate in (
        ("erasure", erasures.c.completed_at, erasures.c.certificate),
        ("sweep", sweeps.c.finished_at, sweeps.c.certificate),
    ):
        certified = sa.select(written).where(certificate.is_not(None), written.is_not(None))
        days = sorted((at - instant).days for instant in conn.scalars(certified))
        if days:
            found["certificate", item, "certified"] = len(days)
            found["certificate", item, "last_30_days"] = sum(day < LATELY for day in days)
            found["certificate", item, "days_since"] = max(days[0], 0)
    return found


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
        ("detection", "", "columns_changed"): (schema.column_changes, sa.true()),
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
