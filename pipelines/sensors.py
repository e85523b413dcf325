"""What is due by the state of the home, however long nobody looked."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import dagster as dg

from pipelines.common.clock import now
from pipelines.common.errors import KlantkluisError
from pipelines.common.settings import Home, Settings
from pipelines.fulfilment import is_due
from pipelines.rights.alerts import beat
from pipelines.runs import Deployment, needs_run

DUE_HOUR = 6
"""Hour of the reporting day from which the day's run is due."""

_ACTIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


def pipeline_due(job: dg.UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    """Starts the daily job when files wait or the day's publication is missing."""

    @dg.sensor(
        name="pipeline_due",
        job=job,
        minimum_interval_seconds=900,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        """Ask the home, unless a run is under way."""
        active = context.instance.get_runs(
            dg.RunsFilter(job_name=job.name, statuses=_ACTIVE), limit=1
        )
        if active:
            return dg.SkipReason("a run is under way")
        return decide(Settings(), now())

    return sensor


def decide(settings: Settings, at: datetime) -> dg.RunRequest | dg.SkipReason:
    """Whether the daily job is due at an instant (UTC); computed from the home's state alone."""
    local = at.astimezone(ZoneInfo(settings.reporting_timezone))
    if local.hour < DUE_HOUR:
        return dg.SkipReason("before the hour of the daily run")
    if not Home.of(settings).vault.is_file() and settings.vault_url is None:
        return dg.SkipReason("there is no home yet")
    try:
        with Deployment.open(settings) as deployment:
            is_due = needs_run(deployment, at)
    except KlantkluisError as error:
        return dg.SkipReason(f"the home cannot be opened: {error.code}")
    # One request per hour at most, so that a run that fails is not repeated all day long.
    return dg.RunRequest(run_key=f"{local:%Y-%m-%dT%H}") if is_due else dg.SkipReason("up to date")


def requests_due(job: dg.UnresolvedAssetJobDefinition) -> dg.SensorDefinition:
    """Looks at the register of requests, and starts its job when something presses or is ready.

    Each look is a sign of life of the scheduler; without one for a day, ``status`` says so.
    """

    @dg.sensor(
        name="requests_due",
        job=job,
        minimum_interval_seconds=900,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def sensor(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        """Ask the register, unless a round is under way."""
        active = context.instance.get_runs(
            dg.RunsFilter(job_name=job.name, statuses=_ACTIVE), limit=1
        )
        if active:
            return dg.SkipReason("a round is under way")
        return attend_or_skip(Settings(), now())

    return sensor


def attend_or_skip(settings: Settings, at: datetime) -> dg.RunRequest | dg.SkipReason:
    """Whether a round over the register is due at an instant (UTC): once a day while it is."""
    if not Home.of(settings).vault.is_file() and settings.vault_url is None:
        return dg.SkipReason("there is no home yet")
    on = at.astimezone(ZoneInfo(settings.reporting_timezone)).date()
    try:
        with Deployment.open(settings) as deployment, deployment.vault.begin() as conn:
            beat(conn, at)
            due = is_due(conn, at, on, settings.country)
    except KlantkluisError as error:
        return dg.SkipReason(f"the home cannot be opened: {error.code}")
    return dg.RunRequest(run_key=on.isoformat()) if due else dg.SkipReason("nothing presses")
