"""How long an access package takes: gathered, blacked out, sealed, and its files made."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.homes import fill_inbox, make_home, settings_of
from benchmarks.measure import middle, peak_megabytes, run_child

TURNS = 5
AS_OF = "2026-11-02T06:00:00+00:00"


def measure_access(samples: Any, tell: Callable[[str], None]) -> dict[str, Any]:
    """Packages of persons with many records in a home of this scale."""
    root = published_home(samples, tell)
    tell(f"access packages at scale {samples.scale:g}")
    return {"scale": samples.scale} | run_child("access", root=root)


def published_home(samples: Any, tell: Callable[[str], None]) -> Path:
    """The folder of a home of this scale that has run once, with its ledger; kept and used again."""
    root: Path = samples.work / "published"
    if not (root / "home" / "analytics.duckdb").exists():
        shutil.rmtree(root, ignore_errors=True)
        fill_inbox(make_home(root), samples.first)
        tell(f"a published home at scale {samples.scale:g}")
        run_child("pipeline", root=root, spans=samples.spans, as_of=AS_OF)
    return root


def access(root: str) -> dict[str, Any]:
    """Packages of the persons with most records; the detector is loaded apart, as in a long run."""
    import sqlalchemy as sa

    from pipelines.packages.drafts import make_draft
    from pipelines.packages.render import files_of
    from pipelines.privacy.detector import make_detector
    from pipelines.runs import Deployment
    from pipelines.vault.schema import sealed_records as t

    started = time.perf_counter()
    detector = make_detector()
    detector.detect(["warm"])
    loaded = time.perf_counter() - started
    of_customers = t.c.entity.in_(("interactions", "tickets"))
    busiest = (
        sa.select(t.c.subject_id)
        .where(t.c.subject_id.is_not(None), of_customers)
        .group_by(t.c.subject_id)
        .order_by(sa.func.count().desc(), t.c.subject_id)
        .limit(TURNS + 1)
    )
    gathered: list[float] = []
    rendered: list[float] = []
    records: list[int] = []
    with Deployment.open(settings_of(Path(root))) as deployment:
        with deployment.vault.read() as conn:
            persons = list(conn.scalars(busiest))
        for subject_id in persons:
            begun = time.perf_counter()
            draft = make_draft(
                deployment, subject_id, "access", request=None, language="nl", detector=detector
            )
            made = time.perf_counter()
            files_of(draft.package)
            rendered.append(time.perf_counter() - made)
            gathered.append(made - begun)
            records.append(len(draft.package["records"]))
    return {
        "detector_seconds": loaded,
        "first_seconds": gathered[0] + rendered[0],
        "gathered_seconds": middle(gathered[1:]),
        "rendered_seconds": middle(rendered[1:]),
        "records": middle(records),
        "peak": peak_megabytes(),
    }
