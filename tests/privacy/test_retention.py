"""What is kept too long goes, what is held stays, and closed periods keep their figures."""

from __future__ import annotations

import hashlib
from contextlib import closing
from datetime import UTC, datetime

import orjson
import pytest
import sqlalchemy as sa

from pipelines.rights.holds import hold_person, hold_rule, release_hold
from pipelines.runs import needs_run
from pipelines.sweep_plan import plan_sweep
from pipelines.sweeps import apply_sweep
from pipelines.vault import audit, schema
from pipelines.warehouse.connection import connect_warehouse
from tests.privacy.test_past_keeps_its_figures import query
from tests.support.demo import Demo

LATER = datetime(2028, 11, 20, 6, tzinfo=UTC)
CLOSED = (
    "select k.* from marts.kpi_sales_monthly k "
    "semi join sealed.sealed_kpi_sales_monthly s using (period_grain, period_start) order by all"
)

# campaigns close after everything else, so that their seal is the last to reach a row
SEALED = (
    "select count(*) from pseudo.interactions where occurred_at < "
    "(select max(period_end) from sealed.sealed_kpi_campaign_monthly)"
)


def counts(demo: Demo, at: datetime = LATER) -> dict[str, tuple[int, int]]:
    with demo.deploy() as deployment:
        plan = plan_sweep(deployment, at)
    return {rule.rule.name: (rule.count, rule.held) for rule in plan.rules}


def test_sweep_removes_what_is_due_and_closed_periods_stand(own_demo: Demo) -> None:
    due = counts(own_demo)
    assert due["interactions"][0] > 10
    assert due["customers"][0] > 10
    assert due["campaign_events"][0] > 10
    closed = query(own_demo, CLOSED)
    assert len(closed) > 12
    linked = "select count(*) from pseudo.campaign_events where customer_key is not null"
    before = query(own_demo, "select count(*) from pseudo.interactions"), query(own_demo, linked)
    with own_demo.deploy() as deployment:
        done = apply_sweep(deployment, LATER)
        assert needs_run(deployment, LATER)
        with deployment.vault.read() as conn:
            assert audit.verify(conn, deployment.vault).is_intact
            (run,) = conn.execute(sa.select(schema.retention_runs))
    text = (own_demo.home.reports / str(done.certificate)).read_bytes()
    assert hashlib.sha256(text).hexdigest() == run.digest
    told = {rule["rule"]: rule["count"] for rule in orjson.loads(text)["rules"]}
    assert told == {name: count for name, (count, _) in due.items() if count}
    after = query(own_demo, "select count(*) from pseudo.interactions"), query(own_demo, linked)
    assert before[0][0][0] - after[0][0][0] == due["interactions"][0]
    assert before[1][0][0] - after[1][0][0] == due["campaign_events"][0]
    own_demo.run(as_of=LATER)
    assert query(own_demo, CLOSED)[: len(closed)] == closed or set(closed) <= set(
        query(own_demo, CLOSED)
    )
    assert {n: c for n, (c, _) in counts(own_demo).items() if c} == {}


def test_hold_keeps_and_its_release_lets_go(own_demo: Demo) -> None:
    free = counts(own_demo)
    with own_demo.deploy() as deployment:
        vault = deployment.vault
        plan = plan_sweep(deployment, LATER)
        (person, *_) = next(r.persons for r in plan.rules if r.rule.persons)
        with vault.begin() as conn:
            one = hold_person(conn, vault, person, "case-1")
            two = hold_rule(conn, vault, "interaction", deployment.policy, "case-2")
    held = counts(own_demo)
    assert held["customers"] == (free["customers"][0] - 1, 1)
    assert held["interactions"] == (0, free["interactions"][0])
    with own_demo.deploy() as deployment, deployment.vault.begin() as conn:
        for hold in (one, two):
            release_hold(conn, deployment.vault, hold.number)
    assert counts(own_demo) == free


def test_sweep_that_was_killed_is_finished_and_certified(
    own_demo: Demo, monkeypatch: pytest.MonkeyPatch
) -> None:
    class KilledError(BaseException):
        pass

    def kill(*_: object) -> None:
        raise KilledError

    planned = counts(own_demo)
    with monkeypatch.context() as patch, own_demo.deploy() as deployment:
        patch.setattr("pipelines.sweeps._forget_facts", kill)
        with pytest.raises(KilledError):
            apply_sweep(deployment, LATER)
    with own_demo.deploy() as deployment:
        done = apply_sweep(deployment, LATER)
    told = orjson.loads((own_demo.home.reports / str(done.certificate)).read_bytes())["rules"]
    assert {r["rule"]: r["count"] for r in told} == {n: c for n, (c, _) in planned.items() if c}
    with own_demo.deploy() as deployment:
        assert apply_sweep(deployment, LATER).certificate is None


def test_nothing_is_due_before_its_time(demo: Demo, own_demo: Demo) -> None:
    young = counts(own_demo, datetime(2020, 1, 1, tzinfo=UTC))
    assert set(young.values()) == {(0, 0)}


def test_rows_that_live_on_in_sealed_figures_go_only_once_these_are_sealed(own_demo: Demo) -> None:
    (due, _) = counts(own_demo)["interactions"]
    closed = query(own_demo, CLOSED)
    ((sealed,),) = query(own_demo, SEALED)
    waiting = due - sealed
    assert min(sealed, waiting) > 10
    with own_demo.deploy() as deployment:
        rules = deployment.policy.retention
        kept_as_figures = rules["interaction"].model_copy(update={"action": "aggregate"})
        changed = {"retention": rules | {"interaction": kept_as_figures}}
        deployment.__dict__["policy"] = deployment.policy.model_copy(update=changed)
        before = next(
            r for r in plan_sweep(deployment, LATER).rules if r.rule.name == "interactions"
        )
        assert (before.action, before.count, before.held) == ("aggregate", sealed, waiting)
        apply_sweep(deployment, LATER)
        rest = next(r for r in plan_sweep(deployment, LATER).rules if r.rule.name == "interactions")
        assert (rest.count, rest.held) == (0, waiting)
        key = deployment.keyring.role_key("warehouse")
        with closing(connect_warehouse(own_demo.home, key, own_demo.settings)) as duck:
            duck.execute("delete from warehouse.sealed.sealed_kpi_leads_monthly")
        later = LATER.replace(year=2030)
        none = next(r for r in plan_sweep(deployment, later).rules if r.rule.name == "interactions")
        assert (none.count, none.held > 10) == (0, True)
    assert query(own_demo, CLOSED) == closed
