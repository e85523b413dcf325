"""What is measured, each in a process of its own: ``python -m benchmarks.tasks TASK JSON``.

Prints one line of JSON: times, counts and the peak of memory.
"""

from __future__ import annotations

import importlib
import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.browsing import browse
from benchmarks.dashboards import read, republish
from benchmarks.homes import settings_of
from benchmarks.measure import PeakWatch, Stopwatch, peak_megabytes
from benchmarks.truth_detector import TimedDetector, TruthDetector
from pipelines.common.memory import collect_seldom


def prepare(root: str, spans: str) -> dict[str, Any]:
    """Land what lies in the inbox, unmeasured: what a measurement refers to."""
    _land(Path(root), Path(spans))
    return {}


def peer_events(files: list[str], folder: str) -> dict[str, Any]:
    """Polars reads the files, DuckDB writes them, unencrypted."""
    import duckdb
    import polars as pl

    rows = 0
    clock, cpu = time.perf_counter(), time.process_time()
    with closing(duckdb.connect(str(Path(folder) / "peer.duckdb"))) as connection:
        for place, file in enumerate(files):
            frame = pl.read_csv(file, infer_schema=False, truncate_ragged_lines=True)
            connection.register("frame", frame.to_arrow())
            connection.execute(f"create table t{place} as select * from frame")
            rows += frame.height
    return {
        "rows": rows,
        "seconds": time.perf_counter() - clock,
        "cpu": time.process_time() - cpu,
    }


def land(root: str, spans: str) -> dict[str, Any]:
    """Land the inbox: times by entity of the files, and what was read."""
    return _land(Path(root), Path(spans))


def floor(root: str, folder: str, files: list[str]) -> dict[str, Any]:
    """A bare loop: seal each row under its person's key and insert it into SQLite."""
    parts: dict[str, Any] = {}
    for path in map(Path, files):
        for entity, rows, columns, owner in _canonical(Path(root), path):
            part = parts.setdefault(entity, {"rows": 0, "seconds": 0.0, "cpu": 0.0})
            clock, cpu = _bare(Path(folder) / f"floor-{entity}.db", rows, columns, owner)
            part["rows"] += rows.height
            part["seconds"] += clock
            part["cpu"] += cpu
    return {"parts": parts}


def _bare(path: Path, frame: Any, columns: list[str], owner: str) -> tuple[float, float]:
    import orjson
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    keys: dict[Any, bytes] = {v: os.urandom(32) for v in frame[owner].unique()}
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in ("journal_mode=wal", "secure_delete=on", "synchronous=full", "cache_size=-65536"):
        connection.execute(f"pragma {pragma}")
    connection.execute("create table if not exists rows (id integer primary key, sealed blob)")
    ciphers: dict[Any, AESGCM] = {}

    def sealed() -> Iterator[tuple[bytes]]:
        for person, row in zip(owners, rows, strict=True):
            cipher = ciphers.get(person)
            if cipher is None:
                cipher = ciphers[person] = AESGCM(keys[person])
            nonce = os.urandom(12)
            yield (nonce + cipher.encrypt(nonce, orjson.dumps(row, default=str), b"rows"),)

    owners = frame[owner].to_list()
    clock, cpu = time.perf_counter(), time.process_time()
    rows = frame.select(columns).iter_rows(named=True)
    connection.execute("begin immediate")
    connection.executemany("insert into rows (sealed) values (?)", sealed())
    connection.execute("commit")
    spent = time.perf_counter() - clock, time.process_time() - cpu
    connection.close()
    return spent


def _canonical(root: Path, path: Path) -> Iterator[tuple[str, Any, list[str], str]]:
    """Frames of the sealed entities of a file, with the columns that are sealed."""
    from pipelines.common.entities import load_entities
    from pipelines.landing.chunks import canonical_chunks
    from pipelines.landing.sources import match_files
    from pipelines.runs import Deployment

    settings = settings_of(root)
    with Deployment.open(settings) as deployment:
        policy, source = deployment.policy, deployment.sources[path.parent.name]
        mapping = next(m for m in match_files(source, path.parent) if m.path == path)
        chunks = canonical_chunks(path, mapping.file_mapping, source, settings.chunk_rows)
        for chunk in chunks:
            for name, frame in chunk.frames.items():
                columns = list(policy.entities[name].sealed_columns)
                if columns and frame.height:
                    owners = ("contact_id", "ticket_id", "user_id", load_entities()[name].key[0])
                    owner = next(c for c in owners if c in frame.columns)
                    yield mapping.file_mapping.entities[0].entity, frame, columns, owner


def _land(root: Path, spans: Path) -> dict[str, Any]:
    from pipelines.batches import land as landing
    from pipelines.batches.context import Tools
    from pipelines.common.entities import load_entities
    from pipelines.runs import Deployment

    settings = settings_of(root)
    detector = TruthDetector(spans)
    parts, inner = _time_files(landing, detector)
    tools = Tools(settings, detector)
    importlib.import_module("great_expectations")  # the peers' imports are not counted either
    for name in load_entities():
        tools.checker(name)
    clock, cpu = time.perf_counter(), time.process_time()
    with Deployment.open(settings) as deployment:
        summary = landing.land_inbox(deployment, tools=tools)
    seconds, cpu_seconds = time.perf_counter() - clock, time.process_time() - cpu
    _check_all_landed(summary)
    return {
        "rows": sum(b.rows_read for b in summary.batches),
        "seconds": seconds,
        "cpu": cpu_seconds,
        "parts": parts,
        "inside": {n: s._asdict() for n, s in inner.parts.items()},
        "detection": detector.seconds,
        "peak": peak_megabytes(),
    }


