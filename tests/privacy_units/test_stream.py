"""``detect``: lines in, lines out, in order, bounded; a bad line is named by its number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import orjson
import pytest

from pipelines.common.errors import InputError
from pipelines.privacy.detector import PresidioDetector
from pipelines.privacy.spans import Span
from pipelines.privacy.stream import detect_lines


class Counting:
    """A detector that notes how many texts it gets at once."""

    version = "test"

    def __init__(self) -> None:
        self.calls: list[int] = []

    def detect(
        self, texts: Sequence[str], languages: Sequence[str | None] | None = None
    ) -> list[list[Span]]:
        self.calls.append(len(texts))
        return [[] for _ in texts]


def test_detect_lines_gives_the_contract() -> None:
    lines = [
        orjson.dumps({"id": 7, "text": "🙂 bel Jan de Vries"}),
        b"\n",
        orjson.dumps({"id": "b", "text": "nothing here", "lang": "en", "more": 1}),
    ]
    out = [orjson.loads(line) for line in detect_lines(lines, PresidioDetector())]
    assert [row["id"] for row in out] == [7, "b"]
    assert out[1] == {"id": "b", "spans": []}
    (span,) = out[0]["spans"]
    assert span.keys() == {"start", "end", "type", "score"}
    assert (span["start"], span["end"], span["type"]) == (6, 18, "PERSON")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{geheim", "line_not_json"),
        (b'"geheim"', "line_without_id"),
        (b'{"text":"geheim"}', "line_without_id"),
        (b'{"id":1,"text":["geheim"]}', "line_without_text"),
        (b'{"id":1}', "line_without_text"),
        (b'{"id":1,"text":"geheim","lang":"fr"}', "line_language_unknown"),
        (b'{"id":1,"text":"geheim\xff"}', "line_not_json"),
    ],
)
def test_detect_lines_bad_line_is_named_after_what_came_before(line: bytes, code: str) -> None:
    stream = detect_lines([b'{"id":0,"text":"x"}', b"", line, b'{"id":2,"text":"y"}'], Counting())
    assert orjson.loads(next(stream)) == {"id": 0, "spans": []}
    with pytest.raises(InputError) as caught:
        next(stream)
    assert caught.value.code == code
    assert caught.value.where == {"line": 3}
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_detect_lines_reads_no_further_than_a_batch() -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b'{"id":1,"text":"x"}'

    detector = Counting()
    next(detect_lines(endless(), detector))
    assert read <= 2_000
    assert detector.calls == [read]


def test_detect_lines_large_lines_make_small_batches() -> None:
    line = orjson.dumps({"id": 1, "text": "x" * 1_000_000})
    detector = Counting()
    assert len(list(detect_lines([line] * 9, detector))) == 9
    assert max(detector.calls) <= 5


def test_detect_lines_byte_order_mark_is_no_fault() -> None:
    assert list(detect_lines([b'\xef\xbb\xbf{"id":1,"text":"x"}'], Counting()))
