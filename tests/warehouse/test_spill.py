"""Each process spills into a folder of its own, which goes when it is dead and not before."""

from __future__ import annotations

import signal
import stat
import subprocess
import sys
from pathlib import Path

from pipelines.warehouse.spill import clear_abandoned, own_folder

HOLDER = """
import sys
from pathlib import Path
from pipelines.warehouse.spill import own_folder
folder = own_folder(Path(sys.argv[1]))
(folder / "duckdb_temp_storage_DEFAULT-0.tmp").write_bytes(b"sealed")
print(folder, flush=True)
sys.stdin.read()
"""


def test_folder_of_a_living_process_stays_and_that_of_a_killed_one_goes(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout is not None
        folder = Path(other.stdout.readline().strip())
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        clear_abandoned(tmp_path)
        assert [p.name for p in folder.iterdir()] == ["duckdb_temp_storage_DEFAULT-0.tmp"]
        other.send_signal(signal.SIGKILL)
    clear_abandoned(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_ends_takes_its_folder_along(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", HOLDER, str(tmp_path)], input="", text=True, check=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert done.stdout.strip()
    assert list(tmp_path.iterdir()) == []


def test_one_folder_for_a_process_and_a_new_one_when_it_was_taken_away(tmp_path: Path) -> None:
    first = own_folder(tmp_path)
    assert own_folder(tmp_path) == first
    clear_abandoned(tmp_path)
    assert first.is_dir(), "its own folder is not abandoned"
    first.rmdir()
    assert own_folder(tmp_path).is_dir()


def test_files_that_older_versions_left_go_too(tmp_path: Path) -> None:
    (tmp_path / "left.tmp").write_bytes(b"sealed")
    clear_abandoned(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_forked_child_neither_removes_the_folder_nor_keeps_its_lock(tmp_path: Path) -> None:
    forks = HOLDER.replace(
        "sys.stdin.read()",
        "import os; child = os.fork(); child or sys.exit(0); os.waitpid(child, 0)\n"
        "print(folder.is_dir(), flush=True)",
    )
    done = subprocess.run(
        [sys.executable, "-c", forks, str(tmp_path)], text=True, check=True, stdout=subprocess.PIPE
    )
    assert done.stdout.split()[-1] == "True"
    assert list(tmp_path.iterdir()) == []


def test_a_reader_of_a_folder_that_is_not_there_gets_it_itself(tmp_path: Path) -> None:
    assert own_folder(tmp_path / "absent") == tmp_path / "absent"
