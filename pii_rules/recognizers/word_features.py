"""What the name tagger sees of a word and of what stands between two words.

Owns the features, so that training and tagging cannot differ. Each feature depends on one word, one
gap, or a pair of coarse classes: that makes tagging a matter of table look-ups.
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterable, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from pii_rules.recognizers.lexicon import (
    ACTS,
    BLOCKED,
    CAPITAL,
    CLOSING,
    CUE,
    DOTTED,
    FAMILY,
    GIVEN,
    GREETING,
    INFIX,
    INITIALS,
    ORGANISATION,
    PLACE,
    ROLE_CUE,
    SPEAKS,
    TITLE,
    UPPER,
    WORD,
    fold,
)
from pii_rules.recognizers.scan import TextScan

LABELS: Final = ("O", "B", "I", "N", "A", "C")
"""Nothing, a person's first word, its further words, name of something else, street, place."""

OFFSETS: Final = (0, -1, 1, -2, 2)
"""Of which neighbours a word's own features count, nearest first."""

_FUNCTIONS: Final = (
    TITLE, GREETING, CLOSING, ROLE_CUE, SPEAKS, ACTS, ORGANISATION, BLOCKED, CUE,
)  # fmt: skip
_LONE: Final = len(_FUNCTIONS) + 1
CLASSES: Final = _LONE + 4 + 24
"""Number of coarse classes, with 0 for what stands outside the text."""


@lru_cache(maxsize=8_192)
def coarse_class(bits: int) -> int:
    """One of :data:`CLASSES` for a word of these bits: its function, or what lists know it as."""
    if bits & INITIALS:
        return _LONE if bits & DOTTED else _LONE + 1
    if bits & INFIX:
        return _LONE + 2 if bits & CAPITAL else _LONE + 3
    if not bits & (GIVEN | FAMILY):
        for place, function in enumerate(_FUNCTIONS, 1):
            if bits & function:
                return place
    listed = (1 if bits & GIVEN else 0) + (2 if bits & FAMILY else 0)
    common = 2 if bits & WORD else 1 if bits & PLACE else 0
    return _LONE + 4 + listed * 6 + common * 2 + (1 if bits & CAPITAL else 0)


def word_attributes(
    word: str, bits: int, vocabulary: Container[str]
) -> tuple[tuple[str, ...], ...]:
    """The attributes that a word gives to itself and to its neighbours, in order of OFFSETS.

    Args:
        word: As written.
        bits: Of the lexicon.
        vocabulary: Words in lower case that count by themselves; of all others only the shape does.
    """
    shape = word_shape(word, bits)
    alike, spelt = class_attributes(bits, shape), spelling_attributes(word, shape, vocabulary)
    return tuple(
        tuple(f"{offset}:{name}" for name in (*alike[abs(offset)], *spelt[abs(offset)]))
        for offset in OFFSETS
    )


def class_attributes(bits: int, shape: str) -> tuple[tuple[str, ...], ...]:
    """What all words of these bits and this shape have: for themselves, at distance 1, and 2."""
    masked, coarse = f"c={bits:x}", f"k={coarse_class(bits)}"
    lower = f"l={bits & ~(CAPITAL | UPPER):x}"
    return (masked, lower, f"sh={shape}", coarse), (masked, f"sh={shape}"), (coarse,)


def spelling_attributes(
    word: str, shape: str, vocabulary: Container[str]
) -> tuple[tuple[str, ...], ...]:
    """What a word has by its letters: for itself, at distance 1, and 2."""
    key = fold(word)
    if key in vocabulary:
        return (f"w={key}", f"w={key}|{shape}"), (f"w={key}",), (f"w={key}",)
    padded = f"^{key}$"
    size = min(len(key), 9)
    own = [f"n={size}", f"n={size}|{shape}"]
    own += [f"s{n}={padded[-n - 1 :]}" for n in (1, 2, 3, 4) if len(key) > n]
    own += [f"p{n}={padded[: n + 1]}" for n in (2, 3) if len(key) > n]
    return tuple(own), (f"s3={key[-3:]}",), ()


def word_shape(word: str, bits: int) -> str:
    """How a word is written: capitals, a lone letter, parts between hyphens."""
    if "-" in word:
        parts = word.split("-")
        return "-".join("X" if p[:1].isupper() else "x" for p in parts[:3])
    if bits & UPPER:
        return "XX"
    if bits & CAPITAL:
        return "X" if len(word) == 1 else "Xx" if word[1:].islower() else "XxX"
    return "x" if len(word) == 1 else "xx" if word.islower() else "xX"


