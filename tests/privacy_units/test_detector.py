"""The engine: same in one process and several, offline, silent about texts, linear in length."""

from __future__ import annotations

import logging
import signal
import socket
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.common.errors import FailedError, UsageError
from pipelines.privacy import detector as detector_module
from pipelines.privacy.detector import PooledDetector, PresidioDetector, make_detector
from pipelines.privacy.engine import make_analyzer
from pipelines.privacy.evaluation import read_marked, score
from pipelines.privacy.spans import Span

TEXTS = [
    "Gebeld met Jan de Vries, 06-12345678.",
    "",
    "   \n",
    "Dear Mr Hughes, mail me at a.b@example.com",
    "niets aan de hand",
    "Gebeld met Jan de Vries, 06-12345678.",
    "bsn 111222333 van Ömer Şahin 🙂 (Kerkstraat 12a)\r\n1234 AB Utrecht",
]


@pytest.fixture(scope="module")
def one() -> PresidioDetector:
    return PresidioDetector()


@pytest.fixture(scope="module")
def pool() -> Iterator[PooledDetector]:
    with PooledDetector(2) as detector:
        yield detector


def test_pool_equals_one_process_in_order(
    one: PresidioDetector, pool: PooledDetector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(detector_module, "_TASK_TEXTS", 3)
    texts = [f"{text} nr {number}" for number in range(20) for text in TEXTS]
    languages = [None, "nl", "en", None, "nl", "en", None] * 20
    assert pool.detect(texts, languages) == one.detect(texts, languages)
    assert pool.version == one.version


def test_pool_error_in_a_worker_carries_no_text(pool: PooledDetector) -> None:
    with pytest.raises(UsageError) as caught:
        pool.detect(["geheim"], ["fr"])
    assert "geheim" not in str(caught.value)


def test_detect_is_the_same_twice_and_per_text(one: PresidioDetector) -> None:
    found = one.detect(TEXTS)
    assert found == one.detect(TEXTS)
    assert found == [one.detect([text])[0] for text in TEXTS]
    assert found[1] == found[2] == []


def test_detect_result_of_equal_texts_is_not_shared(one: PresidioDetector) -> None:
    first, second = one.detect(["mail a@example.nl"] * 2)
    first.clear()
    assert second


def test_detect_without_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise AssertionError("a request left")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    spans = PresidioDetector().detect(
        ["mail jan@voorbeeld.example.co.uk of zie www.example.nl/leden"]
    )[0]
    assert [s.type for s in spans] == ["EMAIL", "URL"]


def test_detect_logs_nothing_of_a_text(
    one: PresidioDetector, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        make_analyzer()
        one.detect(["bel Saskia Verhoeven op 06-12345678"])
    captured = capfd.readouterr()
    everything = caplog.text + captured.out + captured.err
    assert "Saskia" not in everything
    assert "12345678" not in everything


def test_detect_failure_names_the_position_only(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = PresidioDetector()

    def fail(text: str, *arguments: Any, **options: Any) -> None:
        raise ValueError(text)

    monkeypatch.setattr(failing._analyzer, "analyze", fail)
    with pytest.raises(FailedError) as caught:
        failing.detect(["", "geheim"])
    assert caught.value.where == {"position": 1}
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


@pytest.mark.parametrize("languages", [["nl"], ["nl", "fr"]])
def test_detect_wrong_languages_are_refused(one: PresidioDetector, languages: list[str]) -> None:
    with pytest.raises(UsageError):
        one.detect(["a", "b"], languages)


@pytest.mark.parametrize(
    "prefix",
    ["🙂👩\u200d👧 ", "e\u0301e\u0301 ", "a\r\nb\r\n", "İİ ", "\u202e\u200b ", "\x00\t", "ﬁﬂ ß "],
)
def test_detect_offsets_are_code_points(one: PresidioDetector, prefix: str) -> None:
    tail = "Gebeld met Jan de Vries op 06-12345678 of a@example.nl"
    text = prefix + tail
    found = [(text[s.start : s.end], s.type) for s in one.detect([text], ["nl"])[0]]
    assert found == [
        ("Jan de Vries", "PERSON"),
        ("06-12345678", "PHONE"),
        ("a@example.nl", "EMAIL"),
    ]


@pytest.mark.parametrize("decomposed", ["Jose\u0301 de Vries", "Ren\u00e9e Bakker"])
def test_detect_accents_in_either_form(one: PresidioDetector, decomposed: str) -> None:
    text = f"Gebeld met {decomposed} vandaag"
    assert [text[s.start : s.end] for s in one.detect([text])[0]] == [decomposed]


def test_detect_long_text_finds_what_stands_at_cuts(one: PresidioDetector) -> None:
    sentence = "Gebeld met Jan de Vries op 06-12345678. "
    text = sentence * 1_200
    spans = one.detect([text], ["nl"])[0]
    assert len(spans) == 2_400
    assert {text[s.start : s.end] for s in spans} == {"Jan de Vries", "06-12345678"}


HOSTILE = {
    "letters": "a",
    "capitals": "Aa ",
    "digits": "1",
    "spaced digits": "1 ",
    "hyphens": "a-",
    "dots": "a.",
    "at signs": "a@",
    "local part": "a.b+",
    "iban heads": "NL12",
    "colons": "1:",
    "infixes": "van de ",
    "Infixes": "Van De ",
    "initials": "J.P. ",
    "initials unspaced": "J.",
    "given names": "Jan ",
    "streets": "Kerkstraat ",
    "numbers": "0612 ",
    "combining": "e\u0301",
    "only marks": "\u0301",
    "zero width": "\u200b",
    "brackets": "(((",
    "urls": "http://",
    "blanks": " ",
    "newlines": "\r\n",
    "commas": "Jansen, ",
    "titles": "dhr mr ",
    "greetings": "hoi ",
    "closings": "groet ",
    "months": "jan 1 ",
    "label": "klantnummer ",
    "street starts": "Laan van ",
    "0x": "0(",
    "plus": "+1",
}


@pytest.fixture
def stall_guard() -> Iterator[None]:
    """Ends a test that uses a minute of CPU: what is linear here needs well under a second."""

    def stalled(*arguments: Any) -> None:
        raise AssertionError("the detector stalls")

    before = signal.signal(signal.SIGVTALRM, stalled)
    signal.setitimer(signal.ITIMER_VIRTUAL, 60)
    yield
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    signal.signal(signal.SIGVTALRM, before)


@pytest.mark.usefixtures("stall_guard")
@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_detect_hostile_text_does_not_stall(one: PresidioDetector, name: str) -> None:
    piece = HOSTILE[name]
    text = (piece * (40_000 // len(piece) + 1))[:40_000]
    spans = one.detect([text], ["nl"])[0]
    assert all(0 <= s.start < s.end <= len(text) for s in spans)


def test_detect_memory_of_a_large_text_is_bounded(one: PresidioDetector) -> None:
    text = "Er is niets aan de hand vandaag. " * 4_000
    tracemalloc.start()
    one.detect([text], ["nl"])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * len(text)


def test_make_detector_one_worker_is_this_process() -> None:
    assert isinstance(make_detector(1), PresidioDetector)
    assert isinstance(make_detector(2), PooledDetector)  # starts nothing until used


def test_pool_without_workers_is_refused() -> None:
    with pytest.raises(UsageError):
        PooledDetector(0)


def test_span_prints_no_text() -> None:
    assert repr(Span(0, 3, "PERSON", 0.9)) == "Span(start=0, end=3, type='PERSON', score=0.9)"


@pytest.mark.parametrize(("language", "least"), [("nl", 0.93), ("en", 0.90)])
def test_development_set_does_not_get_worse(
    one: PresidioDetector, language: str, least: float
) -> None:
    """The texts the rules were developed on; a floor, no claim about other texts."""
    texts = read_marked(Path(__file__).parent / "texts" / f"development_{language}.txt")
    scores = score(texts, one.detect([t.text for t in texts]))
    assert scores["characters"].recall >= least
    assert scores["characters"].precision >= 0.95
    assert scores["PERSON"].recall >= 0.9
    assert scores["PERSON"].precision >= 0.9
