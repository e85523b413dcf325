"""The vault on PostgreSQL: land, run, say no, rotate every key, erase, import again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pipelines.backups.create import create_backup
from pipelines.common.errors import BusyError, UsageError
from pipelines.common.settings import Home, Settings
from pipelines.fulfilment import fulfil_requests
from pipelines.jobs import run_erasures
from pipelines.rights import holds
from pipelines.rights.consent import history, set_consent
from pipelines.rights.requests import NewRequest, advance, load_request, open_request
from pipelines.rotation import rotate_keys
from pipelines.runs import Deployment
from pipelines.sample import write_sample
from pipelines.vault import audit, engines, schema
from pipelines.vault.suppression import missing_suppressions
from tests.support import postgresql
from tests.support.context import approve_all
from tests.support.demo import AS_OF, SEED, Demo
from tests.support.stores import duckdb_relations, stores_of

WHY_NOT = postgresql.why_not()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=str(WHY_NOT))


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    with postgresql.server() as url:
        settings = Settings(home=tmp_path / "home", vault_url=url, workers=1)
        with Deployment.create(settings) as deployment:
            approve_all(deployment.home)
        write_sample(tmp_path / "sample", 0.03, SEED)
        made = Demo(settings, Home.of(settings), tmp_path / "sample")
        made.deliver()
        made.run()
        yield made


def busiest(deployment: Deployment) -> tuple[int, str, list[tuple[str, bytes]]]:
    """A person with texts, their pseudonym, and their blind e-mails."""
    s, r, i = schema.subjects.c, schema.sealed_records, schema.identifiers.c
    with deployment.vault.read() as conn:
        person = conn.execute(
            sa.select(s.subject_id, s.subject_key)
            .join(r, r.c.subject_id == s.subject_id)
            .where(s.kind == "contact", s.state == "active")
            .group_by(s.subject_id, s.subject_key)
            .order_by(sa.func.count().desc(), s.subject_id)
        ).first()
        assert person is not None
        pairs = sa.select(i.kind, i.blind).where(i.subject_id == person[0], i.kind == "email")
        return person[0], person[1], [(k, bytes(b)) for k, b in conn.execute(pairs)]


def bearing(demo: Demo, key: str) -> dict[str, int]:
    """Rows of all DuckDB files in which a pseudonym stands."""
    found: dict[str, int] = {}
    for path, secret in stores_of(demo.home):
        for table, _, rows in duckdb_relations(path, secret, demo.home.spill):
            if count := sum(key in map(str, row) for row in rows):
                found[f"{path.name}:{table}"] = count
    return found


def counts(demo: Demo) -> dict[str, Any]:
    with demo.deploy() as deployment, deployment.vault.read() as conn:
        assert audit.verify(conn, deployment.vault).is_intact
        assert missing_suppressions(conn, deployment.vault) == 0
        return {
            t.name: conn.scalar(sa.select(sa.func.count()).select_from(t))
            for t in (schema.subjects, schema.sealed_records, schema.identifiers)
        }


def test_vault_on_postgresql_lands_rotates_erases_and_brings_back_nobody(demo: Demo) -> None:
    with demo.deploy() as deployment:
        person, key, emails = busiest(deployment)
        assert emails
        said = {"purpose": "marketing", "status": "objected", "occurred_at": AS_OF}
        set_consent(deployment.vault, person, deployment.policy, said)
        with pytest.raises(UsageError, match="PostgreSQL"):
            create_backup(deployment)
    assert bearing(demo, key)
    before = counts(demo)
    rotate_keys(demo.settings, ())
    assert counts(demo) == before
    with demo.deploy() as deployment:
        with deployment.vault.read() as conn:
            assert [w["status"] for w in history(conn, person)][-1] == "objected"
        with deployment.vault.begin() as conn:
            hold = holds.hold_person(conn, deployment.vault, person, "2026/9")
            request = open_request(
                conn, deployment.vault, NewRequest("erasure", person, AS_OF.date())
            )
            number = advance(conn, deployment.vault, request, "verify").number
        fulfil_requests(deployment, [number])
    assert run_erasures(demo.settings, as_of=AS_OF).erased_persons == 1
    assert bearing(demo, key) == {}
    with demo.deploy() as deployment:
        with deployment.vault.begin():
            deployment.vault.data_keys.create(2)  # as a kill leaves them
        assert deployment.vault.purge_orphans() == 2
    with demo.deploy() as deployment, deployment.vault.read() as conn:
        assert load_request(conn, number).state == "partly_fulfilled"
        assert holds.list_holds(conn)[0].number == hold.number
        assert conn.scalar(
            sa.select(sa.func.count()).where(schema.identifiers.c.subject_id == person)
        ) == 0  # fmt: skip
    after = counts(demo)
    demo.deliver()
    demo.reread()
    demo.run()
    assert counts(demo) == after
    rotate_keys(demo.settings, ("index",))
    demo.deliver()
    demo.reread()
    demo.run()
    assert counts(demo) == after


def test_one_writes_to_postgresql_at_a_time_and_readers_look_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engines, "BUSY_SECONDS", 1)
    with postgresql.server() as url:
        first, second = engines.url_engine(url), engines.url_engine(url)
        with engines.transaction(first, "vault") as conn:
            conn.exec_driver_sql("CREATE TABLE t AS SELECT 1 AS x")
            with engines.transaction(second, "vault", reading=True) as other:
                assert other.exec_driver_sql("SELECT to_regclass('t')").scalar() is None
            with pytest.raises(BusyError), engines.transaction(second, "vault"):
                pass
        with engines.transaction(second, "vault") as other:
            assert other.exec_driver_sql("SELECT x FROM t").scalar_one() == 1
        first.dispose()
        second.dispose()
