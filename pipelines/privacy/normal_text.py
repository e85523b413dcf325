"""The text as a reader sees it, with the places where each letter stood.

Recognizers know letters, digits and spaces. What hides a name from them and not from a reader is
undone here: zero-width and direction marks, soft hyphens, letters of another alphabet that look
Latin, full-width and mathematical letters, digits of other scripts, letters with loose accents.
Whatever is found is told in code points of the text as it was given.

Privacy: a text in, a text out; nothing is kept. Source: Unicode Standard Annex 15 (normalisation),
Unicode Technical Standard 39 (confusable letters; the few that look the same in Latin).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final, NamedTuple

STRANGE: Final = (
    r"[^\x00-\x9f\xa1-\xac\xae-\x{024f}\x{2013}-\x{2015}\x{2018}-\x{201f}\x{2022}\x{2026}\x{20ac}]"
)
_STRANGE = re.compile(STRANGE.replace(r"\x{", r"\u").replace("}", ""))
"""Everything but what Western European text is made of; a text without any is left alone."""
_ZERO_WIDTH = frozenset(
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u3164\ufeff\uffa0"
    + "".join(map(chr, (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070))))
    + "".join(map(chr, range(0xFE00, 0xFE10)))
)
_SAME = {
    "\u2010": "-", "\u2011": "-", "\u2212": "-", "\u2024": ".", "\u3002": ".", "\u2028": "\n",
    "\u2029": "\n",
}  # fmt: skip
_LOOKALIKES = str.maketrans(
    "АВЕКМНОРСТУХЅІЈаеорсухѕіјһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧοραυι",
    "ABEKMHOPCTYXSIJaeopcyxsijhdqwABEZHIKMNOPTYXopaui",
)
_MIXED = re.compile(r"[^\W\d_]*(?:[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z])[^\W\d_]*")


class NormalText(NamedTuple):
    """``text`` to look in; ``starts`` and ``ends`` of each of its letters in the text as given.

    Both are None when nothing had to be undone.
    """

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def place(self, start: int, end: int) -> tuple[int, int]:
        """A place of ``text`` (not empty) as code points of the text as given."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def normal_text(text: str) -> NormalText:
    """The text without what hides words from a recognizer; time is proportional to its length."""
    if text.isascii() or _STRANGE.search(text) is None:
        return NormalText(text)
    letters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    place = 0
    for strange in _STRANGE.finditer(text):
        at = strange.start()
        letters += text[place:at]
        starts += range(place, at)
        ends += range(place + 1, at + 1)
        place = at + 1
        letter = text[at]
        if unicodedata.combining(letter):
            _joined(letters, ends, letter, at)
        elif letter in _ZERO_WIDTH:
            # a mark between "Jan" and "Bakker" separates words; elsewhere it hides in one
            if letters and letters[-1].islower() and text[place : place + 1].isupper():
                letters.append(" ")
                starts.append(at)
                ends.append(place)
        else:
            for plain in _plain(letter):
                letters.append(plain)
                starts.append(at)
                ends.append(place)
    letters += text[place:]
    starts += range(place, len(text))
    ends += range(place + 1, len(text) + 1)
    clean = "".join(letters)
    if _MIXED.search(clean):
        clean = _MIXED.sub(lambda match: match.group().translate(_LOOKALIKES), clean)
    return NormalText(clean, starts, ends)


def _joined(letters: list[str], ends: list[int], mark: str, at: int) -> None:
    """Put an accent on the letter before it; one that fits no letter goes with it unseen."""
    if not letters:
        return
    whole = unicodedata.normalize("NFC", letters[-1] + mark)
    if len(whole) == 1:
        letters[-1] = whole
    ends[-1] = at + 1


def _plain(letter: str) -> str:
    """What stands for a letter: itself, unless it is a Latin letter, digit or space in disguise."""
    if "\ud800" <= letter <= "\udfff":
        return "\N{REPLACEMENT CHARACTER}"  # half a pair: no library that speaks UTF-8 takes it
    if letter in _SAME:
        return _SAME[letter]
    if letter.isspace():
        return " "
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    plain = unicodedata.normalize("NFKC", letter)
    return plain if plain.isascii() and len(plain) <= 4 else letter
