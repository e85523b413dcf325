"""Where a name that the tagger found stops although it went on, and which places are none.

Owns these rules only: no name goes over a line, a colon, a bracket or a figure, nor from one given
name over a comma to the next ("Sanne, Piet"), nor over "in" to a place ("Anna in Finance"); what stands
behind "in" or "St" is a place or a church; and what is nobody although it reads as a name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from pii_rules.recognizers.lexicon import (
    BLOCKED,
    CAPITAL,
    COMPOUND,
    FAMILY,
    FAMILY_HOME,
    GIVEN,
    GIVEN_HOME,
    INFIX,
    INITIALS,
    ORGANISATION,
    PLACE,
    TITLE,
    UPPER,
    WORD,
    fold,
    lexicon,
    word_class,
)
from pii_rules.recognizers.scan import TaggedName, TextScan

_ENDS = re.compile(r"[^ \u00a0.,'’\-–_\"“”]")
"""What no name holds between two of its words."""
_PREPOSITIONS = frozenset(("in", "aan", "op", "bij", "uit"))
"""Infixes with an article behind them; alone they begin where somebody is."""
_ARTICLES = frozenset(("de", "den", "der", "het", "'t", "’t", "t", "la"))
_BEFORE_PLACES = frozenset(("in", "te", "near", "nabij", "vanuit"))
_SAINTS = frozenset(("st", "sint"))

_GENERATIONS = {"jr": CAPITAL, "sr": CAPITAL, "junior": GIVEN | FAMILY, "senior": GIVEN | FAMILY}

_STORIES = frozenset(name.replace("_", " ") for name in word_class("stories"))
_OPENERS = {"de": 6_000, "het": 6_000, "van": 2_500}
"""In lower case they open a listed surname, or one of this margin, or no name: "van Purmerend"."""
_GLUE = ("_", "\\")
"""A name that these hold to something else is part of a path or an account."""
_BEFORE_NO_PERSON = word_class("organisations_before")
_CERTAIN = 6_000
_COUNT = re.compile(r"(?<![\d.,\-])\d{1,3} $")


def parted(scan: TextScan, names: Sequence[TaggedName]) -> Iterator[TaggedName]:
    """The names in order, each cut where one ends and another begins."""
    for name in names:
        first = name.first
        for place in range(name.first + 1, name.last + 1):
            if scan.words[place] in _PREPOSITIONS and not _has_article(scan, place, name.last):
                yield TaggedName(first, place - 1, name.margin)
                first = name.last + 1
                break
            if _is_employer(scan, place, name.last) or _is_department(scan, place, name.last):
                yield TaggedName(first, place - 1, name.margin)
                first = name.last + 1
                break
            if _is_end(scan, first, place):
                yield TaggedName(first, place - 1, name.margin)
                first = place
        if first <= name.last:
            yield TaggedName(first, name.last, name.margin)


def is_place(scan: TextScan, name: TaggedName) -> bool:
    """Whether it is a town of several words, one behind "in", or a saint's church."""
    if name.first != name.last:
        return " ".join(map(fold, scan.words[name.first : name.last + 1])) in lexicon().places
    if not name.first or not scan.features[name.first] & CAPITAL:
        return False
    before = scan.words[name.first - 1]
    if scan.text[scan.ends[name.first - 1] : scan.starts[name.first]] not in (" ", ". "):
        return False
    if before.lower() in _SAINTS and before[:1].isupper():
        return name.first < 2 or not scan.features[name.first - 2] & CAPITAL
    return before in _BEFORE_PLACES and bool(scan.features[name.first] & PLACE)


def is_thing(scan: TextScan, name: TaggedName) -> bool:
    """Whether it is somebody of a story, "King's Day", "12 Sara's", or "de" with no known surname."""
    words = scan.words[name.first : name.last + 1]
    start, end = scan.starts[name.first], scan.ends[name.last]
    if scan.text[max(0, start - 1) : start] in _GLUE or scan.text[end : end + 1] == "_":
        return True
    if name.first == name.last:
        if name.margin < _CERTAIN and _follows_thing(scan, name.first):
            return True
        if name.margin < _CERTAIN and _opens_company(scan, name.last):
            return True
        if not _is_genitive(words[0]):
            return False
        return bool(_COUNT.search(scan.text, max(0, start - 4), start))
    if _ends_as_company(scan, name):
        return True
    if any(map(_is_genitive, words[:-1])) or " ".join(words).lower() in _STORIES:
        return True
    least = _OPENERS.get(words[0])
    if least is None or name.margin >= least or lexicon().is_phrase(words):
        return False
    last = scan.features[name.last]
    return bool(last & PLACE) if words[0] == "van" else not last & FAMILY_HOME


