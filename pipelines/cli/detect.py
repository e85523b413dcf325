"""``detect``: personal data in text, JSON lines in and out.

Privacy: text in; offsets and types out, never the text itself, and nothing is kept.
"""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.session import session_of

LINES_PER_PROCESS = 2_000


def detect(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(dir_okay=False, exists=True)] = None,
    processes: Annotated[int, typer.Option("--processes", min=1, max=256)] = 1,
) -> None:
    """Find spans of personal data in the texts of a file or of standard input."""
    from pipelines.privacy.detector import PooledDetector, make_detector
    from pipelines.privacy.stream import detect_lines, lines_of

    settings = session_of(context).settings
    # the default is a language of messages; texts are in it only when somebody says so
    language = settings.lang if "lang" in settings.model_fields_set else None
    detector = make_detector(processes)
    out = sys.stdout.buffer
    try:
        with file.open("rb") if file else nullcontext(sys.stdin.buffer) as stream:
            for line in detect_lines(
                lines_of(stream), detector, language, LINES_PER_PROCESS * processes
            ):
                out.write(line)
        out.flush()
    except BrokenPipeError:
        # the reader has gone (`| head`) with what it wanted; the rest goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    finally:
        if isinstance(detector, PooledDetector):
            detector.close()
