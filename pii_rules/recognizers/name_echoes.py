"""What names of a text tell of one another: parts that belong together, and echoes.

"Piet Kroon belde. Kroon wil ...": what stands once with a given name, initials or a title is read as
a name again where it stands alone; a short word between two parts joins them ("Xin Yi Chen"), and a
hyphen with blanks joins a maiden name ("Carola Smit - van Dam").
Owns these rules only; which names are certain, the tagger says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pii_rules.recognizers.lexicon import (
    BLOCKED,
    CAPITAL,
    FAMILY,
    GIVEN_HOME,
    INFIX,
    INITIALS,
    ORGANISATION,
    TITLE,
    WORD,
    word_class,
)
from pii_rules.recognizers.scan import TaggedName, TextScan

CERTAIN = 3_000
"""Margin, in thousandths, from which a name counts as certain; chosen on development texts."""
_SHORTEST = 3
_BEFORE_NO_PERSON = word_class("organisations_before")


def echoes(scan: TextScan, names: Sequence[TaggedName]) -> Iterator[int]:
    """The words, outside the names, that are parts of certain ones written in the same way."""
    parts = _parts(scan, [name for name in names if name.margin >= CERTAIN])
    if not parts:
        return
    covered = {place for name in names for place in range(name.first, name.last + 1)}
    for place, word in enumerate(scan.words):
        if word in parts and place not in covered and not _is_of_something_else(scan, place):
            yield place


_BRIDGES = frozenset(("y", "e", "da", "do", "i"))
_LONGEST_BRIDGE = 3


def bridged(scan: TextScan, names: Sequence[TaggedName]) -> Iterator[TaggedName]:
    """The names in order, two of them joined where one short word of a name stands between."""
    before: TaggedName | None = None
    for name in names:
        if before is not None and (
            _is_bridge(scan, before.last, name.first) or _is_married(scan, before, name)
        ):
            margin = max(before.margin, name.margin)
            before = TaggedName(before.first, name.last, margin)
            continue
        if before is not None:
            yield before
        before = name
    if before is not None:
        yield before


def _is_married(scan: TextScan, before: TaggedName, name: TaggedName) -> bool:
    """Whether a hyphen with blanks joins a whole name and a surname: "Carola Blok - van Dam"."""
    if before.last + 1 != name.first or before.first == before.last:
        return False
    if scan.text[scan.ends[before.last] : scan.starts[name.first]] not in (" - ", " – "):
        return False
    return not scan.features[name.first] & GIVEN_HOME and bool(scan.features[name.last] & FAMILY)


def _is_bridge(scan: TextScan, last: int, first: int) -> bool:
    """Whether one word, with blanks only, lies between two words and is short and no other thing."""
    if first != last + 2:
        return False
    word, bits = scan.words[last + 1], scan.features[last + 1]
    left = scan.text[scan.ends[last] : scan.starts[last + 1]]
    right = scan.text[scan.ends[last + 1] : scan.starts[first]]
    if left != " " or right not in (" ", ". ") or bits & (BLOCKED | ORGANISATION):
        return False
    if word in _BRIDGES:
        return right == " " and bool(scan.features[first] & CAPITAL)
    short = len(word) <= _LONGEST_BRIDGE and bool(scan.features[last] & CAPITAL)
    return short and bool(bits & CAPITAL) and not word.isupper()


def _parts(scan: TextScan, names: Sequence[TaggedName]) -> frozenset[str]:
    """Words of names of several words or behind a title, that mean nothing else by themselves."""
    found: set[str] = set()
    for name in names:
        titled = name.first > 0 and bool(scan.features[name.first - 1] & TITLE)
        if name.first == name.last and not titled:
            continue
        for place in range(name.first, name.last + 1):
            bits = scan.features[place]
            word = scan.words[place]
            if len(word) < _SHORTEST or bits & (BLOCKED | INFIX | INITIALS):
                continue
            if bits & CAPITAL or not bits & WORD:
                found.add(word)
    return frozenset(found)


def _is_of_something_else(scan: TextScan, place: int) -> bool:
    """Whether a word of a company or a street stands beside it, or a word that opens a sentence."""
    if place and scan.words[place - 1].lower() in _BEFORE_NO_PERSON:
        return True
    if place + 1 < len(scan.words):
        gap = scan.text[scan.ends[place] : scan.starts[place + 1]]
        bits = scan.features[place + 1]
        if gap == " " and bits & ORGANISATION and bits & CAPITAL:
            return True
    before = scan.text[scan.ends[place - 1] : scan.starts[place]] if place else "."
    opens = before.strip()[:1] in (".", "!", "?") or "\n" in before
    return opens and bool(scan.features[place] & WORD)
