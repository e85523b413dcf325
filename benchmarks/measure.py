"""What every child process reports of itself, and how a child is run."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from statistics import median
from typing import Any, NamedTuple


class Spent(NamedTuple):
    """Seconds on the clock and of processors, of this process and the threads in it."""

    seconds: float
    cpu_seconds: float


class Stopwatch:
    """Adds up the time of named parts."""

    def __init__(self) -> None:
        self.parts: dict[str, Spent] = {}

    def wrap(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, timed under a name."""

        def timed(*args: Any, **options: Any) -> Any:
            clock, cpu = time.perf_counter(), time.process_time()
            try:
                return function(*args, **options)
            finally:
                self.add(name, time.perf_counter() - clock, time.process_time() - cpu)

        return timed

    def add(self, name: str, seconds: float, cpu_seconds: float) -> None:
        """Time spent on a part."""
        before = self.parts.get(name, Spent(0, 0))
        self.parts[name] = Spent(before.seconds + seconds, before.cpu_seconds + cpu_seconds)


def peak_megabytes() -> float:
    """The most memory that this process, or any one of its children, has held."""
    own, child = (
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024
    return float(own + child) / unit


def run_child(task: str, **choices: Any) -> dict[str, Any]:
    """Run one task of :mod:`benchmarks.tasks` in a fresh process; its whole time is ``process``."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.tasks", task, json.dumps(choices, default=str)],
        stdout=subprocess.PIPE,
        check=False,
        env={k: v for k, v in os.environ.items() if not k.startswith("KLANTKLUIS_")},
    )
    if done.returncode:
        raise SystemExit(f"the measurement {task} failed with status {done.returncode}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result | {"process": time.perf_counter() - started}


def middle(values: Iterable[float]) -> float:
    """The median."""
    return median(list(values))
