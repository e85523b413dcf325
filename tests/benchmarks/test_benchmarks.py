"""The benchmarks' own parts: what stands in for the detector, the table, and one small comparison."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from benchmarks import compare, report, tasks
from benchmarks.growth import mark
from benchmarks.homes import fill_inbox, make_home
from benchmarks.truth_detector import TimedDetector, TruthDetector
from pipelines.sample import read_spans, text_digest
from pipelines.vault.subjects import new_subject_keys


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> compare.Samples:
    return compare.Samples(tmp_path_factory.mktemp("samples") / "s", 0.01, 7)


def test_truth_detector_gives_the_spans_of_the_truth(samples: compare.Samples) -> None:
    detector = TruthDetector(samples.spans)
    known = {line["digest"]: line["spans"] for line in read_spans(samples.first / "truth")}
    (path,) = samples.files(("contactmomenten",))
    with path.open(encoding="utf-8", newline="") as file:
        texts = [row["Verslag"] for row in csv.DictReader(file, delimiter=";")]
    told = [text for text in texts if known.get(text_digest(text))]
    found = detector.detect(["a text that nobody wrote", *told])
    assert told
    assert found[0] == []
    assert [len(spans) for spans in found[1:]] == [len(known[text_digest(t)]) for t in told]


def test_land_and_floor_measure_the_same_rows(samples: compare.Samples, tmp_path: Path) -> None:
    settings = make_home(tmp_path / "one")
    stems = ("contactpersonen", "contactmomenten")
    fill_inbox(settings, samples.first, stems)
    files = [str(p) for p in samples.files(stems)]
    floor = tasks.floor(str(tmp_path / "one"), str(tmp_path), files)["parts"]
    assert set(floor) == {"contacts", "interactions"}
    assert all(part["rows"] > 0 and part["seconds"] > 0 for part in floor.values())


def test_real_detector_is_timed_and_finds_what_it_would() -> None:
    detector = TimedDetector(workers=1)
    (spans,) = detector.detect(["Mail naar q.verborgen@voorbeeld.nl"])
    assert [span.type for span in spans] == ["EMAIL"]
    assert detector.texts == 1
    assert detector.seconds > 0


def test_lines_say_what_is_met_and_what_is_missed() -> None:
    run = {"process": 10.0, "rows": 1000, "peak": 500.0, "cpu": 9.0}
    results = {
        "events": [
            {"what": "e", "scale": 1, "ratio": 3.9, "cpu_ratio": 4.0, "ours_us": 8, "peer_us": 2}
        ],
        "sealed": [
            {"what": "s", "scale": 1, "ratio": 2.1, "cpu_ratio": 2.0, "ours_us": 8, "peer_us": 4}
        ],
        "pipeline": [
            {
                "scale": scale,
                "full": run | {"rows": rows},
                "later": run,
                "nothing": {"process": 0.2},
                "nothing_ratio": 0.02,
                "later_ratio": 0.5,
            }
            for scale, rows in ((10, 2000), (1, 1000))
        ],
        "delivery": [{"scale": 100, "later": run, "full": run, "later_ratio": 0.07}],
    }
    verdicts = {(line.what, line.scale): line.verdict for line in report.lines(results)}
    assert verdicts["events: e", 1] == "met"
    assert verdicts["sealed: s", 1] == "missed"
    assert verdicts["run with nothing new", 10] == "met"
    assert verdicts["run with 1 % new rows", 10] == "missed"
    assert verdicts["run with 1 % new rows", 100] == "met"
    assert verdicts["cost per row, against scale 1", 10] == "met"


def test_lines_of_builds_and_questions() -> None:
    models = {"a": {"dbt": 2.0, "bare": 1.0}, "b": {"dbt": 1.0, "bare": 0.5}}
    builds = [
        {"scale": scale, "seconds": seconds, "cpu": 1.0, "nodes": 3, "tests_seconds": 1.0, "peak": 1.0,
         "models": models, "later_seconds": 2.0, "later_rows": 5}
        for scale, seconds in ((10, 10.0), (100, 61.0))
    ]  # fmt: skip
    asked = {"quick": {"seconds": 0.01, "first": 0.3, "rows": 1}}
    slow = {"slow": {"seconds": 0.21, "first": 0.3, "rows": 1}}
    results = {
        "date": "2026-11-26", "repeat": 1, "machine": report.machine(),
        "events": [], "sealed": [], "pipeline": [], "build": builds,
        "analysts": [{"scale": 1, "questions": asked}, {"scale": 1, "questions": asked | slow}],
    }  # fmt: skip
    verdicts = [line.verdict for line in report.lines(results)]
    assert verdicts == ["met", "missed", "", "", "missed", "missed", "", "met", "met"]
    text = report.markdown(results)
    assert "| a | 2.00 | 1.00 |" in text
    assert "| slow | 210 | 300 | 1 |" in text


def test_growth_of_a_build_is_held_against_its_rows() -> None:
    runs = [
        {"scale": 10.0, "seconds": 9.0, "cpu": 9.0, "peak": 700.0},
        {"scale": 1000.0, "seconds": 910.0, "cpu": 850.0, "peak": 1500.0},
    ]
    results = {"events": [], "sealed": [], "pipeline": [], "growth": runs}
    (line,) = report.lines(results)
    assert line.scale == 1000
    assert line.verdict == "missed"
    assert "1.01× of linear" in line.measured


def test_name_of_a_copy_begins_no_pseudonym_and_is_its_own() -> None:
    # with letters only, 4 of 1,000 persons were their own copy at scale 100
    names = [mark(copy) for copy in range(2_000)]
    pseudonyms = set("".join(new_subject_keys(200)))
    assert len(set(names)) == len(names)
    assert pseudonyms.isdisjoint(name[0] for name in names)
