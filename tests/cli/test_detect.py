"""``detect``: JSON lines in and out; the detector itself has tests of its own."""

from __future__ import annotations

import json
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
