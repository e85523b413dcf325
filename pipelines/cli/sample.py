"""``sample``: a synthetic CRM on disk, with the truth beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.session import session_of
from pipelines.common.errors import UsageError


def sample(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(file_okay=False)],
    scale: Annotated[float, typer.Option("--scale", min=0.01)] = 1,
    seed: Annotated[int, typer.Option("--seed", min=0)] = 1,
) -> None:
    """Write a synthetic Dutch/English CRM into a folder that is empty or not there."""
    from pipelines.sample import write_sample

    session = session_of(context)
    if out.is_dir() and any(out.iterdir()):
        raise UsageError(
            "the folder holds something already",
            code="folder_not_empty",
            where={"folder": str(out)},
            todo="name an empty one, so that two samples do not mix",
        )
    with session.output.progress() as progress:
        summary = write_sample(out, scale=scale, seed=seed, progress=progress)
    rows = dict(summary.rows)
    session.output.document({"out": str(out), "scale": scale, "seed": seed, "rows": rows})
    session.output.say("sample_written", rows=sum(rows.values()), out=out)
