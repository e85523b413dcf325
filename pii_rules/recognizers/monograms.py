"""Somebody's initials in place of a name: JB, MdV, TMcG.

Owns what such a word looks like, and three places where it is certain: before or behind the date of a
note ("JB 12/3: gebeld"), as the last word of a note ("Done. JB"), and where a name of the same text has
these initials ("Anna de Boer (AB)").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pii_rules.recognizers.lexicon import (
    BLOCKED,
    CAPITAL,
    ORGANISATION,
    TITLE,
    lexicon,
    word_class,
)
from pii_rules.recognizers.scan import TaggedName, TextScan

_SHAPE = re.compile(r"(?:[A-Z]{2,3}|[A-Z][a-z]{1,2}[A-Z]|[A-Z]{1,2}c[A-Z])$")
_DEPARTMENTS = word_class("departments")
_DATE = r"\d{1,2}[/\-]\d{1,2}(?:[/\-]\d{2,4})?"
_NOTED = re.compile(
    rf"(?:^|(?<=\n)|(?<=[.;|] ))(?:([A-Z][A-Za-z]{{1,3}}) {_DATE}: |{_DATE} ([A-Z][A-Za-z]{{1,3}}): )"
)


_SENTENCE = 6
_CLOSING = re.compile(r"[.!?)] ([A-Z]{2,3}|[A-Z][a-z]{1,2}[A-Z])\s*$")


def is_monogram(word: str, bits: int) -> bool:
    """Whether a word is written as initials are, and is no department, title or known abbreviation."""
    if bits & (BLOCKED | TITLE | ORGANISATION) or is_department(word):
        return False
    return bool(_SHAPE.match(word))


def is_department(word: str) -> bool:
    """Whether a word in capitals is the short name of a department, as HR."""
    return word.isupper() and word.lower() in _DEPARTMENTS


def noted(scan: TextScan) -> Iterator[tuple[int, int]]:
    """Start and end of the initials of whoever wrote a dated note."""
    if ": " not in scan.text or not scan.digit_count:
        return
    for match in _NOTED.finditer(scan.text):
        group = 1 if match[1] else 2
        if is_monogram(match[group], lexicon().features(match[group])):
            yield match.span(group)


def signed(scan: TextScan) -> Iterator[tuple[int, int]]:
    """Start and end of the initials that close a text, behind a sentence of five words or more."""
    if len(scan.words) < _SENTENCE or not scan.words[-1][:1].isupper():
        return
    match = _CLOSING.search(scan.text, max(0, len(scan.text) - 8))
    if match and match.start(1) == scan.starts[-1]:
        # who writes in capitals throughout, or of other short names in capitals, signs no such way
        others = sum(word.isupper() and len(word) > 1 for word in scan.words[:-1])
        if not others and is_monogram(match[1], scan.features[-1]):
            yield match.span(1)


def initials_of(scan: TextScan, names: Iterable[TaggedName]) -> Iterator[int]:
    """The words outside the names that are the initials of one of them."""
    known: set[str] = set()
    for name in names:
        words = re.split(r"[ \-]", scan.text[scan.starts[name.first] : scan.ends[name.last]])
        heads = [word[:1] for word in words]
        if 1 < len(heads) < 5:
            known |= {"".join(heads), "".join(head for head in heads if head.isupper())}
    if known.isdisjoint(scan.words):
        return
    for place, word in enumerate(scan.words):
        bits = scan.features[place]
        if word in known and bits & CAPITAL and is_monogram(word, bits):
            before = scan.text[scan.starts[place] - 1 : scan.starts[place]]
            if not before or before in " \n([":
                yield place
