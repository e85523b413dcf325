"""How a step of the pipeline is called from an asset, so that Dagster stores no value.

Dagster stores messages of errors. What is raised here is a sentence of ours as a
:class:`dagster.Failure`; anything foreign has been reduced to its kind before.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from pipelines.common.errors import KlantkluisError
from pipelines.resources.pipeline_run import RUN
from pipelines.steps import PipelineRun

WRITER = "warehouse_writer"
"""Pool of the steps that write the warehouse; its limit is 1."""


@contextmanager
def step(
    context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, resource: str = RUN
) -> Iterator[PipelineRun]:
    """The run that this step belongs to; errors leave as one sentence of ours.

    Args:
        context: Of the asset or the check.
        resource: Key of the resource that gives the run.

    Raises:
        dagster.Failure: The step failed; never to be retried by itself.
    """
    run: PipelineRun = getattr(context.resources, resource)
    try:
        with run.noting():
            yield run
    except KlantkluisError as error:
        raise dg.Failure(
            description=error.sentence, metadata={"code": error.code}, allow_retries=False
        ) from None
