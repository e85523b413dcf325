"""Runs the pipeline in this process and kills it with SIGKILL at one point.

Usage: kill_driver.py HOME POINT CALL AS_OF. POINT is ``before`` or ``after``, a colon and the
dotted name of a function; it dies at the CALL-th time that it is reached. Prints nothing.
"""

from __future__ import annotations

import importlib
import itertools
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any


def arm(point: str, call: int) -> None:
    """Make the process die when it comes to the point for the ``call``-th time."""
    when, _, dotted = point.partition(":")
    owner, name = _resolve(dotted)
    original: Callable[..., Any] = getattr(owner, name)
    calls = itertools.count(1)  # whole also where two threads come at once

    def deadly(*args: Any, **kwargs: Any) -> Any:
        number = next(calls)
        if when == "before" and number == call:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        if when == "after" and number == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, deadly)


def _resolve(dotted: str) -> tuple[Any, str]:
    parts = dotted.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            owner: Any = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        for part in parts[cut:-1]:
            owner = getattr(owner, part)
        return owner, parts[-1]
    raise ValueError(dotted)


def main() -> None:
    home, point, call, as_of = sys.argv[1:5]
    from pipelines.common.settings import Settings
    from pipelines.jobs import run_pipeline

    settings = Settings(home=Path(home), chunk_rows=300)
    if point != "none":
        arm(point, int(call))
    run_pipeline(settings, as_of=datetime.fromisoformat(as_of))


if __name__ == "__main__":
    main()
