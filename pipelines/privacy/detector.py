"""Finds personal data in texts, in one process or in several.

Privacy: texts in, places out. Texts stay in memory; errors and logs carry none of them.
"""

from __future__ import annotations

import hashlib
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib.metadata import version as package_version
from importlib.resources import files
from types import TracebackType
from typing import Protocol, Self

from pii_rules.recognizers.registry import LANGUAGES, RegistryFaults, rules_fingerprint
from pipelines.common.errors import FailedError, PolicyError, UsageError
from pipelines.privacy.engine import SCORE_THRESHOLD, make_analyzer
from pipelines.privacy.languages import guess_language
from pipelines.privacy.normal_text import normal_text
from pipelines.privacy.spans import Span, resolve

__all__ = ["Detector", "PooledDetector", "PresidioDetector", "Span", "make_detector"]

_PIECE = 20_000
_OVERLAP = 256
_TASK_CHARACTERS = 200_000
_TASK_TEXTS = 1_000


class Detector(Protocol):
    """What finds personal data; ``version`` is stored with what it redacted."""

    version: str

    def detect(
        self, texts: Sequence[str], languages: Sequence[str | None] | None = None
    ) -> list[list[Span]]:
        """The spans of each text: by place, without overlaps, offsets in code points.

        Args:
            texts: Any texts, empty ones too.
            languages: ``nl``, ``en`` or None (guessed) for each text; None for all.
        """
        ...


def detector_version() -> str:
    """A hash of recognizers, lists, this package's code and Presidio's version."""
    digest = hashlib.sha256(rules_fingerprint().encode())
    digest.update(package_version("presidio-analyzer").encode())
    folder = files("pipelines.privacy")
    for name in ("detector.py", "engine.py", "languages.py", "normal_text.py", "spans.py"):
        digest.update(folder.joinpath(name).read_bytes())
    return digest.hexdigest()[:16]


class PresidioDetector:
    """Presidio's analyzer in this process.

    The same text is analysed once per call; a text longer than 20,000 code points goes through in
    overlapping pieces, so that memory and time stay proportional.

    Raises:
        PolicyError: When the recognizer registry and its classes disagree.
    """

    def __init__(self, score_threshold: float = SCORE_THRESHOLD) -> None:
        try:
            self._analyzer = make_analyzer()
        except RegistryFaults as error:
            raise PolicyError(
                f"the recognizer registry has {len(error.faults)} faults: {error}",
                code="recognizer_registry_wrong",
                where={"file": "pii_rules/recognizers/registry.yaml"},
            ) from None
        self._threshold = score_threshold
        self.version = detector_version()

    def detect(
        self, texts: Sequence[str], languages: Sequence[str | None] | None = None
    ) -> list[list[Span]]:
        """The spans of each text; see :class:`Detector`.

        Raises:
            UsageError: For a language that is not known, or when the two lists differ in length.
            FailedError: When the analyzer fails on a text; says which one by its position.
        """
        wanted = _languages(texts, languages)
        seen: dict[tuple[str, str | None], list[Span]] = {}
        found: list[list[Span]] = []
        for position, key in enumerate(zip(texts, wanted, strict=True)):
            spans = seen.get(key)
            if spans is None:
                spans = seen[key] = self._spans(position, *key)
            found.append(list(spans))
        return found

    def _spans(self, position: int, text: str, language: str | None) -> list[Span]:
        if not text or text.isspace():
            return []
        seen = normal_text(text)
        chosen = language or guess_language(seen.text)
        try:
            spans = [
                Span(
                    *seen.place(result.start + offset, result.end + offset),
                    result.entity_type,
                    result.score,
                )
                for offset, piece in _pieces(seen.text)
                for result in self._analyzer.analyze(piece, chosen, score_threshold=self._threshold)
            ]
        except Exception:  # noqa: BLE001 - whatever a recognizer raises may carry the text
            failure = FailedError(
                "detection failed on a text", code="detection_failed", where={"position": position}
            )
        else:
            return resolve(Span(s, e, kind, round(score, 2)) for s, e, kind, score in spans)
        raise failure


def _languages(
    texts: Sequence[str], languages: Sequence[str | None] | None
) -> Sequence[str | None]:
    if languages is None:
        return [None] * len(texts)
    if len(languages) != len(texts):
        raise UsageError("each text needs one language", code="languages_do_not_match")
    if any(language is not None and language not in LANGUAGES for language in languages):
        raise UsageError(
            "a language is not known", code="language_unknown", todo="give nl, en or none"
        )
    return languages


def _pieces(text: str) -> Iterator[tuple[int, str]]:
    """The text, or pieces of it that overlap, each cut behind a blank where there is one."""
    start = 0
    while len(text) - start > _PIECE:
        cut = max(text.rfind(" ", start, start + _PIECE), text.rfind("\n", start, start + _PIECE))
        end = cut + 1 if cut > start + _PIECE // 2 else start + _PIECE
        yield start, text[start:end]
        back = text.find(" ", end - _OVERLAP, end)
        start = back + 1 if back >= 0 else end - _OVERLAP
    yield start, text[start:]


_worker: PresidioDetector | None = None


def _start_worker(score_threshold: float) -> None:
    global _worker
    _worker = PresidioDetector(score_threshold)


def _detect_in_worker(texts: list[str], languages: list[str | None]) -> list[list[Span]]:
    assert _worker is not None
    return _worker.detect(texts, languages)


class PooledDetector:
    """Whole engines in spawned processes; results and order equal those of one process.

    Processes start with the first call and end with :meth:`close` or the ``with`` block.

    Args:
        workers: Number of processes, at least 1.
    """

    def __init__(self, workers: int, score_threshold: float = SCORE_THRESHOLD) -> None:
        if workers < 1:
            raise UsageError("a pool needs at least one worker", code="workers_wrong")
        self._workers = workers
        self._threshold = score_threshold
        self._pool: ProcessPoolExecutor | None = None
        self.version = detector_version()

    def detect(
        self, texts: Sequence[str], languages: Sequence[str | None] | None = None
    ) -> list[list[Span]]:
        """The spans of each text; see :class:`Detector`.

        Raises:
            UsageError: For a language that is not known, or when the two lists differ in length.
            FailedError: When a process dies or the analyzer fails.
        """
        wanted = _languages(texts, languages)
        pool = self._started()
        found: list[list[Span]] = []
        running: list[Future[list[list[Span]]]] = []
        try:
            for first, last in _tasks(texts):
                if len(running) > 2 * self._workers:
                    found += running.pop(0).result()
                running.append(
                    pool.submit(
                        _detect_in_worker, list(texts[first:last]), list(wanted[first:last])
                    )
                )
            for task in running:
                found += task.result()
        except BrokenProcessPool:
            self.close()
            failure = FailedError("a process of the detector died", code="detector_died")
        else:
            return found
        raise failure

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # spawned, not forked: the parent may hold threads and open databases
            self._pool = ProcessPoolExecutor(
                self._workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_start_worker,
                initargs=(self._threshold,),
            )
        return self._pool

    def close(self) -> None:
        """End the processes; the next call starts new ones."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _tasks(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Ranges of texts that are worth sending, bounded in number and in characters."""
    first, characters = 0, 0
    for position, text in enumerate(texts):
        characters += len(text)
        if characters >= _TASK_CHARACTERS or position + 1 - first >= _TASK_TEXTS:
            yield first, position + 1
            first, characters = position + 1, 0
    if first < len(texts):
        yield first, len(texts)


def make_detector(workers: int = 1) -> Detector:
    """A detector on as many processes; one process means this one."""
    return PresidioDetector() if workers <= 1 else PooledDetector(workers)
