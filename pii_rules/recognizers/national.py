"""Numbers that a state gives to a person. Source: UAVG 46 (the BSN needs a statute)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum.be import nn
from stdnum.ch import ssn as swiss
from stdnum.de import idnr
from stdnum.es import dni, nie
from stdnum.fi import hetu
from stdnum.fr import nir
from stdnum.gb import nhs
from stdnum.ie import pps
from stdnum.it import codicefiscale
from stdnum.nl import bsn
from stdnum.pl import pesel
from stdnum.se import personnummer

from pii_rules.recognizers.base import Finding, ScanRecognizer
from pii_rules.recognizers.scan import TextScan

_BSN = re.compile(
    r"(?<![\w.,\-+€])(?:\d{8,9}|\d{3}[ .\-]\d{3}[ .\-]\d{3}|\d{4}[ .\-]\d{2}[ .\-]\d{3}"
    r"|\d{2}[ .\-]\d{3}[ .\-]\d{3})(?!\w)(?![.,\-]\d)"
)
_BSN_ODD = re.compile(r"(?<![\w.,\-+€])\d{2,3}(?:[ .]\d{2,3}){2,3}(?!\w)(?![.,\-]\d)")
"""Nine figures in pieces of any size, which count beside the label only."""
_BSN_GLUED = re.compile(
    r"(?<!\w)(?:bsn|b\.s\.n\.?|sofi)(?:[ \-]?(?:nummer|nr))?[.:=]?(\d{9}|\d{3}[ .]\d{3}[ .]\d{3}|\d{4}\.\d{2}\.\d{3})(?!\w)",
    re.IGNORECASE,
)
"""A label with its number right against it."""
_BSN_LABEL = re.compile(
    r"(?:bsn|b\.s\.n\.?|sofi|fiscaal nummer|persoons(?:nummer|nr)|burger ?service ?(?:nummer|nr)|citizen service number)"
    r"(?:[ \-]?(?:nummer|nr|number|no))?\.?[ :=#(,\n]{0,4}(?:is |was |van \w{1,20}(?: \w{1,20})? |of \w{1,20} )?"
    r"(?:is |klant |kind |partner |zoon |dochter )?[:( ]{0,2}$"
)
_BSN_NEAR = re.compile(r"(?<!\w)(?:bsn|b\.s\.n|sofi|burgerservicen|burger service)")


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
                near = bool(_BSN_NEAR.search(scan.after(match.end(), 80)))
                score = 0.95 if labelled else 0.6 if near else 0.3
                yield Finding(match.start(), match.end(), score, "eleven test")
            elif labelled:
                yield Finding(match.start(), match.end(), 0.5, "label only")
        if _BSN_NEAR.search(scan.lower):
            yield from self._odd(scan)
            for match in _BSN_GLUED.finditer(scan.text):
                yield Finding(match.start(1), match.end(1), 0.9, "label only")

    def _odd(self, scan: TextScan) -> Iterator[Finding]:
        for match in _BSN_ODD.finditer(scan.text):
            digits = re.sub(r"\D", "", match.group())
            near = _BSN_LABEL.search(scan.before(match.start())) or _BSN_NEAR.search(
                scan.after(match.end(), 24)
            )
            if len(digits) == 9 and near and bsn.is_valid(digits):
                yield Finding(match.start(), match.end(), 0.8, "in odd pieces")


_BELGIAN = re.compile(r"(?<![\w.])\d{2}[. ]?\d{2}[. ]?\d{2}[ \-.]{0,3}\d{3}[. \-]?\d{2}(?!\w)")
_SSN = re.compile(r"(?<![\w\-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w\-])")
_NINO = re.compile(
    r"(?<!\w)(?![DFIQUV])(?!BG|GB|KN|NK|NT|TN|ZZ)[A-Z][A-CEGHJ-NPR-TW-Z][ .\-]?\d\d[ .\-]?\d\d[ .\-]?\d\d[ .\-]?[A-D](?!\w)"
)
_NHS = re.compile(
    r"(?<![\w.\-])\d{3}[ \-]\d{3}[ \-]\d{4}(?![\w\-])|(?<![\w.\-])[4-79]\d{9}(?![\w\-])"
)
_LETTERED = re.compile(
    r"(?<![\w\-])(?:\d{7}[A-Wa-w][A-IWa-iw]?|\d{8}-?[A-Za-z]|[XYZxyz]-?\d{7}-?[A-Za-z]"
    r"|[A-Z]{6}\d{2}[A-EHLMPR-T]\d{2}[A-Z]\d{3}[A-Z])(?![\w\-])"
)
_ELEVEN = re.compile(r"(?<![\w.\-])\d{2}(?: ?\d{3}){3}(?![\w\-])|(?<![\w.\-])\d{11}(?![\w\-])")
_FRENCH = re.compile(
    r"(?<![\w.\-])[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}(?![\w\-])"
)
_NORDIC = re.compile(r"(?<![\w.\-/])(?:\d{6}[\-+]\d{4}|\d{6}[\-+A]\d{3}[0-9A-Y])(?![\w\-])")
_SWISS = re.compile(r"(?<![\w.\-])756[. ]?\d{4}[. ]?\d{4}[. ]?\d{2}(?!\w)")
_SEPARATORS = re.compile(r"[ .\-]")
_LABELLED = re.compile(
    r"(?<![\w.\-])(?!no )[A-Za-z]{0,2}[ \-/]?\d(?:[ .\-/]{0,3}\d){5,14}[ \-/]?[A-Za-z]{0,2}(?!\w)"
)
_LABEL = re.compile(
    r"(?:rijksreg(?:ister)?(?:nummer|nr)?|\brrn|\binsz|\bniss|\bnhs|\bnino|nat(?:ional|\.)? ?insurance|\bni|\bssn|social security"
    r"|\bpps(?:n)?|\bcpr|\bsvnr|\bcnp|\bahv|\bfødselsnummer|steuer(?:nummer|-?nr)|steuer-?id(?:entifikationsnummer)?|national id(?:entity)?|\bpesel|\bdni|\bnie|codice fiscale"
    r"|sozialversicherungsnummer|num[eé]ro de s[eé]curit[eé] sociale|bis-?nummer|\btc kimlik|personnummer)"
    r" ?(?:number|nummer|no|nr)?(?: (?:is|was|klant is|van \w{1,16} is))?[.:#= (]{0,4}$"
)


_HEADS = frozenset(
    ("rij", "rrn", "ins", "nis", "nhs", "nin", "nat", "ni", "ssn", "soc", "pps", "ste", "pes", "dni", "nie", "nir", "cod", "soz", "num",
     "bis", "tc", "per", "pay", "séc", "sec", "nr", "no", "cpr", "svn", "cnp", "ahv")
)  # fmt: skip
"""What a label or a context word starts with; the numbers behind it are not looked for without."""


def _letters_check(compact: str) -> str:
    """The country whose check a number with letters passes, or nothing."""
    for country, check in (("IE", pps), ("ES", dni), ("ES", nie), ("IT", codicefiscale)):
        if check.is_valid(compact):
            return country
    return ""


class ForeignNationalNumberRecognizer(ScanRecognizer):
    """Numbers that other states give: BE, GB, IE, DE, FR, ES, IT, PL and the United States.

    Where a number has no separators of its own and passes a check by chance, a context word of the
    registry has to stand beside it. Directly behind its label it counts even when it fails.
    Source: Rijksregister (mod 97); HMRC NIM39110; NHS data dictionary (mod 11); SSA, POMS RM
    10201.030; BZSt, IdNr (ISO 7064); INSEE, NIR (mod 97); python-stdnum for the others.
    """

    ENTITY = "NATIONAL_ID"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Numbers by their check or shape, and labelled ones."""
        if scan.digit_count < 6:
            return
        text = scan.text
        for match in _BELGIAN.finditer(text):
            written = match.group()
            if nn.is_valid(re.sub(r"\D", "", written)):
                yield Finding(match.start(), match.end(), 0.85 if "." in written else 0.3, "BE")
        for pattern, score, rule in ((_SSN, 0.7, "US"), (_NINO, 0.8, "GB")):
            for match in pattern.finditer(text):
                yield Finding(match.start(), match.end(), score, rule)
        for match in _LETTERED.finditer(text):
            if country := _letters_check(_SEPARATORS.sub("", match.group()).upper()):
                score = 0.8 if len(match.group()) == 16 else 0.35
                yield Finding(match.start(), match.end(), score, country)
        for match in _NORDIC.finditer(text):
            if personnummer.is_valid(match.group()) or hetu.is_valid(match.group()):
                yield Finding(match.start(), match.end(), 0.6, "SE or FI")
        for match in _SWISS.finditer(text) if "756" in text else ():
            if swiss.is_valid(_SEPARATORS.sub("", match.group())):
                yield Finding(match.start(), match.end(), 0.7, "CH")
        if _HEADS.isdisjoint(scan.heads):
            return
        if scan.digit_count >= 10:
            yield from self._long(text)
        for match in _LABELLED.finditer(text):
            start = match.start() + len(match.group()) - len(match.group().lstrip())
            if _LABEL.search(scan.before(start, 64)):
                yield Finding(start, start + len(match.group().strip()), 0.75, "labelled")

    def _long(self, text: str) -> Iterator[Finding]:
        for match in _NHS.finditer(text):
            if nhs.is_valid(_SEPARATORS.sub("", match.group())):
                yield Finding(match.start(), match.end(), 0.3, "GB, health")
        for match in _ELEVEN.finditer(text):
            compact = match.group().replace(" ", "")
            if idnr.is_valid(compact) or pesel.is_valid(compact):
                yield Finding(match.start(), match.end(), 0.3, "DE or PL")
        for match in _FRENCH.finditer(text):
            if nir.is_valid(match.group().replace(" ", "")):
                spaced = " " in match.group()
                yield Finding(match.start(), match.end(), 0.8 if spaced else 0.5, "FR")
