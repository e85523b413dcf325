"""No disk space, a read-only home, missing and wrong keys, two runs at once: one sentence, nothing
lost, nothing half-landed. Each through the command line, as an operator meets it."""

from __future__ import annotations

import ctypes
import json
import resource
import secrets
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.common.settings import Home
from pipelines.warehouse.lock import home_lock
from tests.support.compare import contents, differences_of_marts
from tests.support.demo import AS_OF, Demo, new_home

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A small home with a full inbox that has not run."""
    demo = new_home(tmp_path_factory.mktemp("waiting"), scale=0.03)
    demo.deliver()
    return demo


@pytest.fixture(scope="module")
def ran(waiting: Demo, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The same home after a run that nothing disturbed; read only."""
    demo = waiting.copy(tmp_path_factory.mktemp("ran"))
    run_in_peace(demo)
    return demo


@pytest.fixture
def own(waiting: Demo, tmp_path: Path) -> Demo:
    return waiting.copy(tmp_path)


def klantkluis(
    home: Home, *words: str, before: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "pipelines.cli.main", "--home", str(home.root), *words],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        preexec_fn=before,
    )


def assert_one_sentence(process: subprocess.CompletedProcess[str], status: int) -> None:
    assert process.returncode == status, process.stderr
    assert "Traceback" not in process.stderr
    lines = [line for line in process.stderr.splitlines() if line.strip()]
    assert lines, "no sentence"
    assert lines[-1].rstrip().endswith(".")


def limit_files_to(size: int) -> Callable[[], None]:
    """Every file of the process ends at ``size`` bytes, as on a disk that is full."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def run_in_peace(demo: Demo) -> None:
    demo.run(as_of=AS_OF)


@pytest.mark.parametrize("size", [1_000_000, pytest.param(200_000, marks=pytest.mark.soak)])
def test_run_without_space_loses_nothing(own: Demo, ran: Demo, size: int) -> None:
    before = {p.name for p in own.home.inbox.rglob("*") if p.is_file()}
    process = klantkluis(own.home, "run", before=limit_files_to(size))
    assert_one_sentence(process, 1)
    run_in_peace(own)
    assert differences_of_marts(ran.home, own.home) == {}
    assert before
    assert [p for p in own.home.inbox.rglob("*") if p.is_file()] == []


def obey_permissions() -> None:
    """Root may write anywhere, unless the capabilities to do so are dropped before ``exec``."""
    prctl = ctypes.CDLL(None).prctl
    for capability in (1, 2, 3):  # DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER; capability.h
        prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP


def test_run_in_read_only_home_says_so(own: Demo) -> None:
    places = [own.home.root, *own.home.root.rglob("*")]
    for path in places:
        path.chmod(0o500 if path.is_dir() else 0o400)
    process = klantkluis(own.home, "run", before=obey_permissions)
    for path in places:
        path.chmod(0o700 if path.is_dir() else 0o600)
    assert_one_sentence(process, 1)
    assert [p for p in own.home.inbox.rglob("*") if p.is_file()]


@pytest.mark.parametrize("name", ["master.key", "warehouse.key", "analyst.key"])
def test_missing_key_is_not_allowed(own: Demo, name: str) -> None:
    (own.home.keys / name).unlink()
    process = klantkluis(own.home, "run")
    assert_one_sentence(process, 3)
    assert name in process.stderr


def test_wrong_master_key_opens_nothing(own: Demo) -> None:
    _replace_key(own.home.keys / "master.key")
    assert_one_sentence(klantkluis(own.home, "run"), 3)


def test_wrong_warehouse_key_changes_nothing(ran: Demo, tmp_path: Path) -> None:
    own = ran.copy(tmp_path)
    right = (own.home.keys / "warehouse.key").read_text()
    before = contents(own.home)
    own.deliver()
    _replace_key(own.home.keys / "warehouse.key")
    assert_one_sentence(klantkluis(own.home, "run"), 3)
    (own.home.keys / "warehouse.key").write_text(right)
    assert contents(own.home) == before


def test_analyst_with_wrong_key_reads_nothing(ran: Demo, tmp_path: Path) -> None:
    own = ran.copy(tmp_path)
    _replace_key(own.home.keys / "analyst.key")
    process = klantkluis(own.home, "sql", "from marts.kpi_campaign")
    assert_one_sentence(process, 3)
    assert process.stdout == ""


def test_readable_key_file_is_refused(own: Demo) -> None:
    (own.home.keys / "master.key").chmod(0o644)
    assert_one_sentence(klantkluis(own.home, "run"), 3)


def test_second_run_at_once_is_told_to_wait(own: Demo) -> None:
    with home_lock(own.home, 0):
        assert_one_sentence(klantkluis(own.home, "run"), 4)
        assert_one_sentence(klantkluis(own.home, "--wait", "1", "run"), 4)


def test_status_answers_in_one_document(own: Demo) -> None:
    process = klantkluis(own.home, "--json", "status")
    assert process.returncode == 0, process.stderr
    assert isinstance(json.loads(process.stdout), dict)


def _replace_key(path: Path) -> None:
    path.write_text(secrets.token_hex(32) + "\n")
    path.chmod(0o600)
