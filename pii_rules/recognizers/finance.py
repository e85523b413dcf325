"""Accounts and registrations with a checksum: IBAN, credit card, VAT, chamber of commerce."""

from __future__ import annotations

import re
from collections.abc import Iterator

from stdnum import iban, luhn
from stdnum.be import vat as belgian_vat
from stdnum.eu import vat as european_vat
from stdnum.gb import vat as british_vat
from stdnum.nl import btw

from pii_rules.recognizers.base import Finding, ScanRecognizer
from pii_rules.recognizers.scan import TextScan

_IBAN = re.compile(r"(?<![^\W_])[A-Za-z]{2}[ .\-]?\d{2}(?:[ .\-]?[A-Za-z0-9]){11,30}(?!\w)")
_IBAN_HEAD = re.compile(r"(?<![^\W_])[A-Za-z]{2}[ .\-]?\d{2}(?=[ .\-]{0,2}[A-Za-z0-9]{2})")
_LENGTHS = {
    "NL": 18, "BE": 16, "DE": 22, "FR": 27, "GB": 22, "ES": 24, "IT": 27, "LU": 20, "PL": 28,
    "AT": 20, "CH": 21, "PT": 25, "IE": 22, "DK": 18, "SE": 24, "NO": 15, "FI": 18, "TR": 26,
    "CZ": 24, "RO": 24, "HU": 28, "BG": 22, "GR": 27, "LT": 20, "LV": 21, "EE": 20, "HR": 21,
}  # fmt: skip


class IbanRecognizer(ScanRecognizer):
    """International bank account numbers.

    A Dutch or Belgian one that fails the check is found where the text calls it an account: a
    mistyped account still points at somebody. Source: ISO 13616, ISO 7064 (mod 97-10).
    """

    ENTITY = "IBAN"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Numbers of the country's length, checked, and Dutch ones without their head."""
        if scan.digit_count < 9:
            return
        for match in _HEADLESS.finditer(scan.text):
            if scan.lower[max(0, match.start() - 5) : match.start()].strip()[:2] != "nl":
                yield Finding(match.start(), match.end(), 0.6, "without its head")
        for head in _IBAN_HEAD.finditer(scan.text):
            country = head.group()[:2].upper()
            length = _LENGTHS.get(country)
            if length is None:
                continue
            end = _take(scan.text, head.start(), length)
            if end is None:
                continue
            compact = re.sub(r"[ .\-\u00a0]", "", scan.text[head.start() : end]).upper()
            if iban.is_valid(compact, check_country=False):
                yield Finding(head.start(), end, 1.0, "checked")
            elif country in ("NL", "BE") and _account_shape(compact):
                yield Finding(head.start(), end, 0.3, "shape only")


_DUTCH_BANKS = "ABNA|ADYB|ASNB|BITS|BNGH|BUNQ|CITI|DEUT|FVLB|HAND|INGB|KNAB|NNBA|NTSB|RABO|RBRB|REVO|SNSB|TRIO|UGBI"
_HEADLESS = re.compile(
    rf"(?<![\w])(?:\d{{2}}[ .\-]?)?(?:{_DUTCH_BANKS})(?:[ .\-]?\d){{10}}(?!\w)", re.IGNORECASE
)
"""A Dutch account whose country or check figures were left out."""


def _take(text: str, start: int, length: int) -> int | None:
    """The end of ``length`` letters or digits from ``start``, single separators skipped."""
    taken, place = 0, start
    separated = 0
    while place < len(text) and taken < length:
        char = text[place]
        if char.isascii() and char.isalnum():
            taken += 1
            separated = 0
        elif char in " .-\u00a0" and separated < 2:
            separated += 1
        else:
            return None
        place += 1
    if taken < length or (place < len(text) and text[place].isalnum()):
        return None
    return place


def _account_shape(compact: str) -> bool:
    return bool(re.fullmatch(r"NL\d\d[A-Z]{4}\d{10}|BE\d{14}", compact))


_CARD = re.compile(r"(?<![\w.,\-])\d{4}(?:[ .\-]?\d{2,6}){2,4}(?!\w)(?![.,\-]\d)")
_BRAND = re.compile(r"4|5[1-5]|2[2-7]|3[4-9]|6")


class CreditCardRecognizer(ScanRecognizer):
    """Payment card numbers. Source: ISO/IEC 7812 (Luhn, 12 to 19 digits); prefixes of the brands.

    Outside the shapes that brands use today a word for a card has to stand beside it.
    """

    ENTITY = "CREDIT_CARD"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Numbers of a brand's shape that pass Luhn."""
        if scan.digit_count < 12:
            return
        for match in _CARD.finditer(scan.text):
            digits = re.sub(r"\D", "", match.group())
            if not 12 <= len(digits) <= 19 or len(set(digits)) < 2 or not luhn.is_valid(digits):
                continue
            usual = len(digits) in (14, 15, 16) and _BRAND.match(digits)
            yield Finding(match.start(), match.end(), 0.9 if usual else 0.3, "checked")


