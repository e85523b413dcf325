"""``detect``: lines in, lines out, in order, bounded; a bad line is named by its number."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import orjson
import pytest

from pipelines.common.errors import InputError
from pipelines.privacy import stream as stream_module
from pipelines.privacy.detector import PresidioDetector
from pipelines.privacy.spans import Span
from pipelines.privacy.stream import detect_lines, lines_of


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


def test_detect_lines_holds_as_much_of_many_lines_as_of_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Memory does not grow with the number of lines: lines alive at once are counted."""
    alive = most = 0

    class Line(stream_module._Line):
        def __new__(cls, *values: object) -> Line:
            nonlocal alive, most
            alive += 1
            most = max(most, alive)
            return super().__new__(cls, *values)

        def __del__(self) -> None:
            nonlocal alive
            alive -= 1

    monkeypatch.setattr(stream_module, "_Line", Line)

    def most_of(lines: int) -> int:
        nonlocal most
        most = alive
        stream = (b'{"id":1,"text":"x"}' for _ in range(lines))
        assert sum(1 for _ in detect_lines(stream, Counting(), batch_lines=50)) == lines
        return most

    assert 50 <= most_of(500) == most_of(5_000) <= 101


def test_detect_lines_half_a_surrogate_pair_is_a_text() -> None:
    line = b'{"id":1,"text":"\\ud83d mail a.b@voorbeeld.example"}'
    (out,) = detect_lines([line], PresidioDetector())
    (span,) = orjson.loads(out)["spans"]
    assert (span["start"], span["type"]) == (7, "EMAIL")


def test_detect_lines_id_that_cannot_be_written_is_a_fault_of_its_line() -> None:
    with pytest.raises(InputError) as caught:
        list(detect_lines([b'{"id":"\\ud83d","text":"x"}'], Counting()))
    assert caught.value.code == "line_id_unwritable"


def test_detect_lines_deep_nesting_is_a_fault_of_its_line() -> None:
    with pytest.raises(InputError):
        list(detect_lines([b'{"id":"\\u0041","text":' + b"[" * 100_000], Counting()))


def test_lines_of_refuses_a_line_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "LONGEST_LINE", 30)
    lines = lines_of(BytesIO(b'{"id":1,"text":"x"}\n' + b"x" * 31))
    assert next(lines) == b'{"id":1,"text":"x"}\n'
    with pytest.raises(InputError) as caught:
        next(lines)
    assert caught.value.where == {"line": 2}


@pytest.mark.bench
def test_detect_memory_of_a_million_notes_is_that_of_few(tmp_path: Path) -> None:
    """The largest resident memory of the command on 50,000 and on 1,000,000 notes."""
    notes = [
        "Gebeld met Jan de Vries, 06-12345678, over de offerte van dinsdag.",
        "Klant mailt vanaf s.bakker@voorbeeld.example: geen haast.",
        "Nothing to see here, called back about the invoice.",
    ]

    def peak(count: int) -> int:
        file = tmp_path / "notes.jsonl"
        with file.open("wb") as out:
            out.writelines(
                orjson.dumps({"id": i, "text": f"{notes[i % 3]} nr {i}"}) + b"\n"
                for i in range(count)
            )
        code = (
            "import resource, sys; from pipelines.cli.main import run; "
            "status = run(['detect', sys.argv[1]]); "
            "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr); "
            "sys.exit(status)"
        )
        with (tmp_path / "out").open("wb") as out:
            done = subprocess.run(
                [sys.executable, "-c", code, str(file)],
                stdout=out, stderr=subprocess.PIPE, check=True,
            )  # fmt: skip
        return int(done.stderr.split()[-1])

    few, many = peak(50_000), peak(1_000_000)
    assert many < few * 1.15
