"""What stands in each zone of a home, in counts; ``status`` shows it.

Privacy: names of ours, counts, instants. A zone that cannot be opened now says so with the code
of the fault and its sentence, and the others are told all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from typing import Any

import sqlalchemy as sa

from pipelines.cli.session import Session
from pipelines.cli.stores import open_vault, published, role_key
from pipelines.common.errors import KlantkluisError

LAST_RUNS = 5

Zone = dict[str, Any]


def zones(session: Session) -> dict[str, Zone]:
    """An object per zone, in the order in which data passes.

    Args:
        session: With an existing home.

    Raises:
        KlantkluisError: The vault cannot be opened.
    """
    with open_vault(session) as vault, vault.read() as connection:
        return {
            "landing": _landing(session, connection),
            "quarantine": _quarantine(connection),
            "vault": _vault(connection),
            "texts": _texts(connection),
            "warehouse": _or_code(_warehouse, session),
            "publication": _or_code(_publication, session),
            "runs": _runs(connection),
            "requests": _requests(session, connection),
        }


def _or_code(zone: Callable[[Session], Zone], session: Session) -> Zone:
    try:
        return zone(session)
    except KlantkluisError as error:
        return {"state": error.code, "sentence": session.texts.error(error)}


def _landing(session: Session, connection: sa.Connection) -> Zone:
    from pipelines.landing.sources import SHIPPED_SOURCES, load_sources, match_files
    from pipelines.vault.schema import batch_counts, batches

    summed = ("landed", "unchanged", "quarantined", "suppressed")
    rows = connection.execute(
        sa.select(
            batches.c.source,
            sa.func.count(sa.distinct(batches.c.batch_id)).label("batches"),
            *(sa.func.sum(batch_counts.c[name]).label(name) for name in summed),
        )
        .select_from(batches.outerjoin(batch_counts, batches.c.batch_id == batch_counts.c.batch_id))
        .group_by(batches.c.source)
        .order_by(batches.c.source)
    ).mappings()
    waiting = sum(
        len(match_files(source, session.home.inbox / name))
        for name, source in load_sources([SHIPPED_SOURCES, session.home.sources]).items()
    )
    sources = [{name: _whole(value) for name, value in row.items()} for row in rows]
    return {"waiting": waiting, "sources": sources}


def _whole(value: Any) -> Any:
    """Sums come as decimals from some databases, and as None without rows."""
    return value if isinstance(value, str) else int(value or 0)


def _quarantine(connection: sa.Connection) -> Zone:
    from pipelines.vault.schema import quarantine_rows as t

    held = sa.select(t.c.entity, t.c.rule, sa.func.count().label("rows"))
    grouped = held.where(t.c.state == "held").group_by(t.c.entity, t.c.rule)
    rules = [dict(row) for row in connection.execute(grouped.order_by(sa.desc("rows"))).mappings()]
    return {"rows": sum(row["rows"] for row in rules), "rules": rules}


def _vault(connection: sa.Connection) -> Zone:
    from pipelines.vault.schema import identity_queue, sealed_records, subjects

    kinds = sa.select(subjects.c.kind, sa.func.count()).where(
        subjects.c.state.in_(("active", "restricted"))
    )
    found = connection.execute(kinds.group_by(subjects.c.kind).order_by(subjects.c.kind))
    open_pairs = sa.select(sa.func.count()).where(identity_queue.c.state == "open")
    return {
        "records": connection.scalar(sa.select(sa.func.count()).select_from(sealed_records)),
        "identity_queue": connection.scalar(open_pairs),
        "subjects": [{"kind": kind, "count": count} for kind, count in found],
    }


def _texts(connection: sa.Connection) -> Zone:
    """What texts may hold, counted by category, and columns that began to hold something else."""
    from pipelines.vault.column_profiles import column_changes
    from pipelines.vault.text_flags import flag_counts

    texts: Counter[str] = Counter()
    for row in flag_counts(connection):
        texts[row["category"]] += row["texts"]
    return {
        "flagged": [{"category": name, "texts": n} for name, n in sorted(texts.items())],
        "changed_columns": column_changes(connection),
    }


def _warehouse(session: Session) -> Zone:
    from pipelines.role_keys import refuse_wrong_keys
    from pipelines.warehouse.connection import connect_warehouse

    refuse_wrong_keys(session.home, session.settings, ("warehouse",))
    key = role_key(session, "warehouse")
    with closing(
        connect_warehouse(session.home, key, session.settings, read_only=True)
    ) as connection:
        rows = connection.execute(
            "select table_name, estimated_size from duckdb_tables() "
            "where database_name = 'warehouse' and schema_name = 'pseudo' and estimated_size > 0 "
            "order by all"
        ).fetchall()
    return {"tables": [{"table": f"pseudo.{table}", "rows": count} for table, count in rows]}


def _publication(session: Session) -> Zone:
    from pipelines.role_keys import refuse_wrong_keys

    refuse_wrong_keys(session.home, session.settings, ("analyst", "dashboards"))
    with closing(published(session)) as connection:
        tables = connection.execute(
            "select table_name, estimated_size from duckdb_tables() "
            "where schema_name = 'marts' order by all"
        ).fetchall()
        names = [table for table, _ in tables]
        said: dict[str, Any] = {}
        if "metadata" in names:
            cursor = connection.execute("from marts.metadata limit 1")
            columns = [column[0] for column in cursor.description or ()]
            said = dict(zip(columns, cursor.fetchone() or (), strict=False))
    return {
        **{name: said[name] for name in ("published_at", "run_id", "as_of") if name in said},
        "tables": [{"table": f"marts.{table}", "rows": count} for table, count in tables],
    }


def _requests(session: Session, connection: sa.Connection) -> Zone:
    """Open requests with their deadlines, and what presses; numbers only."""
    from pipelines.cli.request import today
    from pipelines.common.clock import now
    from pipelines.rights.alerts import pressing
    from pipelines.rights.requests import list_requests

    on, country = today(session), session.settings.country
    found = [
        {"request": r.number, "right": r.right, "state": r.state, "due_on": r.due(on, country)}
        for r in list_requests(connection)
    ]
    alerts = [
        {"kind": a.kind, "request": a.request, "days_left": a.days_left}
        for a in pressing(connection, now(), on, country)
    ]
    return {"open": len(found), "requests": found, "alerts": alerts}


def _runs(connection: sa.Connection) -> Zone:
    from pipelines.vault.schema import runs as t

    newest = sa.select(t.c.run_id, t.c.state, t.c.started_at, t.c.finished_at, t.c.as_of)
    rows = connection.execute(newest.order_by(t.c.started_at.desc()).limit(LAST_RUNS)).mappings()
    return {"runs": [dict(row) for row in rows]}
