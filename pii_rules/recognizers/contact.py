"""Ways to reach somebody: e-mail, telephone, web address, IP address, social handle."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

from pii_rules.recognizers.base import Finding, ScanRecognizer
from pii_rules.recognizers.scan import TextScan

_LOCAL = re.compile(r"[\w.+%'!#$&*/=?^{|}~\-]{1,64}$")
_DOMAIN = re.compile(
    r"(?:[^\W_](?:[\w\-]{0,61}[^\W_])?\.){1,8}(?:[^\W\d_]{2,24}|xn--[a-z0-9\-]{2,59})(?![\w@])",
    re.IGNORECASE,
)
_SPELT_AT = re.compile(r" ?\[at\] ?| ?\(at\) ?| (?:at|apenstaartje?) | @ ?|@ ", re.IGNORECASE)
_SPELT_DOMAIN = re.compile(
    r"([^\W_][\w\-]{0,61}(?:\.[\w\-]{1,62}){0,4}?)(?: ?(?:\.|\[dot\]|\(dot\)) ?| (?:dot|punt) )"
    r"(nl|be|com|net|org|eu|de|uk|info|io|example)(?!\w)",
    re.IGNORECASE,
)


class EmailRecognizer(ScanRecognizer):
    """E-mail addresses, also spelt out ("jan at voorbeeld punt nl").

    No public-suffix list is asked: that needs the network or a stale copy, and an address at an
    unknown suffix is personal all the same. Source: RFC 5321 4.5.3.1 (lengths), RFC 5322 3.2.3.
    """

    ENTITY = "EMAIL"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Addresses around each at sign."""
        if not scan.has_at:
            return
        text = scan.text
        at = text.find("@")
        while at >= 0:
            window = text[max(0, at - 64) : at]
            local = _LOCAL.search(window)
            domain = _DOMAIN.match(text, at + 1, min(len(text), at + 256))
            if local and domain:
                name = local.group().lstrip(".'/=*#|{~-")
                if name and not name.endswith("."):
                    yield Finding(at - len(name), domain.end(), 1.0, "address")
            at = text.find("@", at + 1)
        yield from self._spelt(text)

    def _spelt(self, text: str) -> Iterator[Finding]:
        for match in _SPELT_AT.finditer(text):
            local = re.search(r"[\w.+\-]{2,64}$", text[max(0, match.start() - 64) : match.start()])
            domain = _SPELT_DOMAIN.match(text, match.end(), min(len(text), match.end() + 200))
            if local and domain and not local.group().isdigit():
                start = match.start() - len(local.group())
                yield Finding(start, domain.end(), 0.8, "spelt address")


_PHONE = re.compile(
    r"(?<![\w€$£@#/.,\-])(?:\+|\(\+?|0)\d?[\d ()./\-–\u00a0]{6,24}\d(?![\w@])(?![.,]\d)"
)
_DIGITS = re.compile(r"\d")
_DOUBLE_BREAK = re.compile(r"  |[./\-–]{2,}")
_BARE_MOBILE = re.compile(r"(?<![\w+.,\-€])6[ \-]?\d{8}(?!\w)(?![.,]\d)")
_NORTH_AMERICAN = re.compile(r"(?<![\w+.\-])\(?[2-9]\d{2}\)?[ .\-]{1,2}[2-9]\d{2}[ .\-]\d{4}(?!\w)")
_ABROAD_BARE = re.compile(
    r"(?<![\w+.,\-€])(?:31|32|44|49)[ \-]?[1-9][\d \-]{7,13}\d(?!\w)(?![.,]\d)"
)
_DATE_FIRST = re.compile(r"[0-3]?\d[\-/.][0-3]?\d[\-/.](?:19|20)\d{2}(?!\d)")
_BRITISH_MOBILE = re.compile(r"(?<![\w+.,\-])07\d{3} ?\d{3} ?\d{3}(?!\w)(?![.,\-]\d)")
_ANY_NUMBER = re.compile(
    r"(?<![\w+.,/\-€$£])\(?\d(?:[ .\-/()]{0,2}\d){6,12}(?:x\d{2,5})?(?!\w)(?![.,:]\d)"
)
_PHONE_LABEL = re.compile(
    r"(?:\b(?:06[ \-]?nr|tel|telefoon(?:nummer|nr)?|phone|mobile|mobiel(?:nummer)?|fax|desk|gsm|cell|whatsapp|telnr|"
    r"mob)(?: (?:number|no|nr|is|op|at|nummer))?|\b(?:bel|call|text|app|sms|reach|answering|bereikbaar|terugbellen)"
    r"(?: (?:me|mij|us|ons|him|her|hem|haar|back|terug))?(?: (?:on|at|op|via|naar)))[.:# ]{0,3}$"
)
_NOT_A_PHONE = re.compile(
    r"(?:order|bestel|factuur|invoice|ticket|klant|contract|polis|dossier|serie|serial|article|"
    r"artikel|track|zending|kvk|btw|bsn|bestelling|rekening|batch|ref|zaak|case)"
    r"[a-z]*(?:nummer|number|nr|no)?[.:# ]{0,3}(?:is |= )?$"
)


