"""SIGKILL at points spread over the run, then run again: as if it had never been killed.

Six points here, all of them in ``make soak``. The process really dies: nothing is caught,
nothing flushed. Both homes are compared row for row, up to the renaming of pseudonyms.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from assets.warehouse import load_manifest
from tests.support.compare import differences_of_marts
from tests.support.demo import AS_OF, Demo, new_home, shared

DRIVER = Path(__file__).with_name("kill_driver.py")
ROOT = Path(__file__).parents[2]

CI_POINTS = [
    ("after:pipelines.batches.seal.save_records", 3),
    ("after:pipelines.warehouse.pseudo.BatchWriter.commit", 8),
    ("before:pipelines.batches.land.remove_aside", 5),
    ("before:pipelines.batches.rows.pseudonymise", 11),
    ("after:dbt.adapters.sql.connections.SQLConnectionManager.add_query", 120),
    ("before:pipelines.warehouse.replacement.os.replace", 2),
]
SOAK_POINTS = [
    ("before:pipelines.batches.land.land_rows", 1),
    ("before:pipelines.batches.land.land_rows", 9),
    ("after:pipelines.batches.land.land_rows", 20),
    ("after:pipelines.vault.data_keys.DataKeys.create", 2),
    ("after:pipelines.vault.data_keys.DataKeys.create", 9),
    ("before:pipelines.batches.land.set_aside", 1),
    ("after:pipelines.batches.land.set_aside", 4),
    ("before:pipelines.warehouse.pseudo.BatchWriter.commit", 6),
    ("after:pipelines.warehouse.pseudo.BatchWriter.commit", 1),
    ("after:pipelines.warehouse.pseudo.BatchWriter.commit", 20),
    ("before:pipelines.batches.land.remove_aside", 1),
    ("after:pipelines.batches.land.remove_aside", 12),
    ("before:pipelines.warehouse.pseudo.BatchWriter.apply", 4),
    ("after:pipelines.warehouse.pseudo.BatchWriter.apply", 10),
    ("after:pipelines.batches.land.finish_batch", 7),
    ("after:pipelines.batches.land.add_rejects", 1),
    ("before:pipelines.batches.seal.redact_tagged", 40),
    ("after:pipelines.batches.rows.pseudonymise", 2),
    ("after:pipelines.batches.rows.pseudonymise", 18),
    ("before:pipelines.batches.seal.save_records", 1),
    ("before:pipelines.warehouse.dbt.build", 1),
    ("after:dbt.adapters.sql.connections.SQLConnectionManager.add_query", 30),
    ("after:dbt.adapters.sql.connections.SQLConnectionManager.add_query", 70),
    ("after:dbt.adapters.sql.connections.SQLConnectionManager.add_query", 200),
    ("after:pipelines.warehouse.dbt.build", 1),
    ("before:pipelines.warehouse.publication.publish", 1),
    ("before:pipelines.warehouse.replacement.os.replace", 1),
    ("after:pipelines.warehouse.replacement.os.replace", 1),
    ("after:pipelines.warehouse.replacement.os.replace", 2),
    ("before:pipelines.steps.finish_run", 1),
]


def drive(demo: Demo, point: str = "none", call: int = 0) -> int:
    """Run the pipeline in a process of its own."""
    process = subprocess.run(
        [sys.executable, str(DRIVER), str(demo.home.root), point, str(call), AS_OF.isoformat()],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        timeout=600,
        check=False,
    )
    return process.returncode


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A home with a full inbox that has not run; it knows the dbt project, to spare time."""

    def make(folder: Path) -> None:
        demo = new_home(folder, scale=0.04)
        demo.deliver()
        load_manifest(demo.settings)

    return shared(tmp_path_factory.getbasetemp(), "untouched", make)


@pytest.fixture(scope="module")
def undisturbed(untouched: Demo, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The same home after a run that nothing disturbed."""

    def make(folder: Path) -> None:
        assert drive(untouched.copy(folder)) == 0

    return shared(tmp_path_factory.getbasetemp(), "undisturbed", make)


def kill_and_compare(
    untouched: Demo, undisturbed: Demo, folder: Path, point: str, call: int
) -> None:
    killed = untouched.copy(folder)
    assert drive(killed, point, call) == -signal.SIGKILL, "the point was never reached"
    assert drive(killed) == 0
    assert differences_of_marts(undisturbed.home, killed.home) == {}
    left = [p for p in killed.home.inbox.rglob("*") if p.is_file()]
    assert left == []


@pytest.mark.parametrize(("point", "call"), CI_POINTS)
def test_kill_then_run_again_equals_undisturbed(
    untouched: Demo, undisturbed: Demo, tmp_path: Path, point: str, call: int
) -> None:
    kill_and_compare(untouched, undisturbed, tmp_path, point, call)


@pytest.mark.soak
@pytest.mark.parametrize(("point", "call"), SOAK_POINTS)
def test_kill_anywhere_then_run_again_equals_undisturbed(
    untouched: Demo, undisturbed: Demo, tmp_path: Path, point: str, call: int
) -> None:
    kill_and_compare(untouched, undisturbed, tmp_path, point, call)
