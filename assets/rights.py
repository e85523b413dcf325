"""Rights: whoever is queued for erasure is erased, bucket by bucket, in one run."""

import dagster as dg

from assets.steps import WRITER, step
from pipelines.partitions import SUBJECT_BUCKETS
from pipelines.resources.pipeline_run import OPEN_HOME

ERASURES = dg.AssetKey(["vault", "erasures"])


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
