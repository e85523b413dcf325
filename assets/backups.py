"""Backups: the data under the backup key, the data keys apart, and a check that all of it opens."""

import dagster as dg

from assets.steps import WRITER, step
from pipelines.backups.create import create_backup
from pipelines.backups.verify import verify_backup
from pipelines.resources.pipeline_run import OPEN_HOME

BACKUP = dg.AssetKey(["backups", "data"])


@dg.asset(
    key=BACKUP,
    group_name="backups",
    kinds={"sqlalchemy", "duckdb"},
    pool=WRITER,
    required_resource_keys={OPEN_HOME},
)
def data_backup(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
    """Back up vault, warehouse, policy and sources; refresh the backup of the data keys."""
    with step(context, OPEN_HOME) as run:
        manifest = create_backup(run.deployment)
    return dg.MaterializeResult(
        metadata={"backup": manifest.backup_id, "size_bytes": manifest.size_bytes}
    )


@dg.asset_check(asset=BACKUP, name="backup_opens", pool=WRITER, required_resource_keys={OPEN_HOME})
def backup_opens(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
    """The newest backup decrypts, its stores open, and every row of it can be read."""
    with step(context, OPEN_HOME) as run:
        verified = verify_backup(run.deployment)
    return dg.AssetCheckResult(passed=True, metadata=verified.opened.document())
