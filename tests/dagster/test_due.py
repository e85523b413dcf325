"""What is due is computed from the home's state, so that a missed day is caught up."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from pipelines.common.settings import Settings
from pipelines.schedules import daily_schedule
from pipelines.sensors import decide
from tests.support.context import Context

MORNING = datetime(2026, 11, 2, 9, tzinfo=UTC)


def test_due_before_six_in_the_reporting_zone_waits(deployed: Context) -> None:
    before = datetime(2026, 11, 2, 4, 59, tzinfo=UTC)
    assert isinstance(decide(deployed.settings, before), dg.SkipReason)


def test_due_without_a_publication_asks_for_a_run(deployed: Context) -> None:
    asked = decide(deployed.settings, MORNING)
    assert isinstance(asked, dg.RunRequest)
    assert asked.run_key == "2026-11-02T10"
    assert asked.tags == {}


def test_due_when_up_to_date_skips(deployed: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.sensors.needs_run", lambda deployment, at: False)
    assert isinstance(decide(deployed.settings, MORNING), dg.SkipReason)


def test_due_without_a_home_or_with_a_lost_key_skips(deployed: Context, tmp_path: Path) -> None:
    assert isinstance(decide(Settings(home=tmp_path / "none"), MORNING), dg.SkipReason)
    (deployed.home.keys / "master.key").unlink()
    skipped = decide(deployed.settings, MORNING)
    assert isinstance(skipped, dg.SkipReason)
    assert skipped.skip_message == "the home cannot be opened: key_missing"


def test_schedule_runs_daily_in_the_reporting_zone() -> None:
    job = dg.define_asset_job("daily_pipeline")
    schedule = daily_schedule(job, Settings(reporting_timezone="Europe/Amsterdam"))
    assert (schedule.cron_schedule, schedule.execution_timezone) == (
        "0 6 * * *",
        "Europe/Amsterdam",
    )
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING
