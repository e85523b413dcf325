"""Finds personal data in texts, in one process or in several.

Privacy: texts in, places out. Texts stay in memory; errors and logs carry none of them.
"""

from __future__ import annotations

import hashlib
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from hashlib import blake2b
from importlib.metadata import version as package_version
from importlib.resources import files
from secrets import token_bytes
from types import TracebackType
from typing import Protocol, Self

from presidio_analyzer import BatchAnalyzerEngine, RecognizerResult

from pii_rules.recognizers.registry import LANGUAGES, RegistryFaults, rules_fingerprint
from pipelines.common.errors import FailedError, PolicyError, UsageError
from pipelines.privacy.engine import SCORE_THRESHOLD, make_analyzer
from pipelines.privacy.languages import guess_language
from pipelines.privacy.normal_text import NormalText, normal_text
from pipelines.privacy.second_reader import SecondReader
from pipelines.privacy.spans import Span, resolve

__all__ = ["Detector", "PooledDetector", "PresidioDetector", "Span", "make_detector"]

_PIECE = 20_000
_OVERLAP = 256
_KNOWN_TEXTS = 20_000
_BATCH_TEXTS = 512
_BATCH_CHARACTERS = 40_000
_TASK_CHARACTERS = 60_000
_TASK_TEXTS = 500


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

    The same text is analysed once: findings of the newest 20,000 texts are remembered by a keyed
    digest. A text longer than 20,000 code points goes through in overlapping pieces, so that memory
    and time stay proportional.

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
        self._batch = BatchAnalyzerEngine(self._analyzer)
        self._threshold = score_threshold
        self._secret = token_bytes(16)
        self._known: dict[bytes, tuple[Span, ...]] = {}
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
        keys = [self._digest(text, language) for text, language in zip(texts, wanted, strict=True)]
        new = {key: place for place, key in enumerate(keys) if key not in self._known}
        found = dict(self._analysed([(key, texts[p], wanted[p]) for key, p in new.items()], keys))
        spans = [found[key] if key in found else self._known[key] for key in keys]
        self._remember(found)
        return [list(each) for each in spans]

    def _digest(self, text: str, language: str | None) -> bytes:
        # surrogatepass: a text of a broken file may hold halves of pairs
        digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=self._secret)
        digest.update((language or "").encode())
        return digest.digest()

    def _remember(self, found: Mapping[bytes, tuple[Span, ...]]) -> None:
        """Keep the newest findings by the digest of their text; no text is kept."""
        self._known.update(found)
        while len(self._known) > _KNOWN_TEXTS:
            del self._known[next(iter(self._known))]

    def _analysed(
        self, wanted: Sequence[tuple[bytes, str, str | None]], keys: Sequence[bytes]
    ) -> Iterator[tuple[bytes, tuple[Span, ...]]]:
        """The spans of each text that is not known yet."""
        parts: dict[bytes, list[Span]] = {}
        seen: dict[bytes, NormalText] = {}
        pieces: dict[str, list[tuple[bytes, int, str]]] = {language: [] for language in LANGUAGES}
        for key, text, language in wanted:
            parts[key] = []
            if text and not text.isspace():
                seen[key] = normal_text(text)
                chosen = pieces[language or guess_language(seen[key].text)]
                chosen += [(key, offset, piece) for offset, piece in _pieces(seen[key].text)]
        for language, rows in pieces.items():
            for batch in _batches(rows):
                found = self._results([row[2] for row in batch], language)
                if found is None:
                    raise self._failure(batch, language, keys)
                for (key, offset, _), results in zip(batch, found, strict=True):
                    place = seen[key].place
                    parts[key] += [
                        Span(
                            *place(r.start + offset, r.end + offset),
                            r.entity_type,
                            round(r.score, 2),
                        )
                        for r in results
                    ]
        for key, spans in parts.items():
            yield key, tuple(resolve(spans))

    def _results(self, texts: list[str], language: str) -> list[list[RecognizerResult]] | None:
        """Presidio's results of each text, or None when a recognizer failed on one."""
        try:
            found: list[list[RecognizerResult]] = self._batch.analyze_iterator(
                texts, language, batch_size=len(texts), score_threshold=self._threshold
            )
        except Exception:  # noqa: BLE001 - whatever a recognizer raises may carry the text
            return None
        return found

    def _failure(
        self, batch: Sequence[tuple[bytes, int, str]], language: str, keys: Sequence[bytes]
    ) -> FailedError:
        """What to raise: the texts of the batch are tried one by one for the first that fails."""
        failing = (key for key, _, text in batch if self._results([text], language) is None)
        key = next(failing, batch[0][0])
        return FailedError(
            "detection failed on a text",
            code="detection_failed",
            where={"position": keys.index(key)},
        )


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


def _batches(rows: Sequence[tuple[bytes, int, str]]) -> Iterator[list[tuple[bytes, int, str]]]:
    """Stretches bounded in number and in characters, so that a batch's words fit in little memory."""
    batch: list[tuple[bytes, int, str]] = []
    characters = 0
    for row in rows:
        batch.append(row)
        characters += len(row[2])
        if len(batch) >= _BATCH_TEXTS or characters >= _BATCH_CHARACTERS:
            yield batch
            batch, characters = [], 0
    if batch:
        yield batch


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


def make_detector(workers: int = 1, second_reader: str = "") -> Detector:
    """A detector on as many processes; one process means this one.

    Args:
        workers: Processes of the own detector.
        second_reader: What :class:`SecondReader` takes, empty for none; it reads in this process.
    """
    first = PresidioDetector() if workers <= 1 else PooledDetector(workers)
    return SecondReader(first, second_reader) if second_reader else first
