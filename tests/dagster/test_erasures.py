"""The erasure job: everybody who is queued, one run over all buckets, finished after a kill."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from pipelines.common.errors import KlantkluisError
from pipelines.jobs import run_erasures
from pipelines.rights.erasure import queue_erasures, unfinished_erasures
from pipelines.runs import Deployment, needs_run
from pipelines.vault import schema
from tests.dagster.test_runs import (
    AS_OF,
    CONTACTS,
    MARKER,
    files_with,
    pipeline,
    standing_in,
    step_by_step,
)
from tests.support.context import Context, WordDetector

pytestmark = pytest.mark.usefixtures("parsed")

TWO = CONTACTS + "2,Eva Bakker,eva.bakker@voorbeeld.nl,\n"


@pytest.fixture
def landed(deployed: Context, monkeypatch: pytest.MonkeyPatch) -> Context:
    """Two persons landed and published."""
    monkeypatch.setattr("pipelines.warehouse.dbt.build", standing_in(deployed))
    deployed.deliver("contacts.csv", TWO)
    step_by_step(deployed)
    return deployed


def queue_first(context: Context, request: str = "7") -> tuple[int, str]:
    """Queue one of the persons; (subject_id, subject_key)."""
    t = schema.subjects
    with Deployment.open(context.settings) as deployment:
        with deployment.vault.read() as vault:
            row = vault.execute(
                sa.select(t.c.subject_id, t.c.subject_key).where(t.c.kind == "contact")
            ).first()
        assert row is not None
        assert queue_erasures(deployment.vault, [row.subject_id], request) == 1
        assert needs_run(deployment, AS_OF)
    return row.subject_id, row.subject_key


def erase(context: Context) -> Any:
    from pipelines.batches.context import Tools

    tools = Tools(context.settings, WordDetector())
    return run_erasures(context.settings, request="7", as_of=AS_OF, tools=tools)


def state_of(context: Context) -> tuple[int, list[str], int]:
    """Erasures without completion, kinds of ledger entries but audit heads, contact rows left."""
    with Deployment.open(context.settings) as deployment:
        with deployment.vault.read() as vault:
            unfinished = len(unfinished_erasures(vault))
        kinds = [e.kind for e in deployment.vault.ledger.entries() if e.kind != "audit"]
    (count,) = context.warehouse("select count(*) from warehouse.pseudo.contacts")[0]
    return unfinished, [k for k in kinds if k in ("intent", "completed")], count


def test_job_erases_the_queued_publishes_and_completes(landed: Context) -> None:
    _, key = queue_first(landed)
    published = landed.home.analytics.stat().st_ino
    summary = erase(landed)
    assert summary.erased_persons == 1
    assert state_of(landed) == (0, ["intent", "completed"], 1)
    assert landed.home.analytics.stat().st_ino != published
    assert files_with(key, landed.home.dagster) == []
    assert files_with(MARKER, landed.home.root) == []
    with Deployment.open(landed.settings) as deployment:
        assert not needs_run(deployment, AS_OF)


def test_job_is_one_run_over_all_buckets_named_by_its_request(landed: Context) -> None:
    import dagster as dg

    queue_first(landed)
    summary = erase(landed)
    with dg.DagsterInstance.get() as instance:
        (record,) = instance.get_runs(dg.RunsFilter(job_name="erasure_backfill"))
        assert record.run_id == summary.run_id
        assert record.tags["klantkluis/request"] == "7"
        assert record.tags["dagster/asset_partition_range_start"] == "00"
        assert record.tags["dagster/asset_partition_range_end"] == "63"
        done = instance.get_materialized_partitions(dg.AssetKey(["vault", "erasures"]))
    assert len(done) == 64


def test_job_without_work_leaves_everything_as_it_was(
    landed: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise AssertionError

    published = landed.home.analytics.stat().st_ino
    monkeypatch.setattr("pipelines.jobs._execute", fail)
    assert erase(landed).erased_persons == 0
    assert landed.home.analytics.stat().st_ino == published
    with Deployment.open(landed.settings) as deployment:
        assert not needs_run(deployment, AS_OF)


def test_buckets_of_others_are_left_alone(landed: Context) -> None:
    from pipelines.steps import PipelineRun, RunChoices

    subject_id, _ = queue_first(landed)
    t = schema.subjects
    with PipelineRun.locked(landed.settings, RunChoices(as_of=AS_OF)) as run:
        with run.deployment.vault.read() as vault:
            bucket = vault.scalar(sa.select(t.c.subject_bucket).where(t.c.subject_id == subject_id))
        assert run.erase_and_publish(set(range(64)) - {bucket}) == 0
        assert run.erase_and_publish({bucket}) == 1
    assert state_of(landed) == (0, ["intent", "completed"], 1)


@pytest.mark.parametrize(
    "killed_in",
    [
        "pipelines.erasures.resume_erasures",
        "pipelines.warehouse.publication.publish",
        "pipelines.erasures.compact_warehouse",
        "pipelines.erasures.complete_erasures",
    ],
)
def test_erasure_that_was_killed_is_finished_by_the_next_run(
    landed: Context, monkeypatch: pytest.MonkeyPatch, killed_in: str
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ValueError

    queue_first(landed)
    with monkeypatch.context() as patch:
        patch.setattr(killed_in, fail)
        with pytest.raises(KlantkluisError):
            erase(landed)
    assert state_of(landed)[:2] == (1, [] if "resume" in killed_in else ["intent"])
    with Deployment.open(landed.settings) as deployment:
        assert needs_run(deployment, AS_OF)
    assert pipeline(landed).erased_persons == 1
    assert state_of(landed) == (0, ["intent", "completed"], 1)