def _check_all_landed(summary: Any) -> None:
    failed = [f"{b.source} {b.pattern}" for b in summary.failed]
    if failed:
        raise SystemExit(f"files did not land: {failed}")


def _time_files(
    landing: Any, detector: TimedDetector | TruthDetector
) -> tuple[dict[str, Any], Stopwatch]:
    """Time every file under the first entity it yields, and the steps inside a file."""
    from pipelines.batches import rows as steps
    from pipelines.quality.contracts import ContractChecker

    inner = Stopwatch()
    landing.canonical_chunks = _timed_chunks(inner, landing.canonical_chunks)
    for name in ("split_known", "find_persons", "redact_texts", "seal_rows", "pseudonymise"):
        setattr(steps, name, inner.wrap(name, getattr(steps, name)))
    split = inner.wrap("contract", ContractChecker.split)
    setattr(ContractChecker, "split", split)  # noqa: B010 - mypy allows no method to be replaced
    for name in ("append", "write", "apply", "commit"):
        method = inner.wrap("warehouse", getattr(landing.BatchWriter, name))
        setattr(landing.BatchWriter, name, method)
    parts: dict[str, Any] = {}
    plain = landing._land_or_report

    def timed(context: Any, connection: Any, file: Any, *rest: Any) -> Any:
        clock, cpu, detection = time.perf_counter(), time.process_time(), detector.seconds
        report = plain(context, connection, file, *rest)
        part = parts.setdefault(
            file.mapping.entities[0].entity,
            {"rows": 0, "seconds": 0.0, "cpu": 0.0, "detection": 0.0},
        )
        part["rows"] += report.rows_read
        part["seconds"] += time.perf_counter() - clock
        part["cpu"] += time.process_time() - cpu
        part["detection"] += detector.seconds - detection
        return report

    landing._land_or_report = timed
    return parts, inner


def _timed_chunks(inner: Stopwatch, plain: Callable[..., Iterator[Any]]) -> Callable[..., Any]:
    def timed(*args: Any) -> Iterator[Any]:
        chunks = iter(plain(*args))
        ask = inner.wrap("read_and_map", lambda: next(chunks, None))
        while (chunk := ask()) is not None:
            yield chunk

    return timed


def pipeline(root: str, spans: str, as_of: str) -> dict[str, Any]:
    """One whole run, with the time of each stage and of each kind of file.

    Without ``spans`` texts go through the real detector.
    """
    from datetime import datetime

    started = time.perf_counter(), time.process_time()
    from pipelines.batches import land as landing
    from pipelines.batches.context import Tools
    from pipelines.jobs import run_pipeline
    from pipelines.steps import PipelineRun

    settings = settings_of(Path(root), workers=0)
    detector = TruthDetector(Path(spans)) if spans else TimedDetector(settings.workers)
    parts, inner = _time_files(landing, detector)
    stages, peaks = Stopwatch(), PeakWatch()
    for name in ("land", "build", "check", "publish"):
        watched = peaks.wrap(name, getattr(PipelineRun, name))
        setattr(PipelineRun, name, stages.wrap(name, watched))
    summary = run_pipeline(
        settings, tools=Tools(settings, detector), as_of=datetime.fromisoformat(as_of)
    )
    _check_all_landed(summary.landed)
    return {
        "rows": sum(b.rows_read for b in summary.landed.batches),
        "seconds": time.perf_counter() - started[0],
        "cpu": time.process_time() - started[1],
        "stages": {n: s._asdict() for n, s in stages.parts.items()},
        "peaks": peaks.parts,
        "parts": parts,
        "inside": {n: s._asdict() for n, s in inner.parts.items()},
        "detection": detector.seconds,
        "texts": detector.texts,
        "built": summary.built_nodes,
        "peak": max([peak_megabytes(), *peaks.parts.values()]),
    }


def access(**choices: Any) -> dict[str, Any]:
    """Packages for subjects: see :mod:`benchmarks.access`."""
    from benchmarks.access import access as timed

    return timed(**choices)


def grow(root: str, times: int) -> dict[str, Any]:
    """Make a landed home many times as large: see :mod:`benchmarks.growth`."""
    from benchmarks.growth import grow as grown

    return grown(root, times)


def grow_warehouse(root: str, times: int) -> dict[str, Any]:
    """Make a landed home's warehouse many times as large: see :mod:`benchmarks.growth`."""
    from benchmarks.growth import grow_warehouse as grown

    return grown(root, times)


def erasure(**choices: Any) -> dict[str, Any]:
    """Erase one person, and many at once: see :mod:`benchmarks.erasure`."""
    from benchmarks.erasure import erasure as timed

    return timed(**choices)


def analysts(root: str) -> dict[str, Any]:
    """The questions of docs/analysts.md: see :mod:`benchmarks.analysts`."""
    from benchmarks.analysts import analysts as timed

    return timed(root)


def build(**choices: Any) -> dict[str, Any]:
    """A full build and each model's bare SQL: see :mod:`benchmarks.build`."""
    from benchmarks.build import build as timed

    return timed(**choices)


_ALL = (prepare, peer_events, land, floor, pipeline, access, grow, grow_warehouse, erasure,
        browse, read, republish, analysts, build)  # fmt: skip
TASKS: dict[str, Callable[..., dict[str, Any]]] = {f.__name__: f for f in _ALL}

if __name__ == "__main__":
    collect_seldom()  # as the command line does
    result = TASKS[sys.argv[1]](**json.loads(sys.argv[2]))
    sys.stdout.write("\n" + json.dumps(result) + "\n")
