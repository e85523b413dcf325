"""Licence plates, Dutch ones by their side codes and those of the neighbours."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_rules.recognizers.base import Finding, ScanRecognizer
from pii_rules.recognizers.lexicon import lexicon, word_class
from pii_rules.recognizers.scan import TextScan

_SIDE_CODES = re.compile(
    r"(?<![\w\-])(?:"
    r"[A-Z]{2}-\d{2}-\d{2}|\d{2}-\d{2}-[A-Z]{2}|\d{2}-[A-Z]{2}-\d{2}|[A-Z]{2}-\d{2}-[A-Z]{2}|"
    r"[A-Z]{2}-[A-Z]{2}-\d{2}|\d{2}-[A-Z]{2}-[A-Z]{2}|\d{2}-[A-Z]{3}-\d|\d-[A-Z]{3}-\d{2}|"
    r"[A-Z]{2}-\d{3}-[A-Z]|[A-Z]-\d{3}-[A-Z]{2}|[A-Z]{3}-\d{2}-[A-Z]|[A-Z]-\d{2}-[A-Z]{3}|"
    r"\d-[A-Z]{2}-\d{3}|\d{3}-[A-Z]{2}-\d|[1-9]-[A-Z]{3}-\d{3}|[A-Z]{2}-\d{3}-[A-Z]{2}|"
    r"\d{2}[12]?-[A-Z]{1,2}-\d{3,6}"
    r")(?![\w\-])",
    re.IGNORECASE,
)
"""The last two: France and Italy; Ireland."""

_BRITISH = re.compile(
    r"(?<![\w\-])[A-HJ-PR-Y][A-HJ-PR-Y](?:0[2-9]|[1-7]\d) [A-HJ-PR-Z]{3}(?![\w\-])"
)
_GERMAN = re.compile(r"(?<![\w\-])[A-ZÄÖÜ]{1,3}-[A-Z]{1,2} ?[1-9]\d{0,3}[EH]?(?![\w\-])(?!\.\d)")
_BARE = (
    r"(?<![\w\-.,/])(?:[A-Z]{2}[ .\-]?\d{2}[ .\-]?[A-Z]{3}|[A-Z]{1,3}[ .\-]?\d{1,4}[ .\-]?[A-Z]{1,3}"
    r"|\d{1,4}[ .\-]?[A-Z]{2,3}[ .\-]?\d{0,3}|[A-Z]{1,3}[ \-][A-Z]{1,2} ?\d{1,4}|[A-Z]{2}[ .\-]?\d{2}[ .\-]?\d{2}"
    r"|\d{2}[ .]?\d{2}[ .]?[A-Z]{2}|\d{1,3}[ .\-]?[A-Z]{1,2}[ .\-]?\d{1,6})(?![\w\-])"
)
_LABELLED = re.compile(
    r"(?:kenteken(?:nr|nummer|plaat)?s?|nummerpla(?:at|ten)|licen[cs]e plate|(?:number |license )?plate|registration|\breg"
    r"(?: (?:no|nr|number|plate))?|\brego|\bkent|kennzeichen|plaque)"
    r"(?:[.:#=]| is| was| nr| no| nummer| number| van \w{2,12}(?: \w{2,12})?| of (?:the |my |his |her )?\w{2,12}"
    rf"| \w{{4,12}})?[ :#.(\"'\n]{{0,4}}({_BARE})",
    re.IGNORECASE,
)
"""A label and what stands behind it; the label may itself look like the head of a plate ("reg ab12 cde")."""
_BLANKS = re.compile(
    r"(?<![\w\-])(?:[A-Z]{2} \d{3} [A-Z]|[A-Z] \d{3} [A-Z]{2}|[A-Z]{3} \d{2} [A-Z]|[A-Z] \d{2} [A-Z]{3}"
    r"|\d{2} [A-Z]{3} \d|\d [A-Z]{3} \d{2}|\d{2} [A-Z]{2} [A-Z]{2}|[A-Z]{2} [A-Z]{2} \d{2}|[A-Z]{2} \d{2} [A-Z]{2}"
    r"|[1-9] ?[A-Z]{3} ?\d{3}|[A-Z]{2}[0-7]\d[A-Z]{3}|[A-Z]\d{1,3} [A-Z]{3}|[A-Z]{2}\d{3}[A-Z]{1,2}|[A-Z]\d{3}[A-Z]{2})"
    r"(?![\w\-])"
)
_LOWER = re.compile(
    r"(?<![\w\-])(?:[a-z]{2} ?(?:0[2-9]|[1-7]\d) ?[a-z]{3}|[a-z]{2} ?\d{3} ?[a-z]|[a-z] ?\d{3} ?[a-z]{2}|[1-9] ?[a-z]{3} ?\d{3})(?![\w\-])"
)
_NO_PLATE = frozenset(
    (
        "AM",
        "PM",
        "EUR",
        "USD",
        "GBP",
        "NR",
        "NO",
        "CM",
        "MM",
        "KG",
        "ML",
        "KW",
        "KWH",
        "GB",
        "TB",
        "MB",
        "UUR",
        "OF",
        "EN",
    )
)

_LETTERS = re.compile(r"[a-z]{2,}")
_TWO_LETTER_WORDS = word_class("two_letter_words")
_HEADS = frozenset(("ken", "num", "lic", "pla", "reg"))
"""What a label starts with."""


def _reads(plate: str) -> bool:
    """Whether letters in lower case, parted from the figures, are words: "by 12 may"."""
    if not plate.islower():
        return False
    parts = _LETTERS.findall(plate)
    short = any(part in _TWO_LETTER_WORDS for part in parts)
    return (short and " " in plate) or any(
        part in lexicon().words for part in parts if len(part) > 2
    )


class LicencePlateRecognizer(ScanRecognizer):
    """Dutch licence plates by their side codes; Belgian, German, French, British and Irish ones.

    What could be anything without its hyphens counts behind a label, or beside a word for a car
    that the registry names. Source: RDW, sidecodes 1–14; FZV § 8; DVLA INF104.
    """

    ENTITY = "LICENCE_PLATE"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Plates of a telling shape, or labelled ones."""
        if scan.digit_count < 1:
            return
        for match in _SIDE_CODES.finditer(scan.text) if "-" in scan.text else ():
            plate = match.group()
            yield Finding(match.start(), match.end(), 0.8 if plate.isupper() else 0.5, "side code")
        for match in _BRITISH.finditer(scan.text):
            yield Finding(match.start(), match.end(), 0.6, "British")
        for match in _GERMAN.finditer(scan.text) if "-" in scan.text else ():
            # "B-AB 1234" is a plate; "ZX-A 12" may be an article: it needs a word for a car
            sure = " " in match.group() and sum(c.isdigit() for c in match.group()) > 2
            yield Finding(match.start(), match.end(), 0.45 if sure else 0.2, "German")
        for match in _BLANKS.finditer(scan.text):
            if not _NO_PLATE.intersection(match.group().split()):
                yield Finding(match.start(), match.end(), 0.2, "beside a car")
        for match in _LOWER.finditer(scan.text):
            if not _reads(match.group()):
                yield Finding(match.start(), match.end(), 0.15, "in lower case, beside a car")
        for match in () if _HEADS.isdisjoint(scan.heads) else _LABELLED.finditer(scan.text):
            if 5 <= sum(c.isalnum() for c in match[1]) <= 9 and not _reads(match[1]):
                yield Finding(match.start(1), match.end(1), 0.8, "labelled")
