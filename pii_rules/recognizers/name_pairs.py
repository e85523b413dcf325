"""Persons named in pairs: "Yvonne/Ben", "de heren Visser en Van Rijn", "Messrs Fisher and Vane".

Owns these two rules: a given name over a slash from another name, and two surnames behind a title
in the plural. Everything else about names is the tagger's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pii_rules.recognizers.lexicon import BLOCKED, CAPITAL, GIVEN, ORGANISATION, PLACE, UPPER
from pii_rules.recognizers.scan import TaggedName, TextScan

_NO_OTHER = BLOCKED | ORGANISATION | PLACE
_PLURALS = frozenset(("heren", "dames", "messrs", "mesdames", "mmes"))
_SURNAME = r"(?:(?:[Vv]an|[Dd]e|[Dd]er|[Dd]en|[Tt]er|[Tt]en|[Ee]l) ){0,2}[A-ZÀ-Þ][^\W\d_]*(?:['’\-][^\W\d_]+)*"
_PAIR = re.compile(
    rf"(?<!\w)(?:[Hh]eren|[Dd]ames|[Mm]essrs|[Mm]esdames|[Mm]mes)\.? ({_SURNAME})(?:, ({_SURNAME}))?(?: en | and | & )({_SURNAME})"
)


def slashed(scan: TextScan, names: Sequence[TaggedName]) -> Iterator[int]:
    """The given names that only a slash parts from a name of one word."""
    if "/" not in scan.text:
        return
    covered = {place for name in names for place in range(name.first, name.last + 1)}
    for name in names:
        for place, left in ((name.last + 1, name.last), (name.first - 1, name.first - 1)):
            if not 0 <= place < len(scan.words) or place in covered or name.first != name.last:
                continue
            if scan.text[scan.ends[left] : scan.starts[left + 1]] != "/":
                continue
            bits = scan.features[place]
            if bits & CAPITAL and bits & GIVEN and not bits & (_NO_OTHER | UPPER):
                yield place


def paired(scan: TextScan) -> Iterator[tuple[int, int]]:
    """Start and end of each surname behind a title in the plural."""
    if _PLURALS.isdisjoint(scan.lowered):
        return
    for match in _PAIR.finditer(scan.text):
        for group in (1, 2, 3):
            if match[group]:
                yield match.span(group)
