"""When jobs run by themselves."""

from __future__ import annotations

import dagster as dg

from pipelines.common.settings import Settings

DAILY_CRON = "0 6 * * *"
RETENTION_CRON = "30 4 * * *"
BACKUP_CRON = "30 7 * * *"


def daily_schedule(
    job: dg.UnresolvedAssetJobDefinition, settings: Settings
) -> dg.ScheduleDefinition:
    """The daily job at six in the reporting time zone, on by default.

    A day on which nothing ran is caught up by :func:`pipelines.sensors.pipeline_due`.
    """
    return dg.ScheduleDefinition(
        name="daily_pipeline_at_six",
        job=job,
        cron_schedule=DAILY_CRON,
        execution_timezone=settings.reporting_timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def retention_schedule(
    job: dg.UnresolvedAssetJobDefinition, settings: Settings
) -> dg.ScheduleDefinition:
    """The sweep before the day's run, on by default; it asks what is due, so a day may be missed."""
    return dg.ScheduleDefinition(
        name="retention_sweep_at_half_past_four",
        job=job,
        cron_schedule=RETENTION_CRON,
        execution_timezone=settings.reporting_timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )


def backup_schedule(
    job: dg.UnresolvedAssetJobDefinition, settings: Settings
) -> dg.ScheduleDefinition:
    """The backup after the day's run, so that it holds what was landed and erased; on by default."""
    return dg.ScheduleDefinition(
        name="backup_at_half_past_seven",
        job=job,
        cron_schedule=BACKUP_CRON,
        execution_timezone=settings.reporting_timezone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
