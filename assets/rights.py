"""Rights: whoever is queued for erasure is erased, in one run; the register is attended to."""

import dagster as dg

from assets.steps import WRITER, step
from pipelines.partitions import SUBJECT_BUCKETS
from pipelines.resources.pipeline_run import OPEN_HOME

ERASURES = dg.AssetKey(["vault", "erasures"])
REQUESTS = dg.AssetKey(["vault", "requests"])


@dg.asset(
    key=ERASURES,
    group_name="rights",
    kinds={"sqlalchemy", "duckdb"},
    partitions_def=SUBJECT_BUCKETS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool=WRITER,
    required_resource_keys={OPEN_HOME},
)
def erasures(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Erase the queued persons of these buckets, build, check, publish, complete.

    One step, because the order is what makes it sound. Buckets without work return at once.
    """
    buckets = {int(key) for key in context.partition_keys}
    with step(context, OPEN_HOME) as run:
        persons = run.erase_and_publish(buckets)
    return dg.MaterializeResult(metadata={"buckets": len(buckets), "erased_persons": persons})


@dg.asset(
    key=REQUESTS,
    group_name="rights",
    kinds={"sqlalchemy"},
    pool=WRITER,
    required_resource_keys={OPEN_HOME},
)
def requests(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Attend to the register: alerts, what is kept no longer, erasures past their days of grace."""
    with step(context, OPEN_HOME) as run:
        attended = run.attend_requests()
    return dg.MaterializeResult(metadata=dict(attended._asdict()))
