"""The measurements: landing against its bare peers, and whole runs of the pipeline."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.homes import copy_home, fill_inbox, make_home
from benchmarks.measure import middle, run_child
from benchmarks.truth_detector import write_span_store
from pipelines.sample import later_delivery, write_sample

EVENT_FILES = ("events", "web_events")
REFERRED_TO = (
    "organisaties", "medewerkers", "contactpersonen", "customers", "requesters", "campaigns",
)  # fmt: skip
SEALED_FILES = (
    "organisaties", "contactpersonen", "customers", "requesters", "tickets-", "portal_tickets",
    "ticket_events", "contactmomenten", "taken", "toestemmingen", "surveys", "portal_surveys",
)  # fmt: skip
AS_OF, LATER = "2026-11-02T06:00:00+00:00", "2026-11-02T18:00:00+00:00"

_FULL_RUN = "full-run.json"
"""Beside a kept home: what the run that made it took."""

Tell = Callable[[str], None]


class Samples:
    """The sample at one scale with its later delivery and its spans; made when first asked for."""

    def __init__(self, folder: Path, scale: float, seed: int) -> None:
        self.scale = scale
        self.first, self.later = folder / "first", folder / "later"
        self.spans = folder / "spans.db"
        self.work = folder / "work"
        self.landed = folder / "landed"
        if not self.spans.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            write_sample(self.first, scale, seed)
            later_delivery(self.later, scale, seed)
            write_span_store(self.spans, (self.first, self.later))

    def files(self, stems: Sequence[str]) -> list[Path]:
        """Files of the first delivery whose names begin so."""
        return [p for p in sorted(self.first.glob("*/*")) if p.name.startswith(tuple(stems))]


def measure_events(samples: Samples, repeat: int, tell: Tell) -> dict[str, Any]:
    """Event entities, which keep no sealed copy, against Polars reading and DuckDB writing."""
    base = _referred_to(samples)
    files = [str(p) for p in samples.files(EVENT_FILES)]
    ours, peer = [], []
    for turn in range(repeat):
        tell(f"events at scale {samples.scale:g}, turn {turn + 1} of {repeat}")
        folder = _fresh(samples.work / "peer")
        peer.append(run_child("peer_events", files=files, folder=folder))
        settings = copy_home(base, samples.work / "copy")
        fill_inbox(settings, samples.first, EVENT_FILES)
        ours.append(run_child("land", root=samples.work / "copy", spans=samples.spans))
    return _compared("campaign_events, web_events", samples, ours, peer)


def measure_sealed(samples: Samples, repeat: int, tell: Tell) -> list[dict[str, Any]]:
    """Sealed entities against a loop that only seals and inserts the same rows."""
    base = samples.work / "empty"
    shutil.rmtree(base, ignore_errors=True)
    make_home(base)
    files = [str(p) for p in samples.files(SEALED_FILES)]
    ours, floors = [], []
    for turn in range(repeat):
        tell(f"sealed entities at scale {samples.scale:g}, turn {turn + 1} of {repeat}")
        folder = _fresh(samples.work / "floor")
        floors.append(run_child("floor", root=base, folder=folder, files=files))
        settings = copy_home(base, samples.work / "copy")
        fill_inbox(settings, samples.first, SEALED_FILES)
        ours.append(run_child("land", root=samples.work / "copy", spans=samples.spans))
    rows = [
        _compared(
            entity,
            samples,
            [_without_detection(o["parts"][entity]) for o in ours],
            [f["parts"][entity] for f in floors],
        )
        for entity in floors[0]["parts"]
    ]
    whole = _compared(
        "all sealed entities",
        samples,
        [_total(_without_detection(o["parts"][e]) for e in floors[0]["parts"]) for o in ours],
        [_total(f["parts"].values()) for f in floors],
    )
    whole["inside"] = _inside(ours[-1])
    alone = _compared(
        "of these the step that seals and inserts, alone",
        samples,
        [_step(o, "seal_rows", whole["rows"]) for o in ours],
        [_total(f["parts"].values()) for f in floors],
    )
    return [*rows, whole, alone | {"has_aim": False}]


def measure_pipeline(
    samples: Samples, tell: Tell, *, detector: bool = False, keep: bool = False
) -> dict[str, Any]:
    """A full run, a run with nothing new, and one with the later delivery, in one home.

    Args:
        samples: What lands.
        tell: Is told what is measured.
        detector: Texts go through the real detector instead of the truth.
        keep: Keep the home as it is before the later delivery, for :func:`measure_delivery`.
    """
    root = samples.work / "pipeline"
    shutil.rmtree(root, ignore_errors=True)
    settings = make_home(root)
    fill_inbox(settings, samples.first)
    choices = {"root": root, "spans": "" if detector else samples.spans}
    tell(f"whole pipeline at scale {samples.scale:g}")
    full = run_child("pipeline", as_of=AS_OF, **choices)
    tell(f"nothing new at scale {samples.scale:g}")
    nothing = [run_child("pipeline", as_of=AS_OF, **choices) for _ in range(3)]
    if keep:
        copy_home(root, samples.landed)
        (samples.landed / _FULL_RUN).write_text(json.dumps(full), encoding="utf-8")
    tell(f"later delivery at scale {samples.scale:g}")
    fill_inbox(settings, samples.later)
    later = run_child("pipeline", as_of=LATER, **choices)
    size = sum(p.stat().st_size for p in settings.home.rglob("*") if p.is_file())
    shutil.rmtree(root, ignore_errors=True)
    return {
        "scale": samples.scale,
        "detector": detector,
        "full": full,
        "nothing": {"process": middle(n["process"] for n in nothing), "peak": nothing[0]["peak"]},
        "later": later,
        "home_megabytes": size / 1e6,
        "nothing_ratio": middle(n["process"] for n in nothing) / full["process"],
        "later_ratio": later["process"] / full["process"],
    }


def measure_delivery(
    samples: Samples, repeat: int, tell: Tell, *, detector: bool = False
) -> dict[str, Any]:
    """The later delivery alone, in copies of the home that a whole pipeline left.

    Args:
        samples: Of a pipeline that was measured with ``keep``; else one is landed first.
        repeat: How often; the middle one counts.
        tell: Is told what is measured.
        detector: Texts go through the real detector instead of the truth.
    """
    kept = samples.landed / _FULL_RUN
    spans = "" if detector else samples.spans
    # always at one place: in a home that has moved dbt parses its project anew, seconds of work
    root = samples.work / "pipeline"
    if not kept.exists():
        tell(f"a home at scale {samples.scale:g} for the later delivery")
        shutil.rmtree(root, ignore_errors=True)
        fill_inbox(make_home(root), samples.first)
        full = run_child("pipeline", root=root, spans=spans, as_of=AS_OF)
        copy_home(root, samples.landed)
        kept.write_text(json.dumps(full), encoding="utf-8")
    full = json.loads(kept.read_text(encoding="utf-8"))
    runs = []
    for turn in range(repeat):
        tell(f"later delivery at scale {samples.scale:g}, turn {turn + 1} of {repeat}")
        fill_inbox(copy_home(samples.landed, root), samples.later)
        runs.append(run_child("pipeline", root=root, spans=spans, as_of=LATER))
    shutil.rmtree(root, ignore_errors=True)
    later = sorted(runs, key=lambda run: float(run["process"]))[len(runs) // 2]
    return {
        "scale": samples.scale,
        "detector": detector,
        "full": full,
        "later": later,
        "later_ratio": later["process"] / full["process"],
    }


def _referred_to(samples: Samples) -> Path:
    base = samples.work / "referred"
    shutil.rmtree(base, ignore_errors=True)
    settings = make_home(base)
    fill_inbox(settings, samples.first, REFERRED_TO)
    run_child("prepare", root=base, spans=samples.spans)
    return base


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _without_detection(part: dict[str, Any]) -> dict[str, Any]:
    spent = part["detection"]
    return part | {"seconds": part["seconds"] - spent, "cpu": part["cpu"] - spent}


def _step(result: dict[str, Any], name: str, rows: int) -> dict[str, Any]:
    spent = result["inside"][name]
    return {"rows": rows, "seconds": spent["seconds"], "cpu": spent["cpu_seconds"]}


def _total(parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    parts = list(parts)
    return {name: sum(p[name] for p in parts) for name in ("rows", "seconds", "cpu")}


def _compared(
    what: str, samples: Samples, ours: list[dict[str, Any]], peer: list[dict[str, Any]]
) -> dict[str, Any]:
    rows = ours[0]["rows"]
    made = {
        "what": what,
        "scale": samples.scale,
        "rows": rows,
        "ours_us": middle(o["seconds"] / rows * 1e6 for o in ours),
        "peer_us": middle(p["seconds"] / rows * 1e6 for p in peer),
        "ratio": middle(o["seconds"] / p["seconds"] for o, p in zip(ours, peer, strict=True)),
        "cpu_ratio": middle(o["cpu"] / p["cpu"] for o, p in zip(ours, peer, strict=True)),
    }
    return made | ({"inside": _inside(ours[-1])} if "inside" in ours[-1] else {})


def _inside(result: dict[str, Any]) -> dict[str, float]:
    return {
        name: spent["seconds"] - (result["detection"] if name == "redact_texts" else 0)
        for name, spent in result["inside"].items()
    }
