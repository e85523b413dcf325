"""Numbers as people say them: figures in words, alone and between digits, Dutch and English.

Owns the words and their patterns; the recognizers of telephone numbers and dates of birth use them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_rules.recognizers.base import Finding
from pii_rules.recognizers.scan import TextScan

_UNIT_NL = r"(?:een|één|twee|drie|vier|vijf|zes|zeven|acht|negen)"
_TEEN_NL = r"(?:tien|elf|twaalf|dertien|veertien|vijftien|zestien|zeventien|achttien|negentien)"
_TENS_NL = r"(?:twintig|dertig|veertig|vijftig|zestig|zeventig|tachtig|negentig)"
DUTCH_NUMBER = rf"(?:nul|{_TEEN_NL}|(?:{_UNIT_NL} ?(?:ë?en|ën|en) ?)?{_TENS_NL}|{_UNIT_NL})"
"""A Dutch numeral below a hundred."""
_UNIT_EN = r"(?:one|two|three|four|five|six|seven|eight|nine)"
_TEEN_EN = r"(?:ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)"
_TENS_EN = r"(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
ENGLISH_NUMBER = rf"(?:zero|oh|{_TEEN_EN}|{_TENS_EN}(?:[ \-]{_UNIT_EN})?|{_UNIT_EN})"
"""An English numeral below a hundred; "oh" for nought."""

_PHONE = re.compile(
    r"(?<![\w\-])(?:(?:nul|0)[ ,\-]{0,2}(?:zes|6)|0[1-9]\d{0,3}|zes|plus (?:31|eenendertig)|(?:oh|zero|0)[ ,\-]{0,2}(?:seven|7))"
    rf"(?:[ ,.\-]{{1,3}}(?:dubbel |dubbele |double |triple )?(?:{DUTCH_NUMBER}|{ENGLISH_NUMBER}|\d{{1,4}})(?!\w)){{4,10}}",
    re.IGNORECASE,
)
_HEADS = frozenset(
    "nul zes zev ach neg twe dri vie vij tie elf twa der vee zer oh plu one two thr fou fiv six sev eig nin dou tri".split()  # noqa: SIM905
)
"""What a numeral starts with; a text without any is not looked at further."""
_ANY_WORD = re.compile(rf"(?<!\w)(?:{DUTCH_NUMBER}|{ENGLISH_NUMBER})(?!\w)", re.IGNORECASE)
_VALUES = re.compile(r"\d|[A-Za-zé]{3,}")
_LEAST_DIGITS = 7


def spoken_phones(scan: TextScan) -> Iterator[Finding]:
    """Telephone numbers of which some figures are words: "nul zes twaalf 34 56 78"."""
    if scan.heads.isdisjoint(_HEADS):
        return
    for match in _PHONE.finditer(scan.text):
        written = match.group()
        digits = sum(
            1 if value.isdigit() else 2 if _is_long(value) else 1
            for value in _VALUES.findall(written)
        )
        if _ANY_WORD.search(written) and digits >= _LEAST_DIGITS:
            yield Finding(match.start(), match.start() + len(written), 0.75, "spoken")


def _is_long(word: str) -> bool:
    """Whether a numeral stands for two figures."""
    return bool(re.fullmatch(rf"{_TEEN_NL}|\w*{_TENS_NL}|{_TEEN_EN}|{_TENS_EN}", word.lower()))


_DAY_NL = (
    r"(?:eerste|tweede|derde|vierde|vijfde|zesde|zevende|achtste|negende|tiende|elfde|twaalfde"
    rf"|\w{{4,9}}(?:tiende|tigste)|een ?en ?dertig(?:ste)?|{DUTCH_NUMBER}|\d{{1,2}})"
)
_DAY_EN = (
    r"(?:the )?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|\w{4,6}teenth"
    rf"|(?:twenty|thirty)[ \-](?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth)|twentieth|thirtieth"
    rf"|{ENGLISH_NUMBER}|\d{{1,2}}(?:st|nd|rd|th)?)"
)
_MONTH_NL = (
    r"(?:januari|februari|maart|april|mei|juni|juli|augustus|september|oktober|november|december)"
)
_MONTH_EN = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december)"
)
_YEAR_NL = (
    rf"(?:negentien ?(?:honderd ?)?(?:en ?)?{DUTCH_NUMBER}|tweeduizend(?: ?(?:en ?)?{DUTCH_NUMBER})?"
    rf"|{_UNIT_NL} ?(?:ë?en|ën) ?{_TENS_NL}|{_TENS_NL}|(?:19|20)\d\d|['’]?\d\d)"
)
_YEAR_EN = (
    rf"(?:nineteen(?: hundred and)?[ \-]{ENGLISH_NUMBER}|two thousand(?: and {ENGLISH_NUMBER})?|twenty[ \-]{ENGLISH_NUMBER}"
    rf"|{_TENS_EN}[ \-]{_UNIT_EN}|(?:19|20)\d\d|['’]?\d\d)"
)
SPOKEN_DATE = re.compile(
    rf"(?<![\w\-])(?:{_DAY_NL} (?:van )?{_MONTH_NL},? {_YEAR_NL}|{_DAY_EN} (?:of )?{_MONTH_EN},? {_YEAR_EN})(?!\w)",
    re.IGNORECASE,
)
"""A date of which day or year is said in words."""
