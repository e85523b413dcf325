"""A second reader for names of persons: spaCy, GLiNER or a transformer, where one is installed.

Optional and off by default: it reads ten to a hundred times slower than the own detector. It adds
names that the own detector left open and takes nothing away. Owns the adapters and how their
findings join; the models are the deployer's, are read from this machine only, and are not shipped.
A text is always read alone, so that it gets the same names in any batch.

Privacy: texts in, places out; nothing leaves the process.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol, runtime_checkable

from pii_rules.recognizers.lexicon import BLOCKED, GREETING, TITLE, lexicon
from pipelines.common.errors import UsageError
from pipelines.privacy.spans import Span, resolve

PERSON_LABELS = frozenset({"PERSON", "PER", "GIVEN_NAME", "SURNAME"})
"""What models call a person; the last two are of models that know parts of names."""
_WINDOW = 400
"""Tokens that a transformer reads at once; longer texts go through in pieces."""


class Reading(NamedTuple):
    """A place that a reader takes for a person, and how sure it is (0-1)."""

    start: int
    end: int
    score: float


class Reader(Protocol):
    """What reads one text and tells where persons are named."""

    def __call__(self, text: str) -> list[Reading]:
        """Places in code points of the text."""


class Detecting(Protocol):
    """The part of a detector that a second reader adds to."""

    version: str

    def detect(
        self, texts: Sequence[str], languages: Sequence[str | None] | None = None
    ) -> list[list[Span]]:
        """The spans of each text."""


@runtime_checkable
class _Closable(Protocol):
    def close(self) -> None: ...


def close_detector(detector: object) -> None:
    """End the processes of a detector that has any; the next text starts them again."""
    if isinstance(detector, _Closable):
        detector.close()


class SecondReader:
    """A detector that lets a second one look for the names it left open.

    Args:
        first: Finds everything; its findings all stay.
        spec: ``spacy:NAME``, ``gliner:FOLDER`` or ``onnx:FOLDER``; part of the version.
        threshold: From which score a reading counts.

    Raises:
        UsageError: The package or the model is not there, or the spec is unknown.
    """

    def __init__(self, first: Detecting, spec: str, threshold: float = 0.5) -> None:
        self._first = first
        self._reader = make_reader(spec)
        self._threshold = threshold
        digest = hashlib.sha256(f"{first.version} {spec} {threshold}".encode())
        self.version = digest.hexdigest()[:16]

    def detect(
        self, texts: Sequence[str], languages: Sequence[str | None] | None = None
    ) -> list[list[Span]]:
        """The spans of each text, those of both."""
        found = self._first.detect(texts, languages)
        return [self._joined(text, spans) for text, spans in zip(texts, found, strict=True)]

    def close(self) -> None:
        """End the processes of the first detector, if it has any."""
        close_detector(self._first)

    def _joined(self, text: str, spans: list[Span]) -> list[Span]:
        new = [
            Span(r.start, r.end, "PERSON", r.score)
            for r in self._reader(text)
            if r.score >= self._threshold
            and _is_namelike(text[r.start : r.end])
            and not any(s.start < r.end and r.start < s.end for s in spans)
        ]
        return resolve([*spans, *new]) if new else spans


def _is_namelike(written: str) -> bool:
    """Whether it has a letter and is not a title, a greeting or a word that is never a name."""
    words = written.split()
    bits = [lexicon().features(word) for word in words]
    return any(c.isalpha() for c in written) and not all(
        b & (TITLE | GREETING | BLOCKED) for b in bits
    )


def make_reader(spec: str) -> Reader:
    """The reader that a spec names.

    Raises:
        UsageError: See :class:`SecondReader`.
    """
    kind, _, place = spec.partition(":")
    makers: dict[str, Callable[[str], Reader]] = {
        "spacy": _spacy,
        "gliner": _gliner,
        "onnx": _onnx,
    }
    if kind not in makers or not place:
        raise UsageError(
            "the second reader is spacy:NAME, gliner:FOLDER or onnx:FOLDER",
            code="second_reader_unknown",
        )
    return makers[kind](place)


def _module(name: str) -> Any:
    try:
        return import_module(name)
    except ImportError:
        raise UsageError(
            f"the second reader needs the package {name}, which is not installed",
            code="second_reader_missing",
        ) from None


def _folder(place: str) -> Path:
    folder = Path(place)
    if not folder.is_dir():
        raise UsageError(
            "the second reader's model is no folder of this machine; nothing is downloaded",
            code="second_reader_missing",
        )
    return folder


def _spacy(place: str) -> Reader:
    spacy = _module("spacy")
    try:
        model = spacy.load(place)
    except OSError:
        raise UsageError(
            "the second reader's spaCy model is not installed", code="second_reader_missing"
        ) from None

    def read(text: str) -> list[Reading]:
        return [
            Reading(e.start_char, e.end_char, 0.85)
            for e in model(text).ents
            if e.label_ in PERSON_LABELS
        ]

    return read


def _gliner(place: str) -> Reader:
    folder = _folder(place)
    model = _module("gliner").GLiNER.from_pretrained(str(folder), local_files_only=True)

    def read(text: str) -> list[Reading]:
        return [
            Reading(e["start"], e["end"], float(e["score"]))
            for e in model.predict_entities(text, ["person"])
        ]

    return read


def _onnx(place: str) -> Reader:
    """A token classifier with its tokenizer, for onnxruntime and tokenizers alone."""
    folder = _folder(place)
    runtime, tokenizers = _module("onnxruntime"), _module("tokenizers")
    files = sorted(folder.glob("**/*.onnx"))
    if not files or not (folder / "config.json").is_file():
        raise UsageError(
            "the second reader's folder needs config.json, tokenizer.json and an .onnx file",
            code="second_reader_missing",
        )
    labels = json.loads((folder / "config.json").read_text(encoding="utf-8"))["id2label"]
    persons = [int(i) for i, name in labels.items() if name.split("-")[-1] in PERSON_LABELS]
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1  # one order of additions, so that figures do not vary
    session = runtime.InferenceSession(str(files[0]), options, providers=["CPUExecutionProvider"])
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    wanted = {given.name for given in session.get_inputs()}

    def read(text: str) -> list[Reading]:
        encoding = tokenizer.encode(text)
        inside = [
            (offsets, score)
            for piece in _pieces(len(encoding.ids))
            for offsets, score in zip(
                encoding.offsets[piece],
                _person_scores(session, wanted, encoding.ids[piece], persons),
                strict=True,
            )
        ]
        return list(_runs(text, inside))

    return read


def _pieces(length: int) -> Iterator[slice]:
    for first in range(0, length, _WINDOW):
        yield slice(first, min(length, first + _WINDOW))


def _person_scores(
    session: Any, wanted: set[str], ids: Sequence[int], persons: Sequence[int]
) -> list[float]:
    """For each token the share of probability that the labels of persons have."""
    import numpy as np

    row = np.array([ids], dtype=np.int64)
    given = {"input_ids": row, "attention_mask": np.ones_like(row)}
    given["token_type_ids"] = np.zeros_like(row)
    scores = session.run(None, {k: v for k, v in given.items() if k in wanted})[0][0]
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares = powers[:, persons].sum(axis=1) / powers.sum(axis=1)
    return [float(share) for share in shares]


def _runs(text: str, tokens: Sequence[tuple[tuple[int, int], float]]) -> Iterator[Reading]:
    """Neighbouring tokens of persons as one reading: its score is that of the surest."""
    start = end = -1
    best = 0.0
    for (first, last), score in tokens:
        if last <= first:
            continue
        if score >= _TOKEN_SHARE:
            if start >= 0 and not text[end:first].strip(" .'’-"):
                end, best = last, max(best, score)
            else:
                if start >= 0:
                    yield Reading(start, end, best)
                start, end, best = first, last, score
        elif start >= 0:
            yield Reading(start, end, best)
            start = -1
    if start >= 0:
        yield Reading(start, end, best)


_TOKEN_SHARE = 0.15
"""Share from which a token belongs to a name; a whole name needs the caller's threshold."""
