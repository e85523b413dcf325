"""The sweep removes what is due by the state of the home, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
import sqlalchemy as sa

from assets.retention import quarantine_rows, run_history
from pipelines.common.clock import now
from pipelines.common.settings import Settings
from pipelines.resources.pipeline_run import OPEN_HOME
from pipelines.retention import RUN_HISTORY, sweep_quarantine
from pipelines.runs import Deployment
from pipelines.schedules import retention_schedule
from pipelines.steps import PipelineRun
from pipelines.vault import audit, schema
from tests.support.context import Context

BROKEN = "id,contact,channel,at,body\ni1,,email,,Zwaantje schreef\ni2,,email,,Eva schreef\n"


@pytest.fixture
def rejected(deployed: Context) -> Context:
    """Two rows in quarantine, as they lack a required value."""
    deployed.deliver("interactions.csv", BROKEN)
    with Deployment.open(deployed.settings) as deployment:
        deployed.vault = deployment.vault
        assert deployed.land().entities["interactions"].quarantined == 2
    return deployed


def expire(context: Context, at: datetime, lines: tuple[int, ...] = (2, 3)) -> list[int]:
    """Let rows be due at an instant; the ids of their data keys."""
    t = schema.quarantine_rows
    with Deployment.open(context.settings) as deployment, deployment.vault.begin() as vault:
        vault.execute(sa.update(t).where(t.c.line.in_(lines)).values(expires_at=at))
        return list(vault.scalars(sa.select(t.c.key_id).where(t.c.line.in_(lines))))


def held(context: Context) -> int:
    t = schema.quarantine_rows
    with Deployment.open(context.settings) as deployment, deployment.vault.read() as vault:
        return int(vault.scalar(sa.select(sa.func.count()).select_from(t)) or 0)


def test_sweep_destroys_only_what_is_due(rejected: Context) -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    keys = expire(rejected, at, lines=(2,))
    with Deployment.open(rejected.settings) as deployment:
        vault = deployment.vault
        assert sweep_quarantine(vault, at - timedelta(seconds=1)) == 0
        assert sweep_quarantine(vault, at) == 1
        assert vault.data_keys.get(keys) == {}
        assert sweep_quarantine(vault, at) == 0
        with vault.read() as conn:
            assert audit.verify(conn, vault).is_intact
    assert held(rejected) == 1


def test_sweep_that_was_killed_is_finished(
    rejected: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise ValueError

    at = datetime(2026, 11, 1, tzinfo=UTC)
    keys = expire(rejected, at)
    with Deployment.open(rejected.settings) as deployment:
        with monkeypatch.context() as patch:
            patch.setattr("pipelines.vault.quarantine.delete_rows", fail)
            with pytest.raises(ValueError):
                sweep_quarantine(deployment.vault, at)
        assert deployment.vault.data_keys.get(keys) == {}
        assert sweep_quarantine(deployment.vault, at) == 2
    assert held(rejected) == 0


def test_job_sweeps_the_home_and_makes_no_build_due(rejected: Context) -> None:
    expire(rejected, now() - timedelta(days=1))
    with PipelineRun.locked(rejected.settings) as run:
        result = dg.materialize([quarantine_rows], resources={OPEN_HOME: run})
        assert result.success
        with run.deployment.vault.read() as vault:
            assert vault.execute(sa.select(schema.runs)).all() == []
    (made,) = result.asset_materializations_for_node(quarantine_rows.op.name)
    assert made.metadata["removed_rows"].value == 2
    assert held(rejected) == 0


def test_job_forgets_old_runs_of_dagster(monkeypatch: pytest.MonkeyPatch) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        run = dg.materialize([quarantine_rows_of_nobody], instance=instance).run_id
        context = dg.build_asset_context(instance=instance)
        assert run_history(context).metadata == {"removed_runs": 0}
        monkeypatch.setattr("assets.retention.RUN_HISTORY", timedelta(days=-1))
        assert run_history(context).metadata == {"removed_runs": 1}
        assert instance.get_run_by_id(run) is None
        assert instance.all_logs(run) == []


@dg.asset
def quarantine_rows_of_nobody() -> None:
    """Stands for any run."""


def test_schedule_sweeps_daily_before_the_run() -> None:
    assert timedelta(days=90) == RUN_HISTORY
    schedule = retention_schedule(dg.define_asset_job("retention_sweep"), Settings())
    assert schedule.cron_schedule == "30 4 * * *"
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
