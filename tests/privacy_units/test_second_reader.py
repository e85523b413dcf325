"""A second reader adds names and takes none; what is not there is told in one sentence."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import spacy

from pipelines.common.errors import UsageError
from pipelines.privacy.second_reader import SecondReader, make_reader
from pipelines.privacy.spans import Span


class First:
    """A detector that finds an address and nothing else."""

    version = "first"

    def detect(self, texts: Any, languages: Any = None) -> list[list[Span]]:
        return [
            [Span(t.index("a@b.nl"), t.index("a@b.nl") + 6, "EMAIL", 1.0)] if "a@b.nl" in t else []
            for t in texts
        ]


@pytest.fixture
def spacy_model(tmp_path: Path) -> str:
    model = spacy.blank("nl")
    ruler = model.add_pipe("entity_ruler")
    ruler.add_patterns(  # type: ignore[attr-defined]
        [
            {"label": "PERSON", "pattern": "Zargan"},
            {"label": "PERSON", "pattern": "a@b.nl"},
            {"label": "PERSON", "pattern": "klant"},
            {"label": "ORG", "pattern": "Bakker"},
        ]
    )
    model.to_disk(tmp_path / "model")
    return str(tmp_path / "model")


def test_reader_adds_persons_and_leaves_what_was_found(spacy_model: str) -> None:
    detector = SecondReader(First(), f"spacy:{spacy_model}")
    texts = ["Zargan mailt vanaf a@b.nl", "klant belt Bakker", ""]
    found = detector.detect(texts)
    assert [[(texts[i][s.start : s.end], s.type) for s in f] for i, f in enumerate(found)] == [
        [("Zargan", "PERSON"), ("a@b.nl", "EMAIL")], [], [],
    ]  # fmt: skip
    assert detector.detect(texts[::-1]) == found[::-1]


def test_reader_is_part_of_the_version(spacy_model: str) -> None:
    versions = {
        First.version,
        SecondReader(First(), f"spacy:{spacy_model}").version,
        SecondReader(First(), f"spacy:{spacy_model}", 0.9).version,
    }
    assert len(versions) == 3


def test_reader_under_its_threshold_is_not_believed(spacy_model: str) -> None:
    assert SecondReader(First(), f"spacy:{spacy_model}", 0.9).detect(["Zargan"]) == [[]]


@pytest.mark.parametrize(
    ("spec", "code"),
    [
        ("word2vec:x", "second_reader_unknown"),
        ("spacy:", "second_reader_unknown"),
        ("spacy:no_such_model", "second_reader_missing"),
        ("gliner:/no/such/folder", "second_reader_missing"),
        ("onnx:/no/such/folder", "second_reader_missing"),
    ],
)
def test_reader_that_is_not_there_is_told(spec: str, code: str) -> None:
    with pytest.raises(UsageError) as caught:
        make_reader(spec)
    assert caught.value.code == code


def test_gliner_is_read_from_a_folder_without_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    class Model:
        @staticmethod
        def from_pretrained(folder: str, **options: Any) -> Any:
            asked.append((folder, options))
            return SimpleNamespace(
                predict_entities=lambda text, labels: [
                    {"start": 0, "end": 3, "score": 0.7, "label": labels[0]}
                ]
            )

    module = ModuleType("gliner")
    module.GLiNER = Model  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gliner", module)
    assert make_reader(f"gliner:{tmp_path}")("Ria belt") == [(0, 3, 0.7)]
    assert asked == [(str(tmp_path), {"local_files_only": True})]


def test_onnx_joins_tokens_of_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    (tmp_path / "config.json").write_text('{"id2label": {"0": "O", "1": "B-SURNAME"}}')
    (tmp_path / "model.onnx").write_bytes(b"")
    offsets = [(0, 0), (0, 3), (4, 7), (8, 12), (13, 16), (0, 0)]
    shares = [0.0, 0.9, 0.3, 0.0, 0.6, 0.0]

    class Session:
        def __init__(self, *_: Any, **__: Any) -> None:
            pass

        def get_inputs(self) -> list[Any]:
            return [SimpleNamespace(name="input_ids"), SimpleNamespace(name="attention_mask")]

        def run(self, _: None, given: dict[str, Any]) -> list[Any]:
            assert sorted(given) == ["attention_mask", "input_ids"]
            with np.errstate(divide="ignore"):
                return [np.log(np.array([[[1 - s, s] for s in shares]]))]

    class Tokens:
        @staticmethod
        def from_file(_: str) -> Any:
            encoding = SimpleNamespace(ids=[1] * 6, offsets=offsets)
            return SimpleNamespace(
                encode=lambda _: encoding, no_truncation=lambda: 0, no_padding=lambda: 0
            )

    runtime = ModuleType("onnxruntime")
    runtime.InferenceSession = Session  # type: ignore[attr-defined]
    runtime.SessionOptions = SimpleNamespace  # type: ignore[attr-defined]
    tokenizers = ModuleType("tokenizers")
    tokenizers.Tokenizer = Tokens  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "onnxruntime", runtime)
    monkeypatch.setitem(sys.modules, "tokenizers", tokenizers)
    found = make_reader(f"onnx:{tmp_path}")("Ria Smi belt Jan")
    assert [(r.start, r.end, round(r.score, 2)) for r in found] == [(0, 7, 0.9), (13, 16, 0.6)]
