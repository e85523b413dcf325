"""Who withdrew all and has nothing running is due for erasure; closed periods are restated on record."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from pipelines.common.errors import UsageError
from pipelines.jobs import run_pipeline
from pipelines.restatement import Restatement
from pipelines.rights.consent import set_consent
from pipelines.rights.erasure import unfinished_erasures
from pipelines.vault import audit, schema
from pipelines.without_basis import persons_without_basis, queue_without_basis
from tests.privacy.test_restriction_and_merge import query
from tests.support.demo import AS_OF, Demo

LASTING = ("orders", "subscriptions", "tickets", "interactions", "surveys")
SEALED = (
    "select period_grain, period_start, version, reason from sealed.sealed_kpi_sales_monthly "
    "where version > 1 order by all"
)


def say(demo: Demo, key: str, status: str, days_ago: int) -> None:
    with demo.deploy() as deployment:
        with deployment.vault.read() as conn:
            s = schema.subjects
            person = conn.scalar(sa.select(s.c.subject_id).where(s.c.subject_key == key))
        for purpose in ("marketing", "tracking"):
            at = AS_OF - timedelta(days=days_ago)
            word = {"purpose": purpose, "status": status, "occurred_at": at}
            set_consent(deployment.vault, int(person or 0), deployment.policy, word)


def due(demo: Demo) -> dict[str, int]:
    with demo.deploy() as deployment:
        found = persons_without_basis(deployment, AS_OF)
    return {p.customer_key: (AS_OF - p.since).days for p in found}


def test_person_is_due_when_the_last_basis_falls_away_and_only_then(own_demo: Demo) -> None:
    union = " union ".join(f"select customer_key from pseudo.{name}" for name in LASTING)
    lasting = f"(select customer_key from ({union}) where customer_key is not null)"
    order = f"select distinct customer_key from pseudo.contacts where customer_key {{}} in {lasting} order by 1"
    idle = [k for (k,) in query(own_demo, order.format("not"))]
    busy = [k for (k,) in query(own_demo, order.format(""))]
    assert len(idle) >= 2
    say(own_demo, busy[0], "withdrawn", 3)
    say(own_demo, idle[0], "given", 5)
    say(own_demo, idle[1], "withdrawn", 4)
    found = due(own_demo)
    assert found[idle[1]] == 4
    assert not {busy[0], idle[0]} & found.keys()
    say(own_demo, idle[0], "withdrawn", 1)
    assert due(own_demo) == found | {idle[0]: 1}
    with own_demo.deploy() as deployment:
        assert queue_without_basis(deployment, AS_OF) == len(found) + 1
        with deployment.vault.read() as conn:
            assert {r for _, r in unfinished_erasures(conn)} == {"no_basis"}
    assert due(own_demo) == {}, "who is queued is due no more"


def test_restatement_is_a_version_of_the_periods_that_were_named_and_no_others(
    own_demo: Demo,
) -> None:
    with pytest.raises(UsageError, match="before it ends"):
        Restatement(date(2026, 4, 1), date(2026, 4, 1), "credit notes")
    with pytest.raises(UsageError, match="letters"):
        Restatement(date(2026, 3, 1), date(2026, 4, 1), "it's '; drop")
    wanted = Restatement(date(2026, 3, 1), date(2026, 4, 1), "credit notes of March")
    run_pipeline(own_demo.settings, as_of=AS_OF, restatement=wanted)
    versions = query(own_demo, SEALED)
    assert ("month", date(2026, 3, 1), 2, "credit notes of March") in versions
    assert {(start, version) for _, start, version, _ in versions} == {(date(2026, 3, 1), 2)}
    with own_demo.deploy() as deployment, deployment.vault.read() as conn:
        assert audit.verify(conn, deployment.vault).is_intact
        a = schema.audit_entries
        told = conn.scalar(sa.select(sa.func.count()).where(a.c.action == "periods_restated"))
    assert told == 1
