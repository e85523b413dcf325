"""``classify``: what kinds of personal data the columns of an unknown file hold.

Privacy: a file in; names of columns, kinds and shares out, never a value; nothing is kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.session import session_of


def classify(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(dir_okay=False, exists=True)],
) -> None:
    """Classify the columns of a file and propose a mapping and rules for them."""
    from pipelines.batches.classify import classify_file
    from pipelines.common.policy import load_policy
    from pipelines.privacy.detector import make_detector

    output = session_of(context).output
    found = classify_file(file, make_detector(1), load_policy())
    output.document(
        {
            "columns": [column._asdict() for column in found.columns],
            "mapping": found.mapping,
            "rules": found.rules,
            "missing": found.missing,
        }
    )
    heads = ("column", "kind", "share", "confidence", "shape", "filled", "within")
    rows = [
        [
            getattr(c, h) if h != "within" else ", ".join(f"{k} {v}" for k, v in c.within.items())
            for h in heads
        ]
        for c in found.columns
    ]
    output.table(output.heads(heads), rows)
    output.line(found.mapping)
    output.line(found.rules)
