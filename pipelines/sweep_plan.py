"""What retention would remove on a day: per rule, with what is held back. Nothing is changed.

Due is computed from the rows alone, so a day that was missed is caught up, and a row that a source
delivers again is due again. Privacy: pseudonyms and keys of rows; counts come out.

Source: GDPR Art. 5(1)(e), 17(3)(e).
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import duckdb
import polars as pl
import sqlalchemy as sa
from sqlalchemy import Connection

from pii_rules.models import Policy, SweepRule
from pipelines.common.entities import load_entities
from pipelines.rights.holds import Hold, list_holds
from pipelines.rights.requests import persons_asking
from pipelines.runs import Deployment
from pipelines.vault import schema
from pipelines.vault.bulk import select_in
from pipelines.vault.subjects import survivors
from pipelines.warehouse.connection import connect_warehouse, quote

Row = tuple[str, str]
"""Source and record_key."""
_ENDS: Final = ("period_end", "snapshot_date", "period_start")
"""Columns of sealed tables that say until when their newest period reaches, the surest first."""
_RECORDS: Final = "SELECT source, record_key FROM sealed_records WHERE record_blind IN ({values})"


@dataclass(frozen=True)
class RulePlan:
    """What one rule would remove: persons by id, or rows by key.

    ``held`` are due and stay: a hold keeps them, their person is restricted or, of persons, has a
    request for their data or erasure open, or figures that are not sealed yet need them.
    """

    rule: SweepRule
    action: str
    ground: str
    persons: tuple[int, ...] = ()
    rows: tuple[Row, ...] = ()
    held: int = 0

    @property
    def count(self) -> int:
        """Persons or rows that go."""
        return len(self.persons) or len(self.rows)

    def document(self) -> dict[str, Any]:
        """Counts and names of ours."""
        return {
            "rule": self.rule.name, "entity": self.rule.entity, "action": self.action,
            "what": "persons" if self.rule.persons else "rows", "count": self.count,
            "held": self.held, "ground": self.ground,
        }  # fmt: skip


class SweepPlan(NamedTuple):
    """All rules on a day, and which figures stand.

    Of ``kpi_`` tables, ``sealed_kpis`` keep their closed periods; ``open_kpis`` are computed from
    what is left.
    """

    as_of: datetime
    rules: tuple[RulePlan, ...]
    sealed_kpis: tuple[str, ...]
    open_kpis: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "as_of": self.as_of,
            "rules": [rule.document() for rule in self.rules],
            "kpis_with_sealed_periods": list(self.sealed_kpis),
            "kpis_computed_from_what_is_left": list(self.open_kpis),
        }


def plan_sweep(deployment: Deployment, as_of: datetime) -> SweepPlan:
    """Plan every rule of the policy. The caller holds the home's lock.

    Args:
        deployment: Open.
        as_of: The instant (UTC) at which something is due.
    """
    policy = deployment.policy
    if not deployment.home.warehouse.is_file():
        return SweepPlan(as_of, (), (), ())
    key = deployment.keyring.role_key("warehouse")
    with (
        closing(connect_warehouse(deployment.home, key, deployment.settings)) as duck,
        deployment.vault.read() as conn,
    ):
        holds = [h for h in list_holds(conn) if h.is_active(as_of.date())]
        here = {
            name
            for (name,) in duck.execute(
                "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'pseudo'"
            ).fetchall()
        }
        staying, asking = _staying(conn, holds), persons_asking(conn)
        rules = tuple(
            _plan_persons(duck, conn, policy, rule, holds, as_of, here, staying | asking)
            if rule.persons
            else _plan_rows(duck, conn, policy, rule, holds, as_of, here, staying)
            for rule in policy.sweeps.values()
            if rule.entity in here
        )
        return SweepPlan(as_of, rules, *_kpis(duck))


def cutoff_sql(policy: Policy, rule: SweepRule, start: str) -> str:
    """The instant at which a row falls due, as SQL over the column that starts its period."""
    months = policy.retention[rule.retention].period_months
    if rule.from_year_end:
        start = f"date_trunc('year', {start}) + INTERVAL 1 YEAR"
    return f"{start} + INTERVAL {months} MONTH + INTERVAL {rule.grace_days} DAY"


def _plan_rows(
    duck: duckdb.DuckDBPyConnection, conn: Connection, policy: Policy, rule: SweepRule,
    holds: Collection[Hold], as_of: datetime, here: Collection[str], staying: Collection[int],
) -> RulePlan:  # fmt: skip
    retention = policy.retention[rule.retention]
    starts = [quote(name.partition(".")[2]) for name in rule.starts]
    person = _person_sql(duck, rule.entity, here)
    due = f"greatest({', '.join(starts)})"
    linked = f"AND {person} IS NOT NULL" if retention.action == "unlink" else ""
    # rows go under `aggregate` once the figures that they are in stand without them
    sealed_until = _sealed_until(duck) if retention.action == "aggregate" else as_of
    rows = duck.execute(
        f"SELECT source, record_key, {person}, {due} < ? "
        f"FROM warehouse.pseudo.{quote(rule.entity)} AS swept "
        f"WHERE {cutoff_sql(policy, rule, due)} <= ? {linked}",
        [sealed_until, as_of],
    ).fetchall()
    found = [row[:3] for row in rows if row[3]]
    waiting = len(rows) - len(found)
    if any(_covers(h, rule) for h in holds):
        return RulePlan(rule, retention.action, retention.ground, held=len(rows))
    blinds = [h.record_blind for h in holds if h.record_blind and h.entity == rule.entity]
    kept = set(select_in(conn, _RECORDS, blinds))
    persons = _keys_of(conn, staying)
    going = tuple(
        sorted((s, k) for s, k, who in found if (s, k) not in kept and who not in persons)
    )
    return RulePlan(
        rule, retention.action, retention.ground, rows=going,
        held=waiting + len(found) - len(going),
    )  # fmt: skip


def _plan_persons(
    duck: duckdb.DuckDBPyConnection, conn: Connection, policy: Policy, rule: SweepRule,
    holds: Collection[Hold], as_of: datetime, here: Collection[str], staying: Collection[int],
) -> RulePlan:  # fmt: skip
    retention = policy.retention[rule.retention]
    parts, opens = [], []
    for name in rule.starts:
        entity, _, column = name.partition(".")
        if entity in here and "customer_key" in _columns(duck, entity):
            table = f"warehouse.pseudo.{quote(entity)}"
            parts.append(f"SELECT customer_key, {quote(column)} AS happened FROM {table}")
    for name in rule.unless:
        entity, _, column = name.partition(".")
        if entity in here:
            table = f"warehouse.pseudo.{quote(entity)}"
            opens.append(f"SELECT customer_key FROM {table} WHERE {quote(column)} IS NULL")
    last = duck.execute(
        "SELECT customer_key, max(happened) FROM "
        f"({' UNION ALL '.join(parts)}) WHERE customer_key IS NOT NULL GROUP BY customer_key"
    ).pl()
    busy = {k for sql in opens for (k,) in duck.execute(sql).fetchall()}
    ids = _subjects_of(conn, last["customer_key"].to_list())
    person = survivors(conn, ids.values())
    newest: dict[int, Any] = {}
    kept: set[int] = set()
    for who, at in last.iter_rows():
        if who in ids:
            one = person[ids[who]]
            if at is None:
                kept.add(one)  # nothing says when; a steward has to
            else:
                newest[one] = max(at, newest.get(one, at))
            if who in busy:
                kept.add(one)
    due = _due(duck, policy, rule, newest, as_of) - kept
    held_persons = due if any(_covers(h, rule) for h in holds) else due & {*staying}
    begun = set(conn.scalars(sa.select(schema.erasures.c.subject_id)))
    going = tuple(sorted(due - held_persons - begun))
    return RulePlan(rule, retention.action, retention.ground, persons=going, held=len(held_persons))


def _due(
    duck: duckdb.DuckDBPyConnection, policy: Policy, rule: SweepRule,
    newest: dict[int, Any], as_of: datetime,
) -> set[int]:  # fmt: skip
    if not newest:
        return set()
    frame = pl.DataFrame(
        list(newest.items()), schema={"person": pl.Int64, "happened": pl.Datetime("us", "UTC")},
        orient="row",
    )  # fmt: skip
    duck.register("newest", frame.to_arrow())
    sql = f"SELECT person FROM newest WHERE {cutoff_sql(policy, rule, 'happened')} <= ?"
    found = {p for (p,) in duck.execute(sql, [as_of]).fetchall()}
    duck.unregister("newest")
    return found


def _covers(hold: Hold, rule: SweepRule) -> bool:
    return hold.scope == "rule" and hold.rule in (rule.name, rule.entity, rule.retention)


def _columns(duck: duckdb.DuckDBPyConnection, entity: str) -> set[str]:
    assert entity in load_entities()
    return {
        name
        for (name,) in duck.execute(
            "SELECT column_name FROM duckdb_columns() "
            "WHERE schema_name = 'pseudo' AND table_name = ?",
            [entity],
        ).fetchall()
    }


def _subjects_of(conn: Connection, keys: Collection[str]) -> dict[str, int]:
    sql = (
        "SELECT subject_key, subject_id FROM subjects "
        "WHERE subject_key IN ({values}) AND state IN ('active', 'restricted', 'merged')"
    )
    return dict(select_in(conn, sql, keys))


def _staying(conn: Connection, holds: Collection[Hold]) -> set[int]:
    """Survivors of whom nothing goes: they are restricted, or they or somebody merged is held."""
    s = schema.subjects
    held = {h.subject_id for h in holds if h.subject_id is not None}
    restricted = conn.scalars(sa.select(s.c.subject_id).where(s.c.state == "restricted"))
    return set(survivors(conn, held).values()) | set(restricted)


def _keys_of(conn: Connection, persons: Collection[int]) -> set[str]:
    """Pseudonyms of persons and of everybody merged into them."""
    own = "SELECT subject_key FROM subjects WHERE subject_id IN ({values})"
    merged = "SELECT subject_id FROM subjects WHERE merged_into IN ({values})"
    found: set[str] = set()
    layer = set(persons)
    while layer:
        found |= {key for (key,) in select_in(conn, own, layer)}
        layer = {i for (i,) in select_in(conn, merged, layer)}
    return found


def _person_sql(duck: duckdb.DuckDBPyConnection, entity: str, here: Collection[str]) -> str:
    """Whose a row of ``swept`` is: by its own pseudonym, or by that of the ticket that it hangs on."""
    columns = _columns(duck, entity)
    if "customer_key" in columns:
        return "customer_key"
    for column, parent in load_entities()[entity].references.items():
        if column in columns and parent in here and "customer_key" in _columns(duck, parent):
            return (
                f"(SELECT any_value(p.customer_key) FROM warehouse.pseudo.{quote(parent)} p "
                f"WHERE p.record_key = swept.{quote(column)})"
            )
    return "NULL"


def _sealed_until(duck: duckdb.DuckDBPyConnection) -> datetime | None:
    """The end of the last period that every table of sealed figures has; None if one has none.

    What lies before it is in closed figures that no build works out again.
    """
    tables = duck.execute(
        "SELECT table_name, list(column_name) FROM duckdb_columns() "
        "WHERE database_name = 'warehouse' AND schema_name = 'sealed' GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    ends: list[datetime | None] = []
    for table, columns in tables:
        end = next((name for name in _ENDS if name in columns), None)
        if end is None:
            continue  # parameters of a model, no figures of a period
        row = duck.execute(
            f"SELECT max({quote(end)})::TIMESTAMPTZ FROM warehouse.sealed.{quote(table)}"
        ).fetchone()
        ends.append(row[0] if row else None)
    found = [end for end in ends if end is not None]
    return min(found) if found and len(found) == len(ends) else None


def _kpis(duck: duckdb.DuckDBPyConnection) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = duck.execute(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE schema_name IN ('marts', 'sealed')"
    ).fetchall()
    sealed = {t.removeprefix("sealed_") for s, t in names if s == "sealed"}
    figures = {t for s, t in names if s == "marts" and t.startswith("kpi_")} - {"kpi_definitions"}
    return tuple(sorted(figures & sealed)), tuple(sorted(figures - sealed))
