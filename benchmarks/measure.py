"""What every child process reports of itself, and how a child is run."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
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


class PeakWatch:
    """The most memory held while each of several parts ran, in MB; nothing where not Linux."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}

    def wrap(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its peak kept under a name; parts may not lie within each other."""

        def watched(*args: Any, **options: Any) -> Any:
            _forget_peak()
            try:
                return function(*args, **options)
            finally:
                peak = _peak_since()
                if peak:
                    self.parts[name] = max(self.parts.get(name, 0.0), peak)

        return watched


def _forget_peak() -> None:
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")  # Linux: the peak begins anew


def _peak_since() -> float:
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(x.split()[1]) / 1024 for x in lines if x.startswith("VmHWM:")), 0.0)


def peak_megabytes() -> float:
    """The most memory that this process has held.

    Not that of its children: Linux hands a process's own peak on to whatever it starts.
    """
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 if sys.platform != "darwin" else 1024 * 1024)


def run_child(task: str, **choices: Any) -> dict[str, Any]:
    """Run one task of :mod:`benchmarks.tasks` in a fresh process.

    Its whole time is ``process``; ``peak`` is the most that it and its children held together,
    looked at ten times a second where the system tells (Linux), or its own.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.tasks", task, json.dumps(choices, default=str)],
        stdout=subprocess.PIPE,
        env={k: v for k, v in os.environ.items() if not k.startswith("KLANTKLUIS_")},
    ) as child:
        together = _watched(child)
        output = child.stdout.read() if child.stdout else b""
    if child.returncode:
        raise SystemExit(f"the measurement {task} failed with status {child.returncode}")
    result: dict[str, Any] = json.loads(output.splitlines()[-1])
    result["process"] = time.perf_counter() - started
    result["peak"] = max(result.get("peak", 0.0), together)
    return result


def _watched(child: subprocess.Popen[bytes]) -> float:
    peak = 0.0
    while True:
        try:
            child.wait(0.1)
        except subprocess.TimeoutExpired:
            peak = max(peak, held_megabytes(child.pid))
        else:
            return peak


def held_megabytes(pid: int) -> float:
    """Megabytes that a process and its descendants hold; 0 where the system does not tell."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (OSError, IndexError, ValueError):
        return 0.0
    return pages * resource.getpagesize() / 1024**2 + sum(held_megabytes(int(p)) for p in below)


def middle(values: Iterable[float]) -> float:
    """The median."""
    return median(list(values))
