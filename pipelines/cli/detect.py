"""``detect``: personal data in text, JSON lines in and out.

Privacy: text in; offsets and types out, never the text itself, and nothing is kept. With
``--flags`` counts of landed texts; with ``--category`` pseudonymous keys of records, on record.
"""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.session import Session, session_of
from pipelines.common.errors import UsageError

LINES_PER_PROCESS = 2_000


def detect(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(dir_okay=False, exists=True)] = None,
    processes: Annotated[int, typer.Option("--processes", min=1, max=256)] = 1,
    flags: Annotated[bool, typer.Option("--flags")] = False,
    category: Annotated[str | None, typer.Option("--category")] = None,
) -> None:
    """Find spans of personal data in the texts of a file or of standard input."""
    if flags or category is not None:
        _flags(session_of(context), category)
        return
    from pipelines.privacy.detector import make_detector
    from pipelines.privacy.second_reader import close_detector
    from pipelines.privacy.stream import detect_lines, lines_of

    settings = session_of(context).settings
    # the default is a language of messages; texts are in it only when somebody says so
    language = settings.lang if "lang" in settings.model_fields_set else None
    detector = make_detector(processes, settings.second_reader)
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
        close_detector(detector)


def _flags(session: Session, category: str | None) -> None:
    """Special categories in the texts that have landed: counts, or which records of one of them."""
    from pii_rules.special_categories import load_categories
    from pipelines.cli.stores import open_vault
    from pipelines.vault.text_flags import flag_counts, flagged_records

    session.existing_home()
    known = load_categories()
    if category is not None and category not in known:
        raise UsageError(
            "there is no such special category",
            code="category_unknown",
            where={"known": ", ".join(sorted(known))},
        )
    rows: list[dict[str, object]]
    with open_vault(session) as vault:
        if category is None:
            with vault.read() as connection:
                rows = flag_counts(connection)
        else:
            with vault.begin() as connection:
                records = flagged_records(connection, vault, category, actor="steward")
                rows = [
                    record._asdict() | {"cue_classes": ", ".join(record.cue_classes)}
                    for record in records
                ]
    session.output.listing(rows, "no_flags")
