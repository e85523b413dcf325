"""Scores a detector against texts whose personal data is marked.

Privacy: invented or public texts in, counts out; nothing of a text is printed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

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
