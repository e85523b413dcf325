"""``python -m evaluation [--sets test] [--write]``: scores the detector, prints figures only.

With ``--write`` the table of ``docs/detection.md`` and ``benchmarks/results/detection.json`` are
renewed; that needs all sets but presidio-research, which may be absent.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from evaluation import report, sets
from evaluation.annotated import Annotated, by_language, read_annotated
from evaluation.bar import judge
from evaluation.matching import Matched, match
from evaluation.misses import count_misses, count_wrong
from evaluation.scoring import SetScore, score_set
from evaluation.special import score_flags
from pipelines.common.clock import now
from pipelines.privacy.detector import Detector, make_detector
from pipelines.privacy.languages import guess_language
from pipelines.privacy.spans import Span

_ROOT = Path(__file__).parents[1]
_PAGE = _ROOT / "docs/detection.md"
_RESULTS = _ROOT / "benchmarks/results/detection.json"
SETS: dict[str, Callable[[], list[Annotated]]] = {
    "sample": sets.sample_texts,
    "held-out": sets.held_out_texts,
    "development": lambda: read_annotated("development"),
    "development2": lambda: read_annotated("development2"),
    "development3": lambda: read_annotated("development3"),
    "test": lambda: read_annotated("test"),
    "test2": lambda: read_annotated("test2"),
    "research": sets.research_texts,
}


def run(
    detector: Detector, texts: Sequence[Annotated]
) -> tuple[list[list[Span]], list[Matched], dict[str, SetScore]]:
    """What was found in texts, the matches, and the scores by language."""
    found = detector.detect([text.text for text in texts])
    matched = [match(text, spans) for text, spans in zip(texts, found, strict=True)]
    of = dict(zip((text.id for text in texts), matched, strict=True))
    scores = {
        language: score_set([of[text.id] for text in chosen])
        for language, chosen in by_language(texts).items()
    }
    return found, matched, scores


def right_languages(texts: Sequence[Annotated]) -> dict[str, float]:
    """The share of texts of each language whose language is guessed right."""
    return {
        language: round(sum(guess_language(t.text) == language for t in chosen) / len(chosen), 4)
        for language, chosen in by_language(texts).items()
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Score, print, and write what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m evaluation", description=__doc__)
    parser.add_argument("--sets", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--write", action="store_true", help="renew the page and the results")
    parser.add_argument("--workers", type=int, default=1)
    chosen = parser.parse_args(arguments)
    if chosen.write and set(chosen.sets) != set(SETS):
        parser.error("the page has all sets; leave out --sets, or --write")
    detector = make_detector(chosen.workers)
    names = list(dict.fromkeys([*chosen.sets, "test"]))
    scores: dict[str, dict[str, SetScore]] = {}
    for name in names:
        texts = SETS[name]()
        if not texts:
            continue
        found, matched, scores[name] = run(detector, texts)
        if name == "test":
            missed = count_misses(texts, matched, found)
            wrong = count_wrong(texts, matched)
            guessed = right_languages(texts)
            flags = {lang: score_flags(chosen) for lang, chosen in by_language(texts).items()}
    verdicts = judge(scores["test"])
    date = now().date().isoformat()
    part = report.markdown(date, detector.version, scores, verdicts, missed, wrong, guessed, flags)
    sys.stdout.write(part + "\n")
    if chosen.write:
        _PAGE.write_text(report.replaced(_PAGE.read_text(encoding="utf-8"), part), encoding="utf-8")
        body = {
            "date": date,
            "detector": detector.version,
            "language_guessed_right": guessed,
            "special_categories": report.as_json(flags),
            "sets": report.as_json(scores),
        }
        _RESULTS.write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
