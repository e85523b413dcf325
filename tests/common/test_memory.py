"""What a process that is one command does about garbage, seen in a process of its own."""

from __future__ import annotations

import subprocess
import sys

COMMAND = """
import atexit, gc, sys

atexit.register(lambda: sys.stdout.write(f"{gc.get_freeze_count() > 1000} {gc.get_threshold()[0]}"))
from pipelines.common.memory import collect_seldom

collect_seldom()
"""


def test_a_command_looks_for_garbage_seldom_and_not_at_its_end() -> None:
    told = subprocess.run(
        [sys.executable, "-c", COMMAND], capture_output=True, text=True, check=True
    )
    assert told.stdout == "True 200000"