START, END, GAPS = 20, 21, 24
"""Gap classes before the first word and behind the last one, and how many there are."""

_GAPS: Final = {
    "": 0, " ": 1, "  ": 2, "\u00a0": 2, ", ": 5, ",": 5, ". ": 6, "! ": 6, "? ": 6, ": ": 7, ":": 7,
    "; ": 8, " - ": 9, " – ": 9, "- ": 9, "-": 18, " / ": 16, "/": 16, ".": 17, "... ": 6,
}  # fmt: skip


def gap_class(gap: str) -> int:
    """One of :data:`GAPS` for what stands between two words."""
    known = _GAPS.get(gap)
    if known is not None:
        return known
    if any(c.isdigit() for c in gap):
        # glued to the word before, to the word behind, to both ("K-102938", "1234AB"), or to none
        before = gap[0].isdigit() or (gap[0] == "-" and gap[1:2].isdigit())
        behind = gap[-1].isdigit() or (gap[-1] == "-" and gap[-2:-1].isdigit())
        return (12 if behind else 14) if before else (22 if behind else 13)
    if "\n" in gap:
        return 4 if gap.count("\n") > 1 else 3
    if "@" in gap:
        return 15
    if "(" in gap or "[" in gap or "<" in gap:
        return 10
    if ")" in gap or "]" in gap or ">" in gap:
        return 11
    if '"' in gap or "'" in gap or "“" in gap or "”" in gap:
        return 23
    return 6 if gap.strip()[:1] in (".", "!", "?") else 19


def text_case(capitals: int, uppers: int, words: int) -> int:
    """How a text uses capitals: 0 not at all, 1 nearly only, 2 on most words, 3 as prose does."""
    if not capitals:
        return 0
    if uppers * 3 > words * 2:
        return 1
    return 2 if capitals * 3 > words * 2 and words > 3 else 3


POSITIONS: Final = 16
"""Positions in a line: 0 outside the text, then five for texts of one line, lines, last lines."""

_LAST_LINES = 3


def line_positions(scan: TextScan) -> list[int]:
    """Whether each word is alone on its line, opens it or follows, and where its line stands."""
    words = len(scan.words)
    if "\n" not in scan.text:
        return _of_line(words, 0)
    breaks = [0]
    for place, (end, start) in enumerate(zip(scan.ends, scan.starts[1:], strict=False), 1):
        if "\n" in scan.text[end:start]:
            breaks.append(place)
    breaks.append(words)
    found: list[int] = []
    lines = len(breaks) - 1
    for line, (first, after) in enumerate(itertools.pairwise(breaks)):
        found += _of_line(after - first, 5 if line < lines - _LAST_LINES else 10)
    return found


def _of_line(words: int, block: int) -> list[int]:
    if words < 2:
        return [block + 1] * words
    opens = 2 if words < 5 else 4
    return [block + opens, *[block + opens + 1] * (words - 1)]


ECHOES: Final = 8
"""Whether a word occurs elsewhere in its text: 1 no, else in which case, and whether as a name."""

_SHORTEST_ECHO = 3


def echo_classes(scan: TextScan, rules: Sequence[int]) -> list[int]:
    """For each word whether it stands elsewhere in the text, and how.

    A capital reads 2 where the others are lower case, 3 where one has a capital, 6 where the
    grammar reads one as a name; lower case reads 5, 4 and 7.
    """
    keys = [word.lower() for word in scan.words]
    found = [1] * len(keys)
    if len(set(keys)) == len(keys):
        return found
    groups: dict[str, list[int]] = {}
    for place, key in enumerate(keys):
        if len(key) >= _SHORTEST_ECHO:
            groups.setdefault(key, []).append(place)
    for places in groups.values():
        if len(places) > 1:
            capitals = [bool(scan.features[place] & CAPITAL) for place in places]
            named = [0 < rules[place] < ORGANISATION_FROM for place in places]
            for place, capital, name in zip(places, capitals, named, strict=True):
                if sum(named) > name:
                    found[place] = 6 if capital else 7
                elif sum(capitals) > capital:
                    found[place] = 3 if capital else 4
                else:
                    found[place] = 2 if capital else 5
    return found


RULES: Final = 64
"""Upper bound of the numbers by which the grammar's finding of a word is known; 0 is none."""

ORGANISATION_FROM: Final = 51
"""The number of the grammar's last rule: it reads as a name and is a company, street or product."""

