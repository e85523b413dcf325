"""Retention: what is kept no longer than the rules say is removed."""

import dagster as dg

from assets.steps import WRITER, step
from pipelines.common.clock import now
from pipelines.fulfilment import let_go_due
from pipelines.resources.pipeline_run import OPEN_HOME
from pipelines.retention import RUN_HISTORY, sweep_quarantine
from pipelines.sweeps import apply_sweep

QUARANTINE = dg.AssetKey(["vault", "quarantine_rows"])
SWEPT = dg.AssetKey(["vault", "retention_runs"])
RUNS = dg.AssetKey(["dagster", "runs"])
PACKAGES = dg.AssetKey(["outbox", "packages"])

_AT_ONCE = 100


@dg.asset(
    key=QUARANTINE,
    group_name="retention",
    kinds={"sqlalchemy"},
    pool=WRITER,
    required_resource_keys={OPEN_HOME},
)
def quarantine_rows(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Destroy the keys of rejected rows whose time is over, and delete the rows."""
    with step(context, OPEN_HOME) as run:
        removed = sweep_quarantine(run.deployment.vault, now())
    return dg.MaterializeResult(metadata={"removed_rows": removed})


@dg.asset(
    key=PACKAGES,
    group_name="retention",
    kinds={"sqlalchemy"},
    pool=WRITER,
    required_resource_keys={OPEN_HOME},
)
def packages(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Erase packages for subjects whose time is over, and files that no row knows."""
    from pipelines.packages.release import expire_packages

    with step(context, OPEN_HOME) as run:
        expired = expire_packages(run.deployment.vault, run.deployment.home, now())
    return dg.MaterializeResult(metadata={"expired_packages": expired})


@dg.asset(
    key=SWEPT,
    group_name="retention",
    kinds={"sqlalchemy", "duckdb"},
    pool=WRITER,
    required_resource_keys={OPEN_HOME},
)
def retention_runs(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Remove what the rules of the policy keep no longer; persons are queued for the day's run."""
    with step(context, OPEN_HOME) as run:
        swept = apply_sweep(run.deployment, now())
        released = let_go_due(run.deployment, now().date())
        run.deployment.vault.note_audit_head()
    counts = {f"due_{rule.rule.name}": rule.count for rule in swept.plan.rules}
    held = sum(rule.held for rule in swept.plan.rules)
    return dg.MaterializeResult(
        metadata={
            **counts,
            "held": held,
            "kept_released": released,
            "certificate": swept.certificate or "none",
        }
    )


@dg.asset(key=RUNS, group_name="retention", kinds={"dagster"})
def run_history(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Delete Dagster's own runs and their events after 90 days."""
    old = dg.RunsFilter(created_before=now() - RUN_HISTORY)
    removed = 0
    while runs := context.instance.get_runs(old, limit=_AT_ONCE):
        for run in runs:
            context.instance.delete_run(run.run_id)
        removed += len(runs)
    return dg.MaterializeResult(metadata={"removed_runs": removed})