def _opens_company(scan: TextScan, place: int) -> bool:
    """Whether a word of companies stands right behind: "Hughes Dairy"."""
    if place + 1 >= len(scan.words):
        return False
    if scan.text[scan.ends[place] : scan.starts[place + 1]] != " ":
        return False
    bits = scan.features[place + 1]
    return bool(bits & ORGANISATION and bits & CAPITAL and not bits & (GIVEN | FAMILY))


def _ends_as_company(scan: TextScan, name: TaggedName) -> bool:
    """Whether the last word is one of companies and of no person, or of houses: "Fox Haulage"."""
    last = scan.features[name.last]
    if not last & CAPITAL or last & FAMILY_HOME:
        return False
    if last & ORGANISATION and not last & (GIVEN | FAMILY):
        return True
    return scan.words[name.last] in _HOUSES and not scan.features[name.first] & GIVEN_HOME


_HOUSES = frozenset(("House", "Lodge", "Grange", "Manor", "Cottage", "Court", "Mansions", "Towers"))


def _follows_thing(scan: TextScan, place: int) -> bool:
    """Whether a hall, an animal or the like stands right before: "hond Bella"."""
    if not place or scan.text[scan.ends[place - 1] : scan.starts[place]] != " ":
        return False
    return scan.words[place - 1].lower() in _BEFORE_NO_PERSON


def _is_genitive(word: str) -> bool:
    return len(word) > 3 and word[-2:] in ("'s", "’s")


def _has_article(scan: TextScan, place: int, last: int) -> bool:
    return place < last and scan.words[place + 1].lower() in _ARTICLES


def _is_end(scan: TextScan, first: int, place: int) -> bool:
    """Whether a name that begins at the first word ends before this one."""
    gap = scan.text[scan.ends[place - 1] : scan.starts[place]]
    if gap == " ":
        return False
    if _ENDS.search(gap):
        return True
    if "," not in gap or _opens_inverted(scan, first, place):
        return False
    if len(scan.words[place]) == 1 and scan.words[place].islower():
        return True
    before, behind = scan.features[first], scan.features[place]
    if before & (WORD | COMPOUND) and not before & (GIVEN | FAMILY | INITIALS):
        return True
    several = place - 1 != first or before & FAMILY or behind & INITIALS
    return bool(before & GIVEN and behind & GIVEN_HOME) and not several


_INVERTED_END = re.compile(r" ?(?:\n|:|[–\-] |<|\(|$)")


def _opens_inverted(scan: TextScan, first: int, place: int) -> bool:
    """Whether a surname comes first: "OYEDELE, Folake"; "Yildiz, Emre - intake", on its own line."""
    before, behind = scan.features[place - 1], scan.features[place]
    if not behind & CAPITAL or behind & (UPPER | BLOCKED):
        return False
    if before & UPPER and len(scan.words[place - 1]) > 2 and not before & BLOCKED:
        return True
    start = scan.starts[first]
    opens = not start or scan.text[start - 1] == "\n" or scan.text[start - 2 : start] == ": "
    alone = bool(_INVERTED_END.match(scan.text, scan.ends[place]))
    return opens and alone and bool(before & FAMILY and behind & GIVEN)


def _is_employer(scan: TextScan, place: int, last: int) -> bool:
    """Whether "van", "of" or "from" stands here and a company behind it ends the name."""
    if place != last - 1 or scan.words[place] not in ("van", "of", "from", "v"):
        return False
    bits = scan.features[last]
    return bool(bits & (BLOCKED | ORGANISATION) and bits & CAPITAL and not bits & FAMILY)


def _is_department(scan: TextScan, place: int, last: int) -> bool:
    """Whether "van de" or "from the" and an ordinary word in lower case end the name."""
    if place != last - 2 or scan.words[place] not in ("van", "of", "from"):
        return False
    if scan.words[place + 1] not in ("de", "het", "the"):
        return False
    bits = scan.features[last]
    words = scan.words[place : last + 1]
    return bool(bits & WORD) and not bits & (CAPITAL | FAMILY) and not lexicon().is_phrase(words)


def generations(scan: TextScan) -> Iterator[tuple[int, int]]:
    """First and last word of the names before "jr." or "sr.", and of listed ones before "junior"."""
    if scan.lowered.isdisjoint(_GENERATIONS):
        return
    for place, word in enumerate(scan.words):
        mark = _GENERATIONS.get(word)
        if not mark or not place:
            continue
        bits = scan.features[place - 1]
        if scan.text[scan.ends[place - 1] : scan.starts[place]] != " " or not bits & CAPITAL:
            continue
        if bits & (BLOCKED | TITLE | UPPER) or not bits & mark:
            continue
        first = place - 1
        while first and scan.features[first - 1] & INFIX and scan.words[first - 1] != "in":
            first -= 1
        yield first, place - 1