SIZES: Final = {"k": CLASSES, "g": GAPS, "r": RULES, "t": 4, "p": POSITIONS, "e": ECHOES}
"""Columns: coarse class, gap before the word, grammar rule, case of the text, position in its line,
echo; and their values."""

TABLES: Final[dict[str, tuple[tuple[str, int], ...]]] = {
    "gb": (("g", 0),),
    "ga": (("g", 1),),
    "gbk": (("g", 0), ("k", 0)),
    "gak": (("g", 1), ("k", 0)),
    "kk-": (("k", -1), ("k", 0)),
    "kk+": (("k", 0), ("k", 1)),
    "kkk": (("k", -1), ("k", 0), ("k", 1)),
    "kgk-": (("k", -1), ("g", 0), ("k", 0)),
    "kgk+": (("k", 0), ("g", 1), ("k", 1)),
    "r": (("r", 0),),
    "r-": (("r", -1),),
    "r+": (("r", 1),),
    "rk": (("r", 0), ("k", 0)),
    "tk": (("t", 0), ("k", 0)),
    "tr": (("t", 0), ("r", 0)),
    "pk": (("p", 0), ("k", 0)),
    "pg": (("p", 0), ("g", 1)),
    "ek": (("e", 0), ("k", 0)),
    "er": (("e", 0), ("r", 0)),
}
"""Which columns, at which distance from the word, count together."""

WORD_TABLES: Final[dict[str, tuple[int, int]]] = {"vk-": (-1, 0), "vk+": (1, 0), "vk--": (-2, 0)}
"""A word of the vocabulary at the first distance counts together with the class at the second."""


class WordColumns(NamedTuple):
    """One text as the model reads it: one entry a word, in each list; gaps have one more.

    ``known`` has the words of the vocabulary, and nothing for the others.
    """

    attributes: list[tuple[tuple[str, ...], ...]]
    columns: Columns
    rules: list[int]
    known: list[str]

    def at(self, column: str, place: int) -> int:
        """The value of a column, 0 outside the text."""
        if column == "t":
            return self.columns.case
        if column == "g":
            return self.columns.gaps[place]
        values = {
            "k": self.columns.classes,
            "r": self.rules,
            "p": self.columns.positions,
            "e": self.columns.echoes,
        }[column]
        return values[place] if 0 <= place < len(values) else 0

    def of_word(self, place: int) -> list[str]:
        """All attributes of the word at a place, as the training reads them."""
        found: list[str] = []
        for order, offset in enumerate(OFFSETS):
            other = place + offset
            inside = 0 <= other < len(self.attributes)
            found += self.attributes[other][order] if inside else [outside_attribute(offset)]
        for name, parts in TABLES.items():
            values = [self.at(column, place + offset) for column, offset in parts]
            found.append(table_attribute(name, values))
        for name, (word, other) in WORD_TABLES.items():
            if 0 <= place + word < len(self.known) and (key := self.known[place + word]):
                found.append(word_table_attribute(name, key, self.at("k", place + other)))
        return found


def outside_attribute(offset: int) -> str:
    """The attribute of a neighbour that lies before or behind the text."""
    return f"{offset}:outside"


def table_attribute(name: str, values: Iterable[int]) -> str:
    """The attribute of values that count together."""
    return f"{name}={'.'.join(map(str, values))}"


def word_table_attribute(name: str, word: str, coarse: int) -> str:
    """The attribute of a word of the vocabulary and the class of a word near by."""
    return f"{name}={word}|{coarse}"


class Columns(NamedTuple):
    """A scanned text's classes, gaps (one more than words), positions and echoes, and its case."""

    classes: list[int]
    gaps: list[int]
    positions: list[int]
    echoes: list[int]
    case: int


def columns_of(scan: TextScan, rules: Sequence[int]) -> Columns:
    """What tables are addressed by, for each word of a scanned text."""
    bits, text, starts, ends = scan.features, scan.text, scan.starts, scan.ends
    classes = [coarse_class(b) for b in bits]
    head = text[: starts[0]] if starts else text
    gaps = [gap_class(head) if any(c.isdigit() for c in head) else START]
    gaps += [gap_class(text[e:s]) for e, s in zip(ends, starts[1:], strict=False)]
    tail = text[ends[-1] :] if ends else ""
    gaps.append(gap_class(tail) if any(c.isdigit() for c in tail[:12]) else END)
    capitals = sum(1 for b in bits if b & CAPITAL)
    uppers = sum(1 for b in bits if b & UPPER)
    case = text_case(capitals, uppers, len(bits))
    return Columns(classes, gaps, line_positions(scan), echo_classes(scan, rules), case)
