"""Numbers that a state gives to a person. Source: UAVG 46 (the BSN needs a statute)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum.be import nn
from stdnum.nl import bsn

from pii_rules.recognizers.base import Finding, ScanRecognizer
from pii_rules.recognizers.scan import TextScan

_BSN = re.compile(
    r"(?<![\w.,\-+€])(?:\d{8,9}|\d{3}[ .\-]\d{3}[ .\-]\d{3}|\d{4}[ .\-]\d{2}[ .\-]\d{3}"
    r"|\d{2}[ .\-]\d{3}[ .\-]\d{3})(?!\w)(?![.,\-]\d)"
)
_BSN_LABEL = re.compile(
    r"(?:bsn|sofi|burgerservicenummer|burger service nummer|citizen service number)"
    r"(?:[ \-]?(?:nummer|nr|number|no))?\.?[ :=#(]{0,4}(?:is |was |van \w{1,20} |of \w{1,20} )?"
    r"(?:is )?[:( ]{0,2}$"
)


class CitizenNumberRecognizer(ScanRecognizer):
    """The Dutch citizen service number (BSN), 8 or 9 digits.

    One random number in eleven passes the eleven test, so the test alone gives a score under the
    threshold; a context word lifts it. Directly behind its label it counts even when it fails.
    Source: Besluit burgerservicenummer; RvIG, eleven test.
    """

    ENTITY = "BSN"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Numbers with the eleven test or a label."""
        if scan.digit_count < 8:
            return
        for match in _BSN.finditer(scan.text):
            digits = re.sub(r"\D", "", match.group())
            if len(set(digits)) < 2:
                continue
            labelled = bool(_BSN_LABEL.search(scan.before(match.start())))
            if bsn.is_valid(digits.zfill(9)):
                yield Finding(match.start(), match.end(), 0.95 if labelled else 0.3, "eleven test")
            elif labelled:
                yield Finding(match.start(), match.end(), 0.5, "label only")


_BELGIAN = re.compile(r"(?<![\w.])\d{2}[. ]?\d{2}[. ]?\d{2}[ \-]?\d{3}[. ]?\d{2}(?!\w)")
_SSN = re.compile(r"(?<![\w\-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w\-])")
_NINO = re.compile(
    r"(?<!\w)(?![DFIQUV])(?!BG|GB|KN|NK|NT|TN|ZZ)[A-Z][A-CEGHJ-NPR-TW-Z] ?\d\d ?\d\d ?\d\d ?[A-D](?!\w)"
)


_NINO_SHAPE = re.compile(r"(?<!\w)[A-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D](?!\w)", re.IGNORECASE)
_NINO_LABEL = re.compile(r"(?:nino|nat(?:ional|\.)? ?insurance|ni) ?(?:number|no|nr)?[.:# ]{0,3}$")


class ForeignNationalNumberRecognizer(ScanRecognizer):
    """Belgian national register, British national insurance and American social security numbers.

    Source: Rijksregister (mod 97); HMRC NIM39110; SSA, POMS RM 10201.030.
    """

    ENTITY = "NATIONAL_ID"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Numbers by shape, the Belgian one with its check."""
        if scan.digit_count < 6:
            return
        for match in _BELGIAN.finditer(scan.text):
            written = match.group()
            if nn.is_valid(re.sub(r"\D", "", written)):
                yield Finding(match.start(), match.end(), 0.85 if "." in written else 0.3, "BE")
        for match in _SSN.finditer(scan.text):
            yield Finding(match.start(), match.end(), 0.7, "US")
        for match in _NINO.finditer(scan.text):
            yield Finding(match.start(), match.end(), 0.8, "GB")
        for match in _NINO_SHAPE.finditer(scan.text):
            if _NINO_LABEL.search(scan.before(match.start())):
                yield Finding(match.start(), match.end(), 0.7, "GB, labelled")


_DOCUMENT = re.compile(r"(?<!\w)(?:[A-NP-Za-np-z]{2}[A-NP-Za-np-z0-9]{6}\d|\d{9,10})(?!\w)")
_DOCUMENT_LABEL = re.compile(
    r"(?:paspoort|passport|identiteitskaart|id[ \-]?kaart|id[ \-]?card|rijbewijs|driving licen[cs]e|"
    r"verblijfs(?:document|vergunning)|legitimatie|documentnummer|id[ \-]?bewijs)"
    r"[\w :#.()\-]{0,30}$"
)


class IdentityDocumentRecognizer(ScanRecognizer):
    """Numbers of passports, identity cards and driving licences, where the text says so.

    Source: RvIG, model of the Dutch passport (nine characters, no letter O, last a digit); RDW.
    """

    ENTITY = "ID_DOCUMENT"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Document numbers after their label."""
        if scan.digit_count < 1:
            return
        for match in _DOCUMENT.finditer(scan.text):
            number = match.group()
            if any(c.isdigit() for c in number[2:-1]) and _DOCUMENT_LABEL.search(
                scan.before(match.start(), 64)
            ):
                yield Finding(match.start(), match.end(), 0.85, "labelled")