class PhoneRecognizer(ScanRecognizer):
    """Telephone numbers: Dutch, Belgian and international, in sloppy notations.

    Candidates come from one linear pattern and are judged by phonenumbers; its own matcher is
    twenty times slower. Source: Nummerplan telefoon- en ISDN-diensten (10 digits after the 0);
    ITU-T E.164 (at most 15 digits).
    """

    ENTITY = "PHONE"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Candidates that are possible numbers."""
        if scan.digit_count < 7:
            return
        text = scan.text
        for match in _PHONE.finditer(text):
            yield from self._judge(scan, match.start(), match.end())
        for pattern, rule, score in (
            (_BARE_MOBILE, "mobile without 0", 0.35),
            (_ABROAD_BARE, "country code without +", 0.35),
            (_NORTH_AMERICAN, "North American", 0.6),
            (_BRITISH_MOBILE, "British mobile", 0.6),
        ):
            for match in pattern.finditer(text):
                if not _NOT_A_PHONE.search(scan.before(match.start())):
                    yield Finding(match.start(), match.end(), score, rule)

        for match in _ANY_NUMBER.finditer(text):
            if 7 <= len(_DIGITS.findall(match.group())) <= 13 and _PHONE_LABEL.search(
                scan.before(match.start(), 40)
            ):
                yield Finding(match.start(), match.end(), 0.6, "labelled")

    def _judge(self, scan: TextScan, start: int, end: int) -> Iterator[Finding]:
        text = scan.text[start:end]
        if _DATE_FIRST.match(text):
            return
        broken = _DOUBLE_BREAK.search(text)
        if broken and len(_DIGITS.findall(text[: broken.start()])) >= 9:
            text = text[: broken.start()]
            end = start + len(text)
        score = phone_score(text)
        if score and not (not text.startswith("+") and _NOT_A_PHONE.search(scan.before(start))):
            if text.startswith("(") and ")" not in text:
                start += 1
            yield Finding(start, end, score, "number")


@lru_cache(maxsize=8_192)
def phone_score(text: str) -> float:
    """How sure it is that this notation is a telephone number; 0 when it cannot be one."""
    digits = "".join(_DIGITS.findall(text))
    if not 9 <= len(digits) <= 16 or len(set(digits)) < 3:
        return 0.0
    compact = text.replace("(0)", "")
    international = compact.lstrip("(").startswith(("+", "00"))
    regions = (None,) if compact.lstrip("(").startswith("+") else ("NL", "BE", "GB")
    for region in regions:
        try:
            number = phonenumbers.parse(compact, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return 0.95 if international or len(digits) == 10 else 0.75
        if international and phonenumbers.is_possible_number(number):
            return 0.7
    if international:
        return 0.0
    # Ten digits after a leading 0 are a Dutch number's shape even where the range is not given out.
    if len(digits) == 10 and digits[0] == "0" and digits[1] != "0":
        return 0.6
    return 0.0


_URL = re.compile(r"(?<!\w)(?:https?://|www\.)[^\s<>\"'()\[\]{}]{3,2000}", re.IGNORECASE)


class UrlRecognizer(ScanRecognizer):
    """Web addresses with a scheme or www: they often carry a name or a token in the path."""

    ENTITY = "URL"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Addresses without trailing punctuation."""
        if "://" not in scan.text and "www." not in scan.lower:
            return
        for match in _URL.finditer(scan.text):
            text = match.group().rstrip(".,;:!?*")
            yield Finding(match.start(), match.start() + len(text), 0.9, "address")


_IP4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_IP6 = re.compile(
    r"(?<![\w:.])(?=[0-9a-f:]*:[0-9a-f]*:)[0-9a-f:]{3,39}(?:%\w{1,16})?(?![\w:])", re.IGNORECASE
)


_INSIDE_NETWORK = re.compile(r"10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.")
"""Addresses within an organisation's own network, which are servers more often than persons."""


class IpAddressRecognizer(ScanRecognizer):
    """IPv4 and IPv6 addresses; one of an inner network needs a word for a person's log-in beside it.

    Source: CJEU C-582/14 (a dynamic IP address is personal data); RFC 1918.
    """

    ENTITY = "IP_ADDRESS"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Addresses that parse; versions are left alone."""
        text = scan.text
        if scan.digit_count >= 4 and "." in text:
            for match in _IP4.finditer(text):
                if _parses(match.group()) and not re.search(
                    r"(?:versie|version|release|build|firmware)[\w .,:]{0,40}$|\bv[ .]?$",
                    scan.before(match.start()),
                ):
                    inside = _INSIDE_NETWORK.match(match.group())
                    yield Finding(match.start(), match.end(), 0.3 if inside else 0.9, "IPv4")
        if "::" in text or text.count(":") >= 7:
            for match in _IP6.finditer(text):
                if len(match.group()) > 4 and _parses(match.group()):
                    yield Finding(match.start(), match.end(), 0.9, "IPv6")


def _parses(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


_HANDLE = re.compile(r"(?<![\w@.])@[A-Za-z_][\w.]{2,29}(?![\w@])")


class SocialHandleRecognizer(ScanRecognizer):
    """Handles such as @somebody."""

    ENTITY = "SOCIAL_HANDLE"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Handles that stand by themselves."""
        if "@" not in scan.text:
            return
        for match in _HANDLE.finditer(scan.text):
            end = match.start() + len(match.group().rstrip("."))
            yield Finding(match.start(), end, 0.6, "handle")
