"""A run in this process: what it leaves behind when it fails, and when there is nothing to do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.cli.main import run as command_line
from pipelines.common.errors import BusyError, CheckError, KeyWrongError, KlantkluisError
from pipelines.jobs import run_pipeline
from pipelines.role_keys import refuse_wrong_keys
from pipelines.runs import Deployment, needs_run
from pipelines.steps import PipelineRun, RunChoices
from pipelines.warehouse.dbt import BuildResult, NodeResult
from pipelines.warehouse.lock import home_lock
from tests.support.context import Context, WordDetector

MARKER = "Zwaantje-Marker"
AS_OF = datetime(2026, 11, 1, 12, tzinfo=UTC)
SECRET_PLACES = {"vault.db", "vault.db-wal", "vault.db-shm", "keys.db", "warehouse.duckdb"}
CONTACTS = "id,name,email,mobile\n1,Zwaantje-Marker de Wit,zwaantje-marker@voorbeeld.nl,\n"

pytestmark = pytest.mark.usefixtures("parsed")


def pipeline(context: Context) -> Any:
    from pipelines.batches.context import Tools

    tools = Tools(context.settings, WordDetector())
    return run_pipeline(context.settings, as_of=AS_OF, tools=tools)


def standing_in(context: Context, *, plant: str | None = None) -> Callable[..., BuildResult]:
    """Makes one mart instead of the whole project, so that a test takes a second."""

    def build(*_: Any, **__: Any) -> BuildResult:
        with context.connect() as connection:
            connection.execute("create schema if not exists marts")
            connection.execute("create or replace table marts.metadata as select 'run' as run_id")
            connection.execute("create or replace table marts.kpi_x as select 1 as lead_count")
            if plant:
                connection.execute("create or replace table marts.dim_x as select ? as x", [plant])
        nodes = [NodeResult("metadata", "model", "success", "", 0.1)]
        return BuildResult(tuple(nodes))

    return build


def files_with(marker: str, home: Path) -> list[str]:
    """Names of files outside the encrypted and sealed stores that hold the marker, any case."""
    found = []
    for path in home.rglob("*"):
        if path.is_file() and path.name not in SECRET_PLACES and "inbox" not in path.parts:
            content = path.read_bytes().lower()
            if marker.lower().encode() in content or marker.encode("utf-16-le") in content:
                found.append(path.name)
    return found


def fail(*_: Any, **__: Any) -> None:
    raise ValueError(f"could not convert {MARKER} to integer")


def step_by_step(context: Context) -> None:
    """The same run without Dagster around it."""
    from pipelines.batches.context import Tools

    choices = RunChoices(as_of=AS_OF)
    tools = Tools(context.settings, WordDetector())
    with PipelineRun.locked(context.settings, choices, tools=tools) as run:
        run.start()
        try:
            run.land()
            run.build()
            run.check()
            run.publish()
        finally:
            run.finish()


LAYERS = (
    "pipelines.batches.land.land_inbox",
    "pipelines.warehouse.dbt.build",
    "pipelines.quality.checks.check_warehouse",
    "pipelines.warehouse.publication.publish",
)


def test_run_failing_in_any_layer_leaves_no_value_behind(
    deployed: Context,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    deployed.deliver("contacts.csv", CONTACTS)
    for layer in LAYERS:
        with monkeypatch.context() as patch:
            patch.setattr("pipelines.warehouse.dbt.build", standing_in(deployed))
            patch.setattr(layer, fail)
            with pytest.raises(KlantkluisError) as caught:
                pipeline(deployed)
        assert caught.value.code == "unexpected"
        assert caught.value.where["kind"] == "ValueError"
        assert MARKER not in str(caught.value)
        with Deployment.open(deployed.settings) as deployment:
            assert needs_run(deployment, AS_OF)
    printed = capfd.readouterr()
    assert all(MARKER not in text for text in (printed.out, printed.err, caplog.text))
    assert not deployed.home.analytics.exists()
    assert list(deployed.home.dagster.rglob("*.db"))
    assert files_with(MARKER, deployed.home.root) == []


def test_run_with_an_identifier_in_the_warehouse_publishes_nothing(
    deployed: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed.deliver("contacts.csv", CONTACTS)
    planted = standing_in(deployed, plant="zwaantje-marker@voorbeeld.nl")
    monkeypatch.setattr("pipelines.warehouse.dbt.build", planted)
    with pytest.raises(CheckError) as caught:
        pipeline(deployed)
    assert caught.value.code == "checks_failed"
    assert caught.value.where == {
        "no_direct_identifiers marts.dim_x x": 1,
        "no_known_identifiers marts.dim_x x": 1,
    }
    assert not deployed.home.analytics.exists()
    assert files_with(MARKER, deployed.home.root) == []


def test_run_with_nothing_new_imports_neither_dagster_nor_dbt(
    deployed: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployed.deliver("contacts.csv", CONTACTS)
    monkeypatch.setattr("pipelines.warehouse.dbt.build", standing_in(deployed))
    first = pipeline(deployed)
    assert first.landed.entities["contacts"].landed == 1
    assert set(first.published_rows) == {"kpi_x", "metadata"}
    published = deployed.home.analytics.stat().st_ino
    monkeypatch.setattr("pipelines.jobs._execute", fail)
    second = pipeline(deployed)
    assert (second.landed.batches, second.published_rows) == ([], {})
    assert deployed.home.analytics.stat().st_ino == published
    code = (
        "import sys; from pathlib import Path; from datetime import datetime\n"
        "from pipelines.jobs import run_pipeline; from pipelines.common.settings import Settings\n"
        "run_pipeline(Settings(home=Path(sys.argv[1])), as_of=datetime.fromisoformat(sys.argv[2]))\n"
        "print([m for m in ('dagster', 'dbt', 'great_expectations', 'presidio_analyzer')"
        " if m in sys.modules])"
    )
    import subprocess

    found = subprocess.run(
        [sys.executable, "-c", code, str(deployed.home.root), AS_OF.isoformat()],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout.strip() == "[]"


def test_key_that_opens_not_its_file_is_refused_before_anything_lands(
    deployed: Context, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # The backup's key copied over the analyst's published everything to whoever holds that one.
    monkeypatch.setattr("pipelines.warehouse.dbt.build", standing_in(deployed))
    step_by_step(deployed)
    home = deployed.home
    other = (home.keys / "backup.key").read_text()
    deployed.deliver("contacts.csv", CONTACTS)
    for role, path in (
        ("warehouse", home.warehouse), ("analyst", home.analytics), ("dashboards", home.dashboards)
    ):  # fmt: skip
        key = home.keys / f"{role}.key"
        right, published = key.read_text(), path.read_bytes()
        key.write_text(other)
        assert command_line(["run", "--home", str(home.root)]) == 3
        sentence = capsys.readouterr().err.strip()
        assert key.name in sentence
        assert path.name in sentence
        assert path.read_bytes() == published
        assert command_line(["status", "--home", str(home.root)]) == 0
        assert sentence in capsys.readouterr().out
        key.unlink()
        assert command_line(["run", "--home", str(home.root)]) == 3
        assert key.name in capsys.readouterr().err
        key.write_text(right)
        key.chmod(0o600)
    assert len(list(home.inbox.rglob("contacts.csv"))) == 1
    with Deployment.open(deployed.settings) as deployment:
        assert needs_run(deployment, AS_OF)
    step_by_step(deployed)


def test_key_under_way_and_a_deleted_file_are_no_wrong_key(
    deployed: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.warehouse.dbt.build", standing_in(deployed))
    step_by_step(deployed)
    home, key = deployed.home, deployed.home.keys / "analyst.key"
    right, other = key.read_text(), (home.keys / "backup.key").read_text()
    key.write_text(other)
    coming = home.keys / "analyst.next.key"
    coming.write_text(right)
    coming.chmod(0o600)
    refuse_wrong_keys(home, deployed.settings)  # as a rotation that was killed has left them
    coming.unlink()
    with pytest.raises(KeyWrongError) as caught:
        refuse_wrong_keys(home, deployed.settings)
    assert caught.value.where == {"key": "analyst.key", "file": "analytics.duckdb"}
    home.analytics.unlink()
    step_by_step(deployed)
    refuse_wrong_keys(home, deployed.settings)


def test_run_on_another_day_or_after_a_failure_is_due(
    deployed: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.warehouse.dbt.build", standing_in(deployed))
    step_by_step(deployed)
    with Deployment.open(deployed.settings) as deployment:
        assert not needs_run(deployment, AS_OF.replace(hour=20))
        assert needs_run(deployment, AS_OF.replace(day=2))
    with PipelineRun.locked(deployed.settings) as run:
        run.start()
        run.finish()
    with Deployment.open(deployed.settings) as deployment:
        assert needs_run(deployment, AS_OF)


def test_two_runs_at_once_the_second_is_busy(deployed: Context) -> None:
    with home_lock(deployed.home), pytest.raises(BusyError):
        pipeline(deployed)
