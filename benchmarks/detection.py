"""Scores and times the detector: ``python benchmarks/detection.py [--sample FOLDER] [--research FILE]``.

A found span counts when it overlaps a true one of the same type by at least half of both. Prints
numbers only, never a text.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pipelines.privacy.detector import Detector, make_detector
from pipelines.privacy.spans import Span

_MARK = re.compile(r"\[([A-Z_]+)\|([^\]]*)\]")


class Marked(NamedTuple):
    """A text with its true spans."""

    text: str
    spans: tuple[tuple[int, int, str], ...]


def read_marked(path: Path) -> list[Marked]:
    """Texts of a file in which ``[TYPE|value]`` marks personal data."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [unmark(line.replace("\\n", "\n")) for line in lines if line and line[0] != "#"]


def unmark(marked: str) -> Marked:
    """A text without its marks, and where they were."""
    out: list[str] = []
    spans: list[tuple[int, int, str]] = []
    place = length = 0
    for match in _MARK.finditer(marked):
        before = marked[place : match.start()]
        start = length + len(before)
        spans.append((start, start + len(match[2]), match[1]))
        out += [before, match[2]]
        length = start + len(match[2])
        place = match.end()
    out.append(marked[place:])
    return Marked("".join(out), tuple(spans))


class Score(NamedTuple):
    """Counts of one type."""

    found: int
    true: int
    right: int

    @property
    def recall(self) -> float:
        """Share of the true spans that were found."""
        return self.right / self.true if self.true else 1.0

    @property
    def precision(self) -> float:
        """Share of the found spans that are true."""
        return self.right / self.found if self.found else 1.0


def score(texts: Sequence[Marked], found: Sequence[Sequence[Span]]) -> dict[str, Score]:
    """Scores by type; ``characters`` counts covered personal code points of any type."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for text, spans in zip(texts, found, strict=True):
        open_spans = list(text.spans)
        for span in spans:
            counts[span.type][0] += 1
            hit = next((t for t in open_spans if t[2] == span.type and _half(t, span)), None)
            if hit:
                open_spans.remove(hit)
                counts[span.type][2] += 1
        for _, _, kind in text.spans:
            counts[kind][1] += 1
        true_places = {p for s, e, _ in text.spans for p in range(s, e)}
        found_places = {p for s in spans for p in range(s.start, s.end)}
        places = counts["characters"]
        places[0] += len(found_places)
        places[1] += len(true_places)
        places[2] += len(true_places & found_places)
    return {kind: Score(*c) for kind, c in sorted(counts.items())}


def _half(true: tuple[int, int, str], span: Span) -> bool:
    shared = min(true[1], span.end) - max(true[0], span.start)
    return shared * 2 >= true[1] - true[0] and shared * 2 >= span.end - span.start


def read_research(path: Path) -> list[Marked]:
    """The English set beside the repository, its types in ours."""
    names = {
        "PERSON": "PERSON", "PHONE_NUMBER": "PHONE", "EMAIL_ADDRESS": "EMAIL", "IBAN_CODE": "IBAN",
        "CREDIT_CARD": "CREDIT_CARD", "IP_ADDRESS": "IP_ADDRESS", "US_SSN": "NATIONAL_ID",
        "STREET_ADDRESS": "ADDRESS",
    }  # fmt: skip
    return [
        Marked(
            row["full_text"],
            tuple(
                (s["start_position"], s["end_position"], names[s["entity_type"]])
                for s in row["spans"]
                if s["entity_type"] in names
            ),
        )
        for row in json.loads(path.read_text(encoding="utf-8"))
    ]


def report(name: str, texts: Sequence[Marked], detector: Detector) -> str:
    """A Markdown table of the scores, with the speed in texts a second."""
    start = time.perf_counter()
    found = detector.detect([t.text for t in texts])
    seconds = time.perf_counter() - start
    lines = [
        f"### {name}: {len(texts)} texts, {len(texts) / seconds:,.0f} texts/s",
        "| type | true | recall | precision |",
        "|---|---|---|---|",
    ]
    for kind, s in score(texts, found).items():
        lines.append(f"| {kind} | {s.true:,} | {s.recall:.3f} | {s.precision:.3f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print a table for each set asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--marked", type=Path, nargs="*", default=[])
    parser.add_argument("--research", type=Path)
    parser.add_argument("--workers", type=int, default=1)
    arguments = parser.parse_args()
    detector = make_detector(arguments.workers)
    detector.detect(["warm"])
    for path in arguments.marked:
        sys.stdout.write(report(path.stem, read_marked(path), detector))
    if arguments.research:
        sys.stdout.write(report("presidio_research", read_research(arguments.research), detector))


if __name__ == "__main__":
    main()
