"""``run_pipeline``: the daily job in this process, as the command line runs it.

Stands above the code location, which it executes; what a job consists of is in ``dagster_jobs``.
Dagster is imported only when there is work, since that takes longer than finding out.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.common.errors import BuildError
from pipelines.common.settings import Home, Settings
from pipelines.steps import PipelineRun, RunChoices, RunSummary, failing_checks

if TYPE_CHECKING:
    import dagster as dg

    from pipelines.batches.context import Progress, Tools
    from pipelines.restatement import Restatement

INSTANCE = """\
# Dagster's storage of this home. Holds run history and counts, no value of the data.
telemetry:
  enabled: false
# What a step prints would be kept in files; nothing is.
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
run_monitoring:
  enabled: true
concurrency:
  runs:
    max_concurrent_runs: 2
  pools:
    default_limit: 1
    granularity: run
retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days: 7
"""


def prepare_instance(home: Home) -> None:
    """Write ``dagster.yaml`` of the home and set what Dagster reads from the environment.

    Raises:
        StorageError: The home cannot be written.
    """
    from pipelines.warehouse.errors import store_errors

    with store_errors("dagster"):
        home.dagster.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = home.dagster / "dagster.yaml"
        if not path.is_file() or path.read_text(encoding="utf-8") != INSTANCE:
            path.write_text(INSTANCE, encoding="utf-8")
    os.environ.update(
        DAGSTER_HOME=str(home.dagster),
        DAGSTER_REDACT_USER_CODE_ERRORS="1",
        DAGSTER_DISABLE_TELEMETRY="yes",
    )


def run_pipeline(
    settings: Settings,
    *,
    sources: Sequence[str] = (),
    from_path: Path | None = None,
    select: Sequence[str] = (),
    as_of: datetime | None = None,
    restatement: Restatement | None = None,
    wait_seconds: float = 0,
    progress: Progress | None = None,
    tools: Tools | None = None,
) -> RunSummary:
    """Run the daily job in this process, recorded in the home's Dagster storage.

    With nothing new it returns before Dagster is imported.

    Args:
        settings: Which home.
        sources: Names of sources to land; all by default.
        from_path: Land from there instead of the inbox.
        select: dbt selection of what to build; all by default.
        as_of: The instant of the figures, UTC; now by default.
        restatement: Closed periods that get a new version.
        wait_seconds: How long to wait for another run.
        progress: Called with a file pattern and the rows read so far.
        tools: Detector and contracts, for tests and benchmarks.

    Returns:
        Counts of what landed, was built, checked and published.

    Raises:
        BusyError: Another run holds the lock.
        CheckError: A blocking check does not hold; the last publication stands.
        BuildError: A model or its test failed.
        KlantkluisError: Whatever else a step says is wrong.
    """
    choices = RunChoices(tuple(sources), from_path, tuple(select), as_of, restatement)
    options = {"tools": tools, "progress": progress}
    with PipelineRun.locked(settings, choices, wait_seconds=wait_seconds, **options) as run:
        if not choices.select and not run.is_needed():
            return run.summary
        from pipelines.dagster_jobs import DAILY
        from pipelines.resources.pipeline_run import RUN

        run.start()
        try:
            with run.noting():
                _execute(run, settings, DAILY, RUN)
        finally:
            run.finish()
        return run.summary


def run_erasures(
    settings: Settings,
    *,
    request: str | None = None,
    as_of: datetime | None = None,
    wait_seconds: float = 0,
    tools: Tools | None = None,
) -> RunSummary:
    """Erase everybody who is queued, in this process, as one run over all buckets.

    Queue them with :func:`pipelines.rights.erasure.queue_erasures`. Without work it returns
    before Dagster is imported.

    Args:
        settings: Which home.
        request: Number of the request that asks for it, for the history of runs.
        as_of: The instant of the figures, UTC; now by default.
        wait_seconds: How long to wait for another run.
        tools: Detector and contracts, for tests.

    Returns:
        Counts of what was erased, built, checked and published.

    Raises:
        BusyError: Another run holds the lock, or somebody reads the vault.
        CheckError: A blocking check does not hold; the erasure goes on with the next run.
        KlantkluisError: Whatever else a step says is wrong.
    """
    choices = RunChoices(as_of=as_of)
    with PipelineRun.locked(settings, choices, wait_seconds=wait_seconds, tools=tools) as run:
        if run.has_erasures():
            from pipelines.dagster_jobs import ERASURE, whole_range
            from pipelines.resources.pipeline_run import OPEN_HOME

            asked = {"klantkluis/request": request} if request else {}
            _execute(run, settings, ERASURE, OPEN_HOME, whole_range() | asked)
        return run.summary


def _execute(
    run: PipelineRun,
    settings: Settings,
    job_name: str,
    resource: str,
    tags: Mapping[str, str] | None = None,
) -> None:
    prepare_instance(run.deployment.home)
    import logging

    from pipelines.definitions import definitions
    from pipelines.resources.storage import open_instance

    logging.getLogger("dagster.redacted_errors").disabled = True
    job = definitions(settings).resolve_job_def(job_name)
    with open_instance(run.deployment.home.dagster) as instance:
        result = job.execute_in_process(
            instance=instance,
            run_id=run.run_id,
            raise_on_error=False,
            resources={resource: run},
            tags=dict(tags or {}),
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    if run.error is None and not result.success:
        failing = [check for check in run.summary.checks if not check.passed]
        run.error = failing_checks(failing) if failing else _failed_in_dagster(result, job_name)
    if run.error is not None:
        raise run.error


def _failed_in_dagster(result: dg.ExecuteInProcessResult, job_name: str) -> BuildError:
    """A fault of the orchestration itself: the steps that failed and the kind of each error."""
    where: dict[str, str | int] = {"job": job_name}
    for event in result.filter_events(lambda event: event.is_step_failure):
        error = event.step_failure_data.error
        where[event.step_key or "step"] = (error.cls_name if error else None) or "unknown"
    return BuildError("the run failed in Dagster", code="run_failed", where=where)
