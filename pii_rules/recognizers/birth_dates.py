"""Dates of birth, as against any other date."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_rules.recognizers.base import Finding, ScanRecognizer
from pii_rules.recognizers.scan import TextScan
from pii_rules.recognizers.spoken import SPOKEN_DATE

_MONTH = (
    r"(?:jan(?:uar[iy])?|feb(?:ruar[iy])?|maart|mrt|march|mar|apr(?:il)?|mei|may|juni|june|jun|juli|"
    r"july|jul|aug(?:ust(?:us)?)?|sept?(?:ember)?|okt(?:ober)?|oct(?:ober)?|nov(?:ember)?|"
    r"de[cz](?:ember)?)"
)
_DATE = re.compile(
    rf"(?<![\w.\-/])(?:\d{{1,2}} ?[\-/.] ?\d{{1,2}} ?[\-/.] ?(?:(?:19|20)?|'|’)\d{{2}}"
    rf"|\d{{1,2}} \d{{1,2}} (?:19|20)?\d{{2}}"
    rf"|(?:19|20)\d{{2}}[\-/.]\d{{1,2}}[\-/.]\d{{1,2}}"
    rf"|(?:the )?\d{{1,2}}(?:st|nd|rd|th|e)?[ \-]?(?:of )?{_MONTH}\.?,?[ \-]?(?:(?:19|20)\d{{2}}|['’]?\d{{2}})?"
    rf"|{_MONTH}\.? (?:the )?\d{{1,2}}(?:st|nd|rd|th)?,? (?:(?:19|20)\d{{2}}|['’]?\d{{2}}))(?![\w])",
    re.IGNORECASE,
)
_COMPACT = re.compile(
    r"(?<![\w.\-/])(?:(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:(?:19|20)\d{2}|\d{2})"
    r"|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))(?![\w\-/])(?!\.\d)"
)
_LABEL = (
    r"(?:\bgeb\b\.?|\bgeb\.?(?:dat(?:um|\.)?|d\.)|\bgebdat(?:um)?|\bgebdtm|\bgeb[.\- ]?dtm|\bg\. ?d\b\.?|\bgb ?datum|geboren|geboorte\w*|\bgbd\b|verjaart|verjaardag|jarig|\bborn\b"
    r"|\bbirth|birthday|bday|b-day|verificatie(?: met)?|geverifieerd(?: met| op)?|verified (?:with|by)|\bd\.? ?o\.? ?b\b\.?"
    r"|né[e]? le|geburtsdatum|geb\.? am|\baged? \d{1,3}|\bleeftijd:? \d{1,3}|\b\d{2} (?:jaar|jr|yrs?|yo))"
)
_BIRTH = re.compile(rf"{_LABEL}[\w :.,()/\-?!>='’#\r\n*•]{{0,48}}$")
_BIRTH_WORD = re.compile(r"\bgeb|\bborn|birth|bday|\bdob\b|d\.o\.b|jarig|verjaar")
_NOT_BIRTH = re.compile(
    r"(?:per|vanaf|sinds|since|from|until|tot|overleden|died|deceased|afspraak|appointment|ingang\w*|"
    r"ingeschreven|contract|besteld|ordered|gebeld|called)[ :]{1,3}(?:op |on )?$"
)
_BIRTH_AFTER = re.compile(
    r"^[ ,.()]{0,3}(?:(?:is |was )?(?:zij |hij |ze |ik |he |she |i )?(?:geboren|born)|is geboren|jarig|verjaart|als geboortedatum|is (?:mijn|zijn|haar|de) geboortedatum"
    r"|is my (?:birthday|dob|date of birth)|is (?:his|her|the) (?:birthday|dob|date of birth)|as (?:dob|date of birth))"
)
_CORRECTED = re.compile(
    r"^[ ,.:;()\-]{0,4}(?:maar |but )?(?:should(?: be| read)|must be|not|instead of|moet(?: zijn)?|ipv|i\.p\.v\.|niet|in plaats van"
    r"|en niet|wordt|→|->|=>|rather than)[\w :(\-]{0,16}$"
)
_NAME_BEFORE = re.compile(r"[A-ZÀ-Þ][\w'’\-.]{1,24} ?(?:\(|\(°|\* ?|° ?)$")
_BORN_OF = re.compile(r"\b(?:ik ben|hij is|zij is|ze is|is|ben|bent)(?: er een)? van $")
_AFTER_NAME = re.compile(
    r"[A-ZÀ-Þ][\w'’\-]{1,24}(?: (?:van|de|der|den|ten|ter|von|el|al)){0,3} [A-ZÀ-Þ][\w'’\-]{2,24} $|[A-ZÀ-Þ][\w'’\-]{2,24}, ?$|(?:^|[\s(])[*°] ?$"
)
_LONG_AGO = re.compile(r"(?:19[2-9]\d|200[0-7])$")
"""Years in which one who is spoken of as grown up was born."""
_CENTURY = re.compile(r"(?:19[2-9]|200|201)\d(?!\d)|[\-/.]['’]?[2-9]\d$")


class BirthDateRecognizer(ScanRecognizer):
    """Dates of birth: where the words beside it say so, or in brackets behind a name."""

    ENTITY = "DATE_OF_BIRTH"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Dates beside a word for birth, what corrects one, and those in brackets behind a name."""
        yield from self._spoken(scan)
        if scan.digit_count < 2:
            return
        text, last = scan.text, -1
        for match in _DATE.finditer(text):
            start = match.start() + 4 * text.startswith("the ", match.start())
            end = match.start() + len(match.group().rstrip(" ,."))
            before = scan.before(start, 72)
            by_words = _BIRTH.search(before) and not _NOT_BIRTH.search(before)
            if by_words or _BIRTH_AFTER.match(scan.after(match.end(), 40)):
                yield Finding(start, end, 0.9, "beside birth")
                last = end
            elif last > 0 and start - last < 32 and _CORRECTED.match(scan.lower[last:start]):
                yield Finding(start, end, 0.8, "corrects one")
                last = end
            elif _LONG_AGO.search(match.group().rstrip(" ,.")) and (
                _BORN_OF.search(before) or _AFTER_NAME.search(text[max(0, start - 32) : start])
            ):
                yield Finding(start, end, 0.5, "behind a name")
            elif _CENTURY.search(match.group()) and _NAME_BEFORE.search(
                text[max(0, start - 32) : start]
            ):
                yield Finding(start, end, 0.6, "in brackets behind a name")
        yield from self._compact(scan)

    def _spoken(self, scan: TextScan) -> Iterator[Finding]:
        if not _BIRTH_WORD.search(scan.lower):
            return
        for match in SPOKEN_DATE.finditer(scan.text):
            start = match.start() + 4 * match.group().lower().startswith("the ")
            if _BIRTH.search(scan.before(start, 72)) or _BIRTH_AFTER.match(
                scan.after(match.end(), 40)
            ):
                yield Finding(start, match.end(), 0.85, "spoken, beside birth")

    def _compact(self, scan: TextScan) -> Iterator[Finding]:
        for match in _COMPACT.finditer(scan.text) if scan.digit_count >= 6 else ():
            if _BIRTH.search(scan.before(match.start(), 56)):
                yield Finding(match.start(), match.end(), 0.7, "beside birth, in one piece")
