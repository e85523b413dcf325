"""Scores and times the detector: ``python benchmarks/detection.py [--sample FOLDER] [--research FILE]``.

A found span counts when it overlaps a true one of the same type by at least half of both. Prints
numbers only, never a text.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from pipelines.privacy.detector import Detector, make_detector
from pipelines.privacy.evaluation import Marked, read_marked, score


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
