"""The job `backup` makes a backup and reads it back; a backup that does not open fails its check."""

from __future__ import annotations

import dagster as dg
import pytest

from assets.backups import backup_opens, data_backup
from pipelines.backups.catalogue import list_backups
from pipelines.common.settings import Home, Settings
from pipelines.resources.pipeline_run import OPEN_HOME
from pipelines.runs import Deployment
from pipelines.steps import PipelineRun
from tests.support.context import Context


def run_job(settings: Settings, **options: bool) -> dg.ExecuteInProcessResult:
    @dg.resource
    def opened() -> PipelineRun:
        return PipelineRun(Deployment.open(settings))

    definitions = dg.Definitions(
        assets=[data_backup], asset_checks=[backup_opens],
        jobs=[dg.define_asset_job("backup", selection=dg.AssetSelection.groups("backups"))],
        resources={OPEN_HOME: opened},
    )  # fmt: skip
    job = definitions.resolve_job_def("backup")
    return job.execute_in_process(instance=dg.DagsterInstance.ephemeral(), **options)


def test_job_makes_a_backup_and_reads_it_back(deployed: Context) -> None:
    result = run_job(deployed.settings)
    (check,) = result.get_asset_check_evaluations()
    assert check.passed
    assert check.metadata["tables"].value > 10
    assert len(list_backups(Home.of(deployed.settings))) == 1


def test_backup_that_does_not_open_fails_the_job(
    deployed: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    import assets.backups

    make = assets.backups.create_backup

    def damaged(deployment: Deployment):  # type: ignore[no-untyped-def]
        manifest = make(deployment)
        path = deployment.home.backups / manifest.backup_id / "content"
        path.write_bytes(path.read_bytes()[:-10])
        return manifest

    monkeypatch.setattr(assets.backups, "create_backup", damaged)
    result = run_job(deployed.settings, raise_on_error=False)
    assert not result.success
