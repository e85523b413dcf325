"""Numbers of identity documents: passport, identity card, driving licence, residence permit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_rules.recognizers.base import Finding, ScanRecognizer
from pii_rules.recognizers.scan import TextScan

_LABELLED = re.compile(
    r"(?<![\w\-])(?:"
    r"[A-Za-z]{5} ?\d{6} ?[A-Za-z0-9]{5}"
    r"|\d{3}-\d{7}-\d{2}"
    r"|\d{3,4} \d{3} \d{3,4}"
    r"|(?=[A-Za-z0-9]*\d[A-Za-z0-9]*\d)[A-Za-z0-9]{7,14}"
    r"|[A-Za-z]{1,3}[ \-]?\d{6,8}"
    r")(?![\w\-])"
)
_LABEL = re.compile(
    r"(?:paspo?o?rt(?:nummer|nr|no)?|\bpasp\b\.?(?:nr)?|\bpp(?: no| nr|nr)\b|pasport|passport|identiteitskaart|id[ \-]?kaart|eid|id[ \-]?card|identity card|rijbewijs"
    r"|rbw|driv(?:ing|er'?s?’?s?) licen[cs]e|\blicen[cs]e(?: no| number| nr)?|verblijfs(?:document|vergunning|kaart|titel)"
    r"|residence (?:permit|card)|legitimatie(?:bewijs)?|(?:reis)?document(?:nummer|nr| no| number)|id[ \-]?bewijs"
    r"|id[ \-]?(?:nummer|nr|no|number)|\bbrp\b|personalausweis|reisepass|ausweis(?:nummer|nr)?|carte d.identit[eé]"
    r"|passeport|permis de conduire)"
    r"[\w :#.,()\-'’/=\n]{0,32}$"
)
_NOT_LABEL = re.compile(
    r"(?:plate|software|plaat|kenteken|bestel|order|factuur|invoice|ticket|serie|serial|bsn|sofi|burgerservice|tel|telefoon|rekening)"
    r"[\w :#.]{0,20}$"
)
_DUTCH = re.compile(
    r"(?<![\w\-])[A-NP-Z]{2}(?=[A-NP-Z0-9]*[A-NP-Z]\d|[A-NP-Z0-9]*\d[A-NP-Z])[A-NP-Z0-9]{6}\d(?![\w\-])"
)
_BRITISH_LICENCE = re.compile(
    r"(?<!\w)[A-Z9]{5} ?\d[0156]\d[0-3]\d\d ?(?:[A-Z9]{2} ?\d[A-Z]{2}|[A-Z]9\d[A-Z]{2})(?!\w)"
)
_BELGIAN = re.compile(r"(?<![\w\-])\d{3}-\d{7}-\d{2}(?![\w\-])")

_HEADS = frozenset(
    ("pas", "ide", "id", "id-", "idk", "idb", "idn", "eid", "rij", "rbw", "dri", "lic", "ver", "res", "leg", "rei", "doc", "brp", "per",
     "aus", "car", "pp", "ppn")
)  # fmt: skip
"""What a label starts with."""


class IdentityDocumentRecognizer(ScanRecognizer):
    """Numbers of passports, identity cards, driving licences and permits.

    Behind their label in the notations of the Netherlands, Belgium, Britain, Germany and France;
    without one only where the shape tells: the British driving licence, the Belgian card with its
    check digits, and, beside a word for it, the Dutch document number. Source: RvIG, model of the
    Dutch passport (nine characters, no letter O, last a digit); RDW; DVLA INF1D; ICAO 9303.
    """

    ENTITY = "ID_DOCUMENT"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Document numbers, labelled or of a telling shape."""
        if scan.digit_count < 2:
            return
        for match in () if _HEADS.isdisjoint(scan.heads) else _LABELLED.finditer(scan.text):
            before = scan.before(match.start(), 64)
            if _LABEL.search(before) and not _NOT_LABEL.search(before):
                yield Finding(match.start(), match.end(), 0.85, "labelled")
        for match in _DUTCH.finditer(scan.text):
            yield Finding(match.start(), match.end(), 0.3, "Dutch document")
        if scan.digit_count < 7:
            return
        for match in _BRITISH_LICENCE.finditer(scan.text):
            yield Finding(match.start(), match.end(), 0.7, "British driving licence")
        for match in _BELGIAN.finditer(scan.text):
            digits = match.group().replace("-", "")
            if int(digits[:10]) % 97 in (int(digits[10:]), 0 if digits[10:] == "97" else -1):
                yield Finding(match.start(), match.end(), 0.7, "Belgian card, checked")
