"""One pass over a text that all recognizers share: words, their features, cheap facts.

Presidio hands it to each recognizer as ``nlp_artifacts.scan``; a recognizer that is called without
one makes its own. Offsets are code points of the text as given: nothing is normalised in place.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from pii_rules.recognizers.lexicon import CAPITAL, INFIX, PLACE, Lexicon, lexicon

_LETTER = r"[^\W\d_]"
_MARKS = "\u0300-\u036f\u00ad\u200b-\u200d\u2060"
# Each possessive group looks ahead first: Python 3.11.2, that of Debian 12, keeps half a match.
_DOTTED = r"(?:(?=[A-Za-z]\.)[A-Za-z]\.){1,6}+(?!\w)|(?:(?=[A-Z]\.)[A-Z]\.){1,6}+|(?:Th|Chr|Ph|Ch|IJ|Tj|Sj)\.(?=[ A-Z])"
_ASCII_WORD = re.compile(
    rf"(?<![A-Za-z0-9])(?:{_DOTTED}|[vV]/[dD]|'[tsdTSD](?= )|'s-(?=[A-Z])[A-Za-z]++|[A-Za-z]++(?:(?=['-][A-Za-z])['-][A-Za-z]++)*+|&)"
)
_ANY_WORD = re.compile(
    rf"(?<![^\W_])(?:{_DOTTED}|[vV]/[dD]|['’][tsdTSD](?= )|['’]s-(?=[A-Z]){_LETTER}++"
    rf"|{_LETTER}(?:{_LETTER}|[{_MARKS}])*+(?:(?=['’\-]{_LETTER})['’\-]{_LETTER}(?:{_LETTER}|[{_MARKS}])*+)*+|&)"
)


class TaggedName(NamedTuple):
    """First and last word of a name, and by how much it beats not being one (in thousandths)."""

    first: int
    last: int
    margin: int


class TextScan:
    """Words of one text with their places and features.

    ``grammar`` and ``tagged`` hold the names of persons once each has been looked for.
    """

    __slots__ = ("__dict__", "ends", "features", "grammar", "starts", "tagged", "text", "words")

    def __init__(self, text: str, words_of: Lexicon | None = None) -> None:
        known = words_of or lexicon()
        pattern = _ASCII_WORD if text.isascii() else _ANY_WORD
        self.text = text
        self.words: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        for match in pattern.finditer(text):
            self.words.append(match.group())
            start, end = match.span()
            self.starts.append(start)
            self.ends.append(end)
        features = known.features
        self.features: list[int] = [features(word) for word in self.words]
        self.grammar: list[tuple[int, int, float, str]] | None = None
        self.tagged: Sequence[TaggedName] | None = None

    @cached_property
    def lower(self) -> str:
        """The text in lower case, of the same length."""
        low = self.text.lower()
        # a few letters grow when lowered (İ); then lower the ASCII ones only, so that offsets hold
        return low if len(low) == len(self.text) else self.text.translate(_ASCII_LOWER)

    @cached_property
    def heads(self) -> frozenset[str]:
        """The first three letters of each word, in lower case: whether a label can be there at all."""
        return frozenset([word[:3] for word in self.lowered])

    @cached_property
    def lowered(self) -> frozenset[str]:
        """The words in lower case."""
        return frozenset([word.lower() for word in self.words])

    @cached_property
    def has_place(self) -> bool:
        """Whether a word with a capital is in the list of places, or begins one of two words."""
        wanted = CAPITAL | PLACE
        return any(bits & wanted == wanted or bits & _HEAD == _HEAD for bits in self.features)

    @cached_property
    def digit_count(self) -> int:
        """Number of digits, counted no further than 40."""
        return sum(1 for _, _ in zip(_DIGIT.finditer(self.text), range(40), strict=False))

    @cached_property
    def has_at(self) -> bool:
        """Whether an at sign, or what people write for it, occurs."""
        return (
            "@" in self.text
            or " at " in self.lower
            or "[at]" in self.lower
            or ("(at)" in self.lower or "staart" in self.lower or "{at}" in self.lower)
        )

    def before(self, start: int, length: int = 48) -> str:
        """The text before a place, in lower case."""
        return self.lower[max(0, start - length) : start]

    def after(self, end: int, length: int = 24) -> str:
        """The text after a place, in lower case."""
        return self.lower[end : end + length]


_HEAD = CAPITAL | INFIX
"""Den Haag, La Louvière: the first word is no place by itself."""
_DIGIT = re.compile(r"\d")
_ASCII_LOWER = {c: c + 32 for c in range(65, 91)}
