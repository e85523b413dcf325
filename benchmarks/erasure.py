"""How long it takes to erase: until nobody can read or address the person, and until published without.

Logically, that is holds and statutory periods looked up, ledger, key, rows of the vault, suppression
and audiences; physically, that is texts of others, the warehouse, what is derived, compaction and
publication too. The home is a landed one of scale 1 that was grown (:mod:`benchmarks.growth`).

``--logically`` leaves building, compacting and publishing out: at scale 1,000 they take most of an
hour, and the home need not have been built for the rest.
"""

from __future__ import annotations

import importlib
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from benchmarks.homes import copy_home, fill_inbox, make_home, settings_of
from benchmarks.measure import Stopwatch, peak_megabytes, run_child

AS_OF: Final = "2026-11-02T06:00:00+00:00"
BATCH: Final = 1000
PARTS: Final = {
    "find what is theirs": ("pipelines.rights.erasure", "_plans"),
    "seal what has to be kept": ("pipelines.rights.erasure", "_keep"),
    "ledger": ("pipelines.rights.erasure", "_write_intent"),
    "rows of the vault": ("pipelines.rights.erasure", "_take_out"),
    "texts of others": ("pipelines.rights.erasure", "cut_texts"),
    "rows of the warehouse": ("pipelines.erasures", "erase_facts"),
    "build": ("pipelines.steps.PipelineRun", "build"),
    "check": ("pipelines.steps.PipelineRun", "check"),
    "publish": ("pipelines.warehouse.publication", "publish"),
    "look through what is derived": ("pipelines.erasures", "prove_derived"),
    "compact": ("pipelines.erasures", "compact_warehouse"),
    "empty the vault's log": ("pipelines.vault.store.Vault", "checkpoint"),
}
"""Part to the function that does it."""


def measure_erasures(
    samples: Any, scales: list[float], tell: Callable[[str], None], *, logically: bool = False
) -> list[Any]:
    """One person, and many at once, at each scale. ``samples`` is of scale 1."""
    base = samples.work / "erasure-base"
    if not (base / "done").exists():
        shutil.rmtree(base, ignore_errors=True)
        fill_inbox(make_home(base), samples.first)
        tell("a home of scale 1 to erase from")
        run_child("pipeline", root=base, spans=samples.spans, as_of=AS_OF)
        (base / "done").touch()
    found = []
    for scale in sorted(scales):
        root = samples.work / f"{'logically' if logically else 'erasure'}-{scale:g}"
        if not (root / "grown").exists():
            tell(f"growing it to scale {scale:g}")
            shutil.rmtree(root, ignore_errors=True)
            copy_home(base, root)
            grown = run_child("grow", root=root, times=max(int(scale), 1)) if scale > 1 else {}
            if not logically:
                run_child("pipeline", root=root, spans=samples.spans, as_of=AS_OF)
            (root / "grown").write_text(str(grown.get("subjects", "")))
        tell(f"erasing at scale {scale:g}")
        found.append({"scale": scale} | run_child("erasure", root=root, logically=logically))
    return found


def erasure(root: str, logically: bool = False) -> dict[str, Any]:
    """One person after another that loads the code, then many at once."""
    settings = settings_of(Path(root)).model_copy(update={"workers": 0})
    persons = _persons(settings)
    first, one, many = persons[0], persons[1], persons[2:]
    return {
        "logically": logically,
        "first": _timed(settings, [first], logically),
        "one": _timed(settings, [one], logically),
        "many": _timed(settings, many, logically),
        "persons": len(many),
        "peak": peak_megabytes(),
    }


def _persons(settings: Any) -> list[int]:
    """Persons of the first copy with most records, then as many others as make a batch."""
    import sqlalchemy as sa

    from pipelines.runs import Deployment
    from pipelines.vault.schema import sealed_records, subjects

    r, s = sealed_records.c, subjects.c
    alive = sa.and_(s.kind == "contact", s.state == "active")
    with Deployment.open(settings) as deployment, deployment.vault.read() as conn:
        every = list(conn.scalars(sa.select(s.subject_id).where(alive).order_by(s.subject_id)))
        busiest = list(
            conn.scalars(
                sa.select(r.subject_id)
                .where(r.subject_id.in_(every[:900]))
                .group_by(r.subject_id)
                .order_by(sa.func.count().desc(), r.subject_id)
                .limit(2)
            )
        )
    left = [i for i in every if i not in busiest]
    wanted = min(BATCH, len(every) // 2)
    return busiest + left[:: max(len(left) // wanted, 1)][:wanted]


def _timed(settings: Any, persons: list[int], logically: bool) -> dict[str, Any]:
    from pipelines.erasures import queue_erasures
    from pipelines.rights import erasure as steps
    from pipelines.steps import PipelineRun, RunChoices

    watch, gone = Stopwatch(), []
    with ExitStack() as patched:
        for part, (owner, name) in PARTS.items():
            holder = _holder(owner)
            patched.callback(setattr, holder, name, getattr(holder, name))
            setattr(holder, name, watch.wrap(part, getattr(holder, name)))
        take_out = steps._take_out

        def noted(*args: Any) -> Any:
            done = take_out(*args)
            gone.append(time.perf_counter())
            return done

        steps._take_out = noted
        with PipelineRun.locked(settings, RunChoices(as_of=datetime.fromisoformat(AS_OF))) as run:
            started, cpu = time.perf_counter(), time.process_time()
            queue_erasures(run.deployment.vault, persons)
            erased = _erase_alone(run) if logically else run.erase_and_publish()
            ended, spent = time.perf_counter(), time.process_time() - cpu
    if erased != len(persons):
        raise SystemExit(f"erased {erased} of {len(persons)}")
    return {
        "logical": gone[0] - started,
        "physical": ended - started,
        "cpu": spent,
        "parts": {n: s._asdict() for n, s in watch.parts.items()},
    }


def _erase_alone(run: Any) -> int:
    """Vault, texts and facts without the persons; nothing is built, compacted or published."""
    from pipelines.erasures import complete_published

    run.erase()
    with patch("pipelines.erasures.compact_warehouse"):
        return complete_published(run.deployment)


def _holder(owner: str) -> Any:
    """A module, or a class of one."""
    try:
        return importlib.import_module(owner)
    except ModuleNotFoundError:
        module, _, kind = owner.rpartition(".")
        return getattr(importlib.import_module(module), kind)
