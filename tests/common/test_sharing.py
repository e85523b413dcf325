"""Tests that share something run in one worker; unnoticed, each worker would make it again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.sharing import group_of

_CONFTEST = (
    "from tests.support.sharing import pytest_collection_modifyitems, pytest_xdist_make_scheduler\n"
)
_MODULE = """
import os
from pathlib import Path
import pytest

@pytest.mark.parametrize("number", range(6))
def test_one(number):
    worker = os.environ["PYTEST_XDIST_WORKER"]
    (Path(r"{made}") / f"{{Path(__file__).parent.name}}-{{worker}}").touch()
"""


def test_tests_of_a_folder_run_in_one_worker(tmp_path: Path, repository: Path) -> None:
    made = tmp_path / "made"
    made.mkdir()
    (tmp_path / "conftest.py").write_text(_CONFTEST, encoding="utf-8")
    for folder in ("cli", "oracle", "vault"):
        (tmp_path / folder).mkdir()
        for name in ("test_a.py", "test_b.py"):
            text = _MODULE.format(made=made)
            (tmp_path / folder / name).write_text(text, encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider",
         "--import-mode=importlib", "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=tmp_path, env={"PYTHONPATH": str(repository), "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert "36 passed" in ran.stdout, ran.stdout
    folders = sorted(path.name.split("-")[0] for path in made.iterdir())
    assert folders == ["cli", "oracle", "vault"]
    assert len({path.name.split("-")[1] for path in made.iterdir()}) == 2


def test_kills_are_shared_out_and_a_module_stays_whole_where_its_folder_does_not() -> None:
    kill = "tests/integration/test_kill.py::test_kill[a]"
    assert group_of(kill) == kill
    assert group_of("tests/integration/test_real_data.py::test_a[b]") == "test_real_data"
    assert group_of("tests/dbt/test_sales.py::test_a[x/y::z]") == "dbt"
