"""The storage of a run in this process is Dagster's own, but for when its connections close."""

from __future__ import annotations

from pathlib import Path

import dagster as dg

from pipelines.common.settings import Home, Settings
from pipelines.jobs import prepare_instance
from pipelines.resources.storage import OpenEventLog, open_instance


@dg.asset
def numbers() -> dg.MaterializeResult[None]:
    return dg.MaterializeResult(metadata={"rows": 3})


def test_dagster_itself_reads_what_a_run_has_written(tmp_path: Path) -> None:
    home = Home.of(Settings(home=tmp_path / "home"))
    prepare_instance(home)
    for _ in range(2):
        with open_instance(home.dagster) as instance:
            assert isinstance(instance.event_log_storage, OpenEventLog)
            done = dg.materialize([numbers], instance=instance, raise_on_error=True)
            assert done.success
    assert not list(home.dagster.rglob("*-wal")), "a connection was left open"
    with dg.DagsterInstance.from_config(str(home.dagster)) as own:
        assert type(own.event_log_storage) is not OpenEventLog
        assert [run.status for run in own.get_runs()] == [dg.DagsterRunStatus.SUCCESS] * 2
        found = own.get_latest_materialization_event(dg.AssetKey("numbers"))
        assert found is not None
        assert found.run_id == done.run_id
        materialization = found.asset_materialization
        assert materialization is not None
        assert materialization.metadata["rows"].value == 3
