"""The run that a Dagster job drives, as a resource: one per run, under the home's lock.

A run that Dagster starts by itself opens the home here; ``klantkluis run`` opens it before and
hands the open run in.
"""

from __future__ import annotations

from collections.abc import Iterator

import dagster as dg

from pipelines.common.settings import Settings
from pipelines.steps import PipelineRun

RUN = "pipeline_run"
"""Key of the resource that is a run under way."""
OPEN_HOME = "open_home"
"""Key of the resource that is a run not begun: for jobs that mostly find nothing to do."""

_WAIT_SECONDS = 3600
"""A run from the UI waits for one from the command line rather than failing."""


@dg.resource(description="The open home and what this run has found so far.")
def pipeline_run(context: dg.InitResourceContext) -> Iterator[PipelineRun]:
    """Open the home for one run of Dagster, and close it when the run is over."""
    with PipelineRun.locked(Settings(), wait_seconds=_WAIT_SECONDS, run_id=context.run_id) as run:
        run.start()
        try:
            yield run
        finally:
            run.finish()


@dg.resource(description="The open home, for a job that begins a run only when there is work.")
def open_home(context: dg.InitResourceContext) -> Iterator[PipelineRun]:
    """Open the home, and close it when the job is over."""
    with PipelineRun.locked(Settings(), wait_seconds=_WAIT_SECONDS, run_id=context.run_id) as run:
        yield run
