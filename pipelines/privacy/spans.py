"""A place of personal data in a text, and what to do when places overlap."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple


class Span(NamedTuple):
    """Code points ``start`` up to ``end`` (not included), the type found, and the score (0–1)."""

    start: int
    end: int
    type: str
    score: float


_RANK = {
    name: rank
    for rank, name in enumerate(
        (
            "EMAIL", "URL", "IBAN", "CREDIT_CARD", "BSN", "NATIONAL_ID", "VAT_NUMBER", "ID_DOCUMENT",
            "COMPANY_ID", "CUSTOMER_NUMBER", "PHONE", "DATE_OF_BIRTH", "LICENCE_PLATE", "IP_ADDRESS",
            "SOCIAL_HANDLE", "ADDRESS", "POSTCODE", "PERSON", "CITY",
        )
    )
}  # fmt: skip


def resolve(spans: Iterable[Span]) -> list[Span]:
    """Spans in order of place without overlaps, covering every place that any of them covered.

    Where two overlap, the one that contains the other wins, else the surer kind; what sticks out
    of the loser keeps the loser's type when it is longer than two code points, and joins the winner
    otherwise: nothing that was found is left uncovered.
    """
    ordered = [s for s in spans if s.end > s.start]
    if len(ordered) < 2:
        return ordered
    ordered = sorted(set(ordered))
    if all(a.end <= b.start for a, b in pairwise(ordered)):
        return ordered  # as nearly always
    resolved: list[Span] = []
    cluster: list[Span] = []
    end = 0
    # Only spans that touch one another are weighed: a long text has thousands that do not.
    for span in ordered:
        if cluster and span.start >= end:
            resolved += _weighed(cluster)
            cluster = []
        cluster.append(span)
        end = max(end, span.end)
    return resolved + _weighed(cluster)


def _weighed(spans: list[Span]) -> list[Span]:
    """One cluster of overlapping spans, resolved."""
    if len(spans) < 2:
        return spans
    ordered = sorted(
        spans,
        key=lambda s: (-round(s.score, 1), _RANK.get(s.type, 99), s.start - s.end, s.start, s.type),
    )
    ordered = [s for s in ordered if not any(_swallows(o, s) for o in ordered)]
    kept: list[Span] = []
    for span in ordered:
        kept += _outside(span, kept)
    return sorted(kept)


def _swallows(outer: Span, inner: Span) -> bool:
    """Whether a span lies within another and is not the same place."""
    return (
        outer.start <= inner.start
        and outer.end >= inner.end
        and outer.end - outer.start > inner.end - inner.start
    )


def _outside(span: Span, kept: list[Span]) -> list[Span]:
    """The pieces of a span that no kept span covers."""
    pieces = [span]
    for other in kept:
        if other.end <= span.start or other.start >= span.end:
            continue
        cut: list[Span] = []
        for piece in pieces:
            if other.end <= piece.start or other.start >= piece.end:
                cut.append(piece)
                continue
            if piece.start < other.start:
                cut.append(piece._replace(end=other.start))
            if piece.end > other.end:
                cut.append(piece._replace(start=other.end))
        pieces = cut
    return pieces
