"""Applies retention: deletes or unlinks what is due, queues persons, and certifies each run.

The plan is noted before anything goes, so that a run that a kill cut short is finished and
certified with what it set out to do. The next run of the pipeline erases the persons, builds and
publishes without what went.

Privacy: pseudonyms and keys of rows; the certificate has counts only. Source: GDPR Art. 5(1)(e), 5(2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson
import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.backups.catalogue import prune
from pipelines.common.clock import now
from pipelines.packages.release import expire_packages
from pipelines.retention import sweep_quarantine
from pipelines.rights.audience_files import expire_audiences
from pipelines.rights.certificates import retention_certificate_name
from pipelines.rights.erasure import RETENTION, queue_erasures
from pipelines.runs import Deployment
from pipelines.sweep_plan import RulePlan, SweepPlan, plan_sweep
from pipelines.vault import audit, schema
from pipelines.vault.bulk import allocate, select_in
from pipelines.vault.files import replace_private
from pipelines.vault.records import delete_records
from pipelines.warehouse.compaction import compact_warehouse
from pipelines.warehouse.connection import connect_warehouse, quote
from pipelines.warehouse.pseudo import forget_undo

_SEALED: Final = (
    "SELECT record_id, source, record_key, key_id, subject_id, account_subject_id "
    "FROM sealed_records WHERE record_key IN ({values}) AND entity = {mark}"
)


class Swept(NamedTuple):
    """What a run removed; ``certificate`` is None when nothing was due."""

    plan: SweepPlan
    certificate: str | None
    outbox_files: int
    quarantined_rows: int
    backups: int

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            **self.plan.document(), "certificate": self.certificate,
            "outbox_files": self.outbox_files, "quarantined_rows": self.quarantined_rows,
            "backups": self.backups,
        }  # fmt: skip


def apply_sweep(deployment: Deployment, as_of: datetime, *, actor: str = "retention") -> Swept:
    """Remove all that is due. The caller holds the home's lock.

    Args:
        deployment: Open.
        as_of: The instant (UTC).
        actor: Who does it, a role.

    Returns:
        The plan that was carried out, and what else expired.

    Raises:
        StorageError: No space; called again it goes on.
    """
    home, vault = deployment.home, deployment.vault
    plan = plan_sweep(deployment, as_of)
    due = [rule for rule in plan.rules if rule.count]
    run_id = _begin(deployment, plan, due)
    for rule in due:
        if rule.rule.persons:
            queue_erasures(vault, rule.persons, RETENTION)
        else:
            _forget_sealed(deployment, rule)
            _forget_facts(deployment, rule)
    certificate = _certify(deployment, run_id, actor) if run_id else None
    if certificate and any(not rule.rule.persons for rule in due):
        vault.checkpoint()
        key = deployment.keyring.role_key("warehouse")
        compact_warehouse(home, key, deployment.settings)
    return Swept(
        plan,
        certificate,
        expire_audiences(home, vault, as_of) + expire_packages(vault, home, as_of),
        sweep_quarantine(vault, as_of),
        prune(home, as_of, deployment.settings.backup_days),
    )


def _begin(deployment: Deployment, plan: SweepPlan, due: Sequence[RulePlan]) -> int | None:
    """Note what the run sets out to do; one that was cut short is finished first by number."""
    t = schema.retention_runs
    with deployment.vault.begin() as conn:
        unfinished = conn.scalar(sa.select(t.c.retention_run_id).where(t.c.finished_at.is_(None)))
        if unfinished is not None or not due:
            return unfinished
        (run_id,) = allocate(conn, "retention_runs", 1)
        told = [{k: v for k, v in rule.document().items() if k != "ground"} for rule in due]
        content = orjson.dumps({"run": run_id, "as_of": plan.as_of, "rules": told}).decode()
        conn.execute(
            sa.insert(t).values(retention_run_id=run_id, as_of=plan.as_of, certificate=content)
        )
    return int(run_id)


def _forget_sealed(deployment: Deployment, rule: RulePlan) -> None:
    """Delete sealed copies; the key of a row that is its own owner goes with it."""
    vault = deployment.vault
    wanted = set(rule.rows)
    with vault.begin() as conn:
        keys = sorted({key for _, key in wanted})
        found = [r for r in select_in(conn, _SEALED, keys, rule.rule.entity) if r[1:3] in wanted]
        own = _keys_of_their_own(conn, found)
        delete_records(conn, [r[0] for r in found])
    vault.data_keys.destroy(own)


def _keys_of_their_own(conn: Connection, found: Sequence[tuple[Any, ...]]) -> list[int]:
    alone = {r[3] for r in found if r[4] is None and r[5] is None}
    taken = {
        k
        for (k,) in select_in(
            conn, "SELECT key_id FROM subjects WHERE key_id IN ({values})", alone
        )
    }  # fmt: skip
    return sorted(alone - taken)


def _forget_facts(deployment: Deployment, rule: RulePlan) -> None:
    if not rule.rows:
        return
    key = deployment.keyring.role_key("warehouse")
    table = f"warehouse.pseudo.{quote(rule.rule.entity)}"
    doomed = pl.DataFrame(list(rule.rows), schema=["source", "record_key"], orient="row")
    with closing(connect_warehouse(deployment.home, key, deployment.settings)) as duck:
        duck.register("doomed", doomed.to_arrow())
        which = "(source, record_key) IN (SELECT (source, record_key) FROM doomed)"
        duck.execute("BEGIN")
        if rule.action in ("delete", "aggregate"):
            duck.execute(f"DELETE FROM {table} WHERE {which}")
        else:
            duck.execute(f"UPDATE {table} SET customer_key = NULL WHERE {which}")
        forget_undo(duck)
        duck.execute("COMMIT")


def _certify(deployment: Deployment, run_id: int, actor: str) -> str:
    """Close the run with a certificate that is chained to the one before."""
    t, vault = schema.retention_runs, deployment.vault
    with vault.begin() as conn:
        row = conn.execute(sa.select(t).where(t.c.retention_run_id == run_id)).one()
        previous = conn.scalar(
            sa.select(t.c.digest)
            .where(t.c.finished_at.is_not(None))
            .order_by(t.c.retention_run_id.desc())
            .limit(1)
        )
        content = {**orjson.loads(row.certificate), "finished_at": now(), "previous": previous}
        text = orjson.dumps(content, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)
        digest = hashlib.sha256(text).hexdigest()
        conn.execute(
            sa.update(t)
            .where(t.c.retention_run_id == run_id)
            .values(
                finished_at=now(), certificate=text.decode(), previous_digest=previous,
                digest=digest,
            )
        )  # fmt: skip
        audit.append(
            conn, vault, actor=actor, action="retention_applied",
            payload={"run": run_id, "digest": digest, "rules": content["rules"]},
        )  # fmt: skip
    name = retention_certificate_name(run_id)
    deployment.home.reports.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_private(deployment.home.reports / name, text)
    return name
