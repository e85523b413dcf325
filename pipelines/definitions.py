"""The code location: everything Dagster knows of a home, put together."""

from __future__ import annotations

import dagster as dg

from assets.backups import backup_opens, data_backup
from assets.landing import inbox, land_files
from assets.publication import check_warehouse, publication
from assets.retention import packages, quarantine_rows, retention_runs, run_history
from assets.rights import erasures, requests
from assets.warehouse import dbt_assets, load_manifest
from pipelines.common.settings import Settings
from pipelines.dagster_jobs import (
    backup,
    daily_pipeline,
    erasure_backfill,
    retention_sweep,
    subject_requests,
)
from pipelines.resources.pipeline_run import OPEN_HOME, RUN, open_home, pipeline_run
from pipelines.schedules import backup_schedule, daily_schedule, retention_schedule
from pipelines.sensors import pipeline_due, requests_due


def definitions(settings: Settings) -> dg.Definitions:
    """All definitions for the home that the settings name."""
    models = dbt_assets(load_manifest(settings))
    marts = sorted(key for key in models.keys if key.path[0] == "marts")
    daily, sweep, backups = daily_pipeline(), retention_sweep(), backup()
    register = subject_requests()
    return dg.Definitions(
        assets=[
            inbox,
            land_files,
            models,
            publication(marts),
            erasures,
            requests,
            quarantine_rows,
            packages,
            run_history,
            retention_runs,
            data_backup,
        ],
        asset_checks=[check_warehouse, backup_opens],
        jobs=[daily, erasure_backfill(), sweep, backups, register],
        schedules=[
            daily_schedule(daily, settings),
            retention_schedule(sweep, settings),
            backup_schedule(backups, settings),
        ],
        sensors=[pipeline_due(daily), requests_due(register)],
        resources={RUN: pipeline_run, OPEN_HOME: open_home},
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What ``dagster dev`` loads: the home of the environment."""
    return definitions(Settings())
