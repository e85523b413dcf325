"""Publication: the checks that block it, and the files that analysts and dashboards read."""

from collections.abc import Iterator

import dagster as dg

from assets.steps import WRITER, step
from pipelines.quality.checks import BLOCKING
from pipelines.resources.pipeline_run import RUN

CHECKED = dg.AssetKey(["marts", "metadata"])
"""The mart that stands for the build as a whole: built in each, and published."""
ANALYTICS = dg.AssetKey(["analytics"])
DASHBOARDS = dg.AssetKey(["dashboards"])


@dg.multi_asset_check(
    name="check_warehouse",
    specs=[dg.AssetCheckSpec(name, asset=CHECKED, blocking=True) for name in BLOCKING],
    pool=WRITER,
    required_resource_keys={RUN},
)
def check_warehouse(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
    """Rows reconcile, no direct identifier is in any relation, the contracts hold."""
    with step(context) as run:
        results = run.check()
    for name in BLOCKING:
        made = [result for result in results if result.check == name]
        failing = [result for result in made if not result.passed]
        yield dg.AssetCheckResult(
            check_name=name,
            asset_key=CHECKED,
            passed=not failing,
            metadata={
                "relations": len(made),
                "failing": [
                    f"{r.table} {r.column}".strip() + f": {r.failing}" for r in failing[:20]
                ],
            },
        )


def publication(marts: list[dg.AssetKey]) -> dg.AssetsDefinition:
    """The published files, after all marts and their checks."""

    @dg.multi_asset(
        name="publish",
        specs=[
            dg.AssetSpec(
                key, deps=marts, group_name="publication", kinds={"duckdb"}, description=text
            )
            for key, text in (
                (ANALYTICS, "Marts for analysts; replaced as a whole."),
                (DASHBOARDS, "Figures for dashboards; replaced as a whole."),
            )
        ],
        pool=WRITER,
        required_resource_keys={RUN},
    )
    def publish(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        """Write both files beside the old ones and rename them over."""
        with step(context) as run:
            published = run.publish()
        for key, tables in ((ANALYTICS, published.analytics), (DASHBOARDS, published.dashboards)):
            rows = {f"rows_{t.name}": t.rows for t in tables}
            yield dg.MaterializeResult(key, metadata={"tables": len(tables), **rows})

    return publish
