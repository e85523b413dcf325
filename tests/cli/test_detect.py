"""``detect``: JSON lines in and out; the detector itself has tests of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest


def _lines(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_detect_gives_offsets_in_code_points_and_no_text(cli, tmp_path: Path) -> None:
    text = "\N{GRINNING FACE} mail zoë@example.nl"
    file = _lines(tmp_path / "in.jsonl", {"id": 7, "text": text, "lang": "nl"})
    answer = cli("detect", file)
    assert answer.status == 0
    found = json.loads(answer.out)
    assert found["id"] == 7
    assert "EMAIL" in [span["type"] for span in found["spans"]]
    assert "example" not in answer.out
    span = found["spans"][0]
    assert "example.nl" in text[span["start"] : span["end"]]


@pytest.mark.parametrize(
    "line", ["not json", "[1]", '{"id": 1}', '{"text": "x"}', '{"id": 1, "text": 2}']
)
def test_line_that_is_no_text_is_told_by_its_number_only(cli, tmp_path: Path, line: str) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text('{"id": 1, "text": "a"}\n' + line + "\n")
    answer = cli("detect", file)
    assert answer.status == 2
    assert "line 2" in answer.err
    assert line not in answer.err


def test_detect_pool_gives_the_same_lines(cli, tmp_path: Path) -> None:
    rows = [{"id": i, "text": f"bel 061234567{i} of mail a{i}@voorbeeld.example"} for i in range(9)]
    file = _lines(tmp_path / "in.jsonl", *rows)
    assert cli("detect", file, "--processes", "2").out == cli("detect", file).out


def test_detect_reader_that_leaves_is_no_fault(tmp_path: Path) -> None:
    file = _lines(tmp_path / "in.jsonl", *({"id": i, "text": "x" * 50} for i in range(20_000)))
    code = "from pipelines.cli.main import main; import sys; sys.argv[1:] = ['detect', sys.argv[1]]; main()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(file)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_detect_text_without_language_is_not_taken_for_the_language_of_messages(
    cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[object] = []

    class Detector:
        version = "test"

        def detect(self, texts, languages=None):
            seen.extend(languages)
            return [[] for _ in texts]

    monkeypatch.setattr("pipelines.privacy.detector.make_detector", lambda *_: Detector())
    file = _lines(tmp_path / "in.jsonl", {"id": 1, "text": "x"})
    cli("detect", file)
    cli("detect", file, "--lang", "en")
    assert seen == [None, "en"]


def test_classify_shows_kinds_and_a_proposal(cli, tmp_path: Path) -> None:
    file = tmp_path / "klanten.csv"
    rows = "".join(f"{i},persoon{i}@voorbeeld.example\n" for i in range(20))
    file.write_text("klantnummer,mail\n" + rows)
    found = cli("classify", file, "--json").document
    assert [c["kind"] for c in found["columns"]][1] == "EMAIL"
    answer = cli("classify", file)
    assert answer.status == 0
    assert "contacts" in answer.out
    assert "voorbeeld" not in answer.out
    assert cli("classify", _lines(tmp_path / "x.pdf")).status == 2
