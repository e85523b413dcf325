"""Things that lead to a person: licence plates, customer numbers, dates of birth."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_rules.recognizers.base import Finding, ScanRecognizer
from pii_rules.recognizers.scan import TextScan

_SIDE_CODES = re.compile(
    r"(?<![\w\-])(?:"
    r"[A-Z]{2}-\d{2}-\d{2}|\d{2}-\d{2}-[A-Z]{2}|\d{2}-[A-Z]{2}-\d{2}|[A-Z]{2}-\d{2}-[A-Z]{2}|"
    r"[A-Z]{2}-[A-Z]{2}-\d{2}|\d{2}-[A-Z]{2}-[A-Z]{2}|\d{2}-[A-Z]{3}-\d|\d-[A-Z]{3}-\d{2}|"
    r"[A-Z]{2}-\d{3}-[A-Z]|[A-Z]-\d{3}-[A-Z]{2}|[A-Z]{3}-\d{2}-[A-Z]|[A-Z]-\d{2}-[A-Z]{3}|"
    r"\d-[A-Z]{2}-\d{3}|\d{3}-[A-Z]{2}-\d|[1-9]-[A-Z]{3}-\d{3}"
    r")(?![\w\-])",
    re.IGNORECASE,
)
_BARE_PLATE = re.compile(
    r"(?<![\w\-])(?=[A-Z0-9 ]{6,8}(?!\w))(?:[A-Z]{1,3} ?\d{2,3} ?[A-Z]{1,3}|\d{1,3} ?[A-Z]{2,3} ?\d{1,3})(?!\w)",
    re.IGNORECASE,
)
_PLATE_LABEL = re.compile(
    r"(?:kenteken|nummerplaat|licen[cs]e plate|number plate|plate|registration)[\w :#.()\-]{0,24}$"
)


class LicencePlateRecognizer(ScanRecognizer):
    """Dutch licence plates by their side codes, and Belgian ones. Source: RDW, sidecodes 1–14."""

    ENTITY = "LICENCE_PLATE"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Plates with hyphens, or labelled ones without."""
        if scan.digit_count < 1:
            return
        for match in _SIDE_CODES.finditer(scan.text):
            plate = match.group()
            yield Finding(match.start(), match.end(), 0.8 if plate.isupper() else 0.5, "side code")
        for match in _BARE_PLATE.finditer(scan.text):
            if _PLATE_LABEL.search(scan.before(match.start())):
                yield Finding(match.start(), match.end(), 0.8, "labelled")


_CUSTOMER = re.compile(
    r"(?<!\w)(?:klant|relatie|debiteur(?:en)?|lid|lidmaatschaps|contract|polis|dossier|abonnee|"
    r"account|rekeninghouder|pati[eë]nt(?:en)?|customer|client|member(?:ship)?|policy|patient|"
    r"subscriber)[ \-]?(?:s?nummer|nr|number|no|code|id)s?\b\.?"
    r"(?: (?:is|was)\b)?[ :=#]{0,4}([A-Za-z]{0,4}[\-. ]?\d[\d.\-]{2,14}[A-Za-z0-9]{0,3})(?!\w)",
    re.IGNORECASE,
)


_BARE_LABEL = re.compile(
    r"(?<!\w)(?:polis|abonnee|kl\.? ?nr|kl|klant|lid|pers(?:oneels|\.)? ?nr|personeelsnummer|policy|staff|employee|member)"
    r"(?:[ \-]?(?:nummer|nr|number|no|id))?[.:#]{0,2} {0,2}"
    r"((?=[A-Za-z\d/.\-]{5,18}(?!\w))(?=[^ \n]*\d{2}[^ \n]*\d{2})[A-Za-z]{0,4}[\d\-./A-Za-z]{4,17})",
    re.IGNORECASE,
)
_CONTRACT = re.compile(
    r"(?<!\w)(?:contract|claim|hypotheek|mortgage|dossier|policy|polis)[ \-]?(?:nummer|nr|number|no)\b[.:#]{0,2} {0,2}"
    r"([A-Za-z]{1,4}[\d]{1,8}(?:[/\-.]\d{2,8}){1,3})(?!\w)",
    re.IGNORECASE,
)


class CustomerNumberRecognizer(ScanRecognizer):
    """Numbers under which an organisation knows a person: customer, contract, policy, member."""

    ENTITY = "CUSTOMER_NUMBER"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """The number behind its label."""
        if scan.digit_count < 3:
            return
        for match in _CUSTOMER.finditer(scan.text):
            number = match.group(1).rstrip(".-")
            start = match.start(1) + (len(number) - len(number.lstrip(" .-")))
            yield Finding(start, match.start(1) + len(number), 0.85, "labelled")
        for pattern in (_BARE_LABEL, _CONTRACT):
            for match in pattern.finditer(scan.text):
                end = match.start(1) + len(match.group(1).rstrip(".-/"))
                yield Finding(match.start(1), end, 0.6, "behind what it numbers")


_MONTH = (
    r"(?:jan(?:uar[iy])?|feb(?:ruar[iy])?|maart|mrt|march|mar|apr(?:il)?|mei|may|juni|june|jun|juli|"
    r"july|jul|aug(?:ust(?:us)?)?|sept?(?:ember)?|okt(?:ober)?|oct(?:ober)?|nov(?:ember)?|"
    r"de[cz](?:ember)?)"
)
_DATE = re.compile(
    rf"(?<![\w.\-/])(?:\d{{1,2}}[\-/. ]\d{{1,2}}[\-/. ](?:(?:19|20)?|'|’)\d{{2}}"
    rf"|(?:19|20)\d{{2}}[\-/.]\d{{1,2}}[\-/.]\d{{1,2}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th|e)? (?:of )?{_MONTH}\.?,? ?(?:(?:19|20)\d{{2}}|'?\d{{2}})?"
    rf"|{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?,? (?:19|20)\d{{2}})(?![\w])",
    re.IGNORECASE,
)
_BIRTH = re.compile(
    r"(?:geb\b\.?|geboren|geboorte|geb\.?datum|verjaart|verjaardag|jarig|born|birth|birthday|verificatie met|verified with|"
    r"\bdob\b|d\.o\.b\.)[\w :.,()/\-?\r\n]{0,32}$"
)
_BIRTH_AFTER = re.compile(
    r"^[ ,.()]{0,3}(?:geboren|is geboren|jarig|verjaart|is my birthday|is (?:his|her) birthday)"
)


class BirthDateRecognizer(ScanRecognizer):
    """Dates of birth, as against any other date: only where the words beside it say so."""

    ENTITY = "DATE_OF_BIRTH"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Dates beside a word for birth."""
        if scan.digit_count < 2:
            return
        for match in _DATE.finditer(scan.text):
            if _BIRTH.search(scan.before(match.start())) or _BIRTH_AFTER.match(
                scan.after(match.end())
            ):
                end = match.start() + len(match.group().rstrip(" ,."))
                yield Finding(match.start(), end, 0.9, "beside birth")
