"""The detector on texts that nobody wrote rules for: not worse than it was.

A failure here names a measure and a language, never a text.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evaluation import report
from evaluation.__main__ import main, run
from evaluation.annotated import Annotated, read_annotated
from evaluation.bar import Verdict, judge
from evaluation.misses import count_misses, count_wrong
from evaluation.scoring import Figure
from evaluation.special import FlagScore, score_flags
from pii_rules.special_categories import load_categories
from pipelines.privacy.detector import PresidioDetector


@pytest.fixture(scope="module")
def detector() -> PresidioDetector:
    return PresidioDetector()


def test_test_part_is_over_the_bar(detector: PresidioDetector) -> None:
    verdicts = judge(run(detector, read_annotated("test"))[2])
    under = [(v.measure, v.language, v.figure.value, v.bar) for v in verdicts if not v.is_over_bar]
    assert under == []
    assert {v.language for v in verdicts} == {"nl", "en"}


def test_bar_is_no_higher_than_the_aim_unless_reached(detector: PresidioDetector) -> None:
    for verdict in judge(run(detector, read_annotated("test"))[2]):
        reached = verdict._replace(figure=Figure(verdict.bar)).is_aim_met
        assert verdict.is_aim_met or not reached


@pytest.mark.parametrize(
    ("measure", "value", "good"),
    [("f2", 0.8, True), ("f2", 0.79, False), ("alarms_per_500_words", 0.8, True),
     ("alarms_per_500_words", 0.81, False), ("f2", None, False)],
)  # fmt: skip
def test_verdict_knows_which_way_is_better(measure: str, value: float | None, good: bool) -> None:
    verdict = Verdict(measure, "nl", Figure(value), aim=0.9, bar=0.8)  # type: ignore[arg-type]
    assert verdict.is_over_bar is good


def test_report_holds_no_value_of_a_text(detector: PresidioDetector) -> None:
    texts = read_annotated("test")
    found, matched, scores = run(detector, texts)
    missed = count_misses(texts, matched, found)
    wrong = count_wrong(texts, matched)
    part = report.markdown(
        "2026-01-01",
        "v",
        {"test": scores},
        judge(scores),
        missed,
        wrong,
        {"nl": 1.0},
        {"nl": score_flags(texts)},
    )
    values = {t.text[p.start : p.end] for t in texts for p in t.places}
    assert [v for v in values if len(v) > 5 and v in part] == []
    assert sum(missed.values()) == sum(len(m.missed) for m in matched)
    assert sum(wrong.values()) == sum(len(m.wrong) for m in matched)
    json.dumps(report.as_json({"test": scores}))


def test_page_says_what_was_measured(repository: Path) -> None:
    page = (repository / "docs/detection.md").read_text(encoding="utf-8")
    results = json.loads((repository / "benchmarks/results/detection.json").read_text())
    whole = results["sets"]["test"]["nl"]["character_recall"][0]
    assert f"Measured on {results['date']}" in page
    assert f"| characters covered | nl | {whole:.3f} (" in page


def test_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError):
        report.replaced("no markers", "part")


def test_main_does_not_write_a_page_of_some_sets(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--sets", "test", "--write"])
    assert "leave out" in capsys.readouterr().err


def test_flags_are_counted_by_text_and_category() -> None:
    texts = [
        Annotated("nl-001", "nl", "note", "klant is ziek, heeft diabetes", (), (), ("health",)),
        Annotated("nl-002", "nl", "note", "klant heeft diabetes", ()),
        Annotated("nl-003", "nl", "note", "ketel lekt", (), (), ("belief",)),
    ]
    assert score_flags(texts) == FlagScore(2, 2, 1, 1, 1)
    marked = {
        c for part in ("development", "test") for t in read_annotated(part) for c in t.special
    }
    assert marked <= {"union", *load_categories()}
