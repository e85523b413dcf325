"""The detector with its time told, and a stand-in that knows the spans from the sample's truth.

Detection is timed apart (``benchmarks/detection.py``); its time here is counted and told. Spans lie
in an SQLite file, so that the memory measured is the pipeline's own.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

import orjson

from pipelines.privacy.spans import Span


def write_span_store(path: Path, samples: Sequence[Path]) -> None:
    """The spans of deliveries by the digest of their text, texts without spans left out."""
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("create table spans (digest blob primary key, spans blob) without rowid")
    connection.executemany("insert or ignore into spans values (?, ?)", _rows(samples))
    connection.commit()
    connection.close()


def _rows(samples: Sequence[Path]) -> Iterator[tuple[bytes, bytes]]:
    from pipelines.sample import read_spans

    for sample in samples:
        for line in read_spans(sample / "truth"):
            if line["spans"]:
                spans = [(s["start"], s["end"], s["type"]) for s in line["spans"]]
                yield bytes.fromhex(line["digest"]), orjson.dumps(spans)


class TimedDetector:
    """The real detector, as a user's run has it; ``seconds`` is the time spent in it.

    Args:
        workers: Processes, 0 for all cores.
    """

    def __init__(self, workers: int) -> None:
        from pipelines.privacy.detector import make_detector

        self._detector = make_detector(workers)
        self.version = self._detector.version
        self.seconds = 0.0
        self.texts = 0

    def detect(
        self, texts: Sequence[str], languages: Sequence[str | None] | None = None
    ) -> list[list[Span]]:
        """What the detector finds."""
        started = time.perf_counter()
        found = self._detector.detect(texts, languages)
        self.texts += len(texts)
        self.seconds += time.perf_counter() - started
        return found


class TruthDetector:
    """Finds what the truth says; ``seconds`` is the time spent here."""

    version = "truth"

    def __init__(self, store: Path) -> None:
        self._connection = sqlite3.connect(f"file:{store}?mode=ro", uri=True)
        self.seconds = 0.0
        self.texts = 0

    def detect(
        self, texts: Sequence[str], languages: Sequence[str | None] | None = None
    ) -> list[list[Span]]:
        """The spans of each text, none for one that the truth does not know."""
        del languages
        started = time.perf_counter()
        look = self._connection.execute
        found: list[list[Span]] = []
        for text in texts:
            digest = blake2b(text.encode(), digest_size=12).digest()
            row = look("select spans from spans where digest = ?", (digest,)).fetchone()
            spans = orjson.loads(row[0]) if row else ()
            found.append([Span(start, end, kind, 1.0) for start, end, kind in spans])
        self.texts += len(texts)
        self.seconds += time.perf_counter() - started
        return found