_VAT = re.compile(
    r"(?<!\w)(?:NL[ .]?\d{9}[ .]?B[ .]?\d{2}|NL[ .]?\d{4}[ .]\d{2}[ .]\d{3}[ .]?B[ .]?\d{2}"
    r"|BE[ .]?[01]?\d{3}[ .]?\d{3}[ .]?\d{3}|(?:DE|GB|PT|EE|EL|LT) ?\d{3} ?\d{3} ?\d{3}|FR ?[A-Z0-9]{2} ?\d{3} ?\d{3} ?\d{3}"
    r"|GB ?\d{3} ?\d{4} ?\d{2}|(?:LU|DK|FI|SI|HU|MT) ?\d{8}|(?:PL|SK) ?\d{10}|(?:IT|HR) ?\d{11}|ATU ?\d{8}|SE ?\d{12}|ES ?[A-Z0-9]\d{7}[A-Z0-9]"
    r"|IE ?\d[A-Z0-9+*]\d{5}[A-W][A-IW]?)(?!\w)",
    re.IGNORECASE,
)


_VAT_LABELLED = re.compile(
    r"(?<!\w)(?:vat|btw)(?:[ \-]?(?:reg(?:istration)?|id(?:entificatie)?|nr|no|number|nummer|nmr)\b\.?){0,3}[ :=#(]{0,3}"
    r"(\d{3} ?\d{4} ?\d{2}|\d{3} ?\d{3} ?\d{3}|\d{9} ?B ?\d{2}|0?\d{3}\.\d{3}\.\d{3}|\d[A-Z0-9+*]\d{5}[A-W][A-IW]?)(?![\w%])",
    re.IGNORECASE,
)
"""Behind its label a number counts without its country."""


class VatRecognizer(ScanRecognizer):
    """VAT numbers: of a sole trader they are personal, the older ones hold the BSN.

    Source: Belastingdienst, btw-identificatienummer (mod 97, 2020); Belgian enterprise number.
    """

    ENTITY = "VAT_NUMBER"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Numbers that pass their check; others wait for a context word."""
        if scan.digit_count < 7:
            return
        if "vat" in scan.lower or "btw" in scan.lower:
            for match in _VAT_LABELLED.finditer(scan.text):
                yield Finding(match.start(1), match.end(1), 0.6, "labelled")
        for match in _VAT.finditer(scan.text):
            compact = re.sub(r"[ .]", "", match.group()).upper()
            valid = _vat_is_valid(compact)
            yield Finding(match.start(), match.end(), 0.95 if valid else 0.3, "checked")


def _vat_is_valid(compact: str) -> bool:
    if compact[:2] == "NL":
        return bool(btw.is_valid(compact))
    if compact[:2] == "BE":
        return bool(belgian_vat.is_valid(compact))
    if compact[:2] == "GB":
        return bool(british_vat.is_valid(compact))
    return bool(european_vat.is_valid(compact))


_CHAMBER = re.compile(
    r"(?<![\w.,\-])\d{8}(?!\w)(?![.,\-]\d)|(?<![\w.])\d{2}[. ]\d{2}[. ]\d{2}[. ]\d{2}(?!\w)"
    r"|(?<![\w.])(?:\d{4}[. ]\d{4}|\d{3}[. ]\d{3}[. ]\d{2,3}|\d{2}[. ]\d{3}[. ]\d{3}|0?\d{3}\.\d{3}\.\d{3}|(?:SC|NI|OC|SO|NC) ?\d{6}|\d{14}|\d{9})(?!\w)(?![.,\-]\d)"
)
_CHAMBER_LABEL = re.compile(
    r"(?:kvk|k\.v\.k\.?|kamer v(?:an|\.)? ?koophandel|\bcoc|chamber of commerce|handelsregister|trade register|\bkbo|ondernemingsn\w*"
    r"|company (?:reg(?:istration)?\b\.? ?)?(?:number|no\b|nr\b)|company reg\b|\bco\.? ?(?:reg\b\.? ?(?:no|nr)?|no|nr)\b|registered (?:in (?:england(?: and wales| & wales)?|scotland|wales|northern ireland|ireland) )?(?:number|no|under)"
    r"|companies house|\bcrn|siren|siret|hrb)"
    r"[\w \-.:#/(,']{0,28}$"
)


_CHAMBER_AFTER = re.compile(
    r"\)?,? ?(?:is |= ?|\(|(?:staat |ingeschreven )?bij )(?:mijn |het |ons |haar |zijn |de )?(?:kvk|coc|handelsregister|companies house)"
)
_CHAMBER_GLUED = re.compile(r"(?<!\w)kvk(?:nr|nummer)?[.:]?(\d{8})(?!\w)", re.IGNORECASE)
_IRISH_CHAMBER = re.compile(
    r"(?<!\w)cro(?: (?:no|number|nr))?[.:# ]{1,3}(\d{5,6})(?!\w)", re.IGNORECASE
)


class ChamberOfCommerceRecognizer(ScanRecognizer):
    """Numbers of trade registers, only where the text says so: the Dutch ones have no checksum.

    Source: Handelsregisterwet 2007; eight digits.
    """

    ENTITY = "COMPANY_ID"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Eight digits after the register's name."""
        if scan.digit_count < 5:
            return
        for pattern, label in ((_CHAMBER_GLUED, "kvk"), (_IRISH_CHAMBER, "cro")):
            for match in pattern.finditer(scan.text) if label in scan.lower else ():
                yield Finding(match.start(1), match.end(1), 0.8, "labelled")
        if scan.digit_count < 6:
            return
        for match in _CHAMBER.finditer(scan.text):
            if _CHAMBER_LABEL.search(scan.before(match.start())):
                yield Finding(match.start(), match.end(), 0.9, "labelled")
            elif _CHAMBER_AFTER.match(scan.after(match.end(), 40)):
                yield Finding(match.start(), match.end(), 0.7, "labelled behind it")
