"""Ways to reach somebody: e-mail, telephone, web address, IP address, social handle."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers

from pii_rules.recognizers.base import Finding, ScanRecognizer
from pii_rules.recognizers.lexicon import (
    BLOCKED,
    COMPOUND,
    FAMILY,
    GIVEN,
    PLACE,
    WORD,
    fold,
    lexicon,
)
from pii_rules.recognizers.scan import TextScan
from pii_rules.recognizers.spoken import spoken_phones

_LOCAL = re.compile(r"[\w.+%'!#$&*/=?^{|}~\-]{1,64}$")
_DOMAIN = re.compile(
    r"(?:[^\W_](?:[\w\-]{0,61}[^\W_])?\.){1,8}(?:[^\W\d_]{2,24}|xn--[a-z0-9\-]{2,59})(?![\w@])",
    re.IGNORECASE,
)
_SPELT_AT = re.compile(
    r" ?\[at\] ?| ?\(at\) ?| ?\{at\} ?| (?:at|apenstaart(?:je)?|apestaart(?:je)?) | @ ?|@ ",
    re.IGNORECASE,
)
_SPELT_DOMAIN = re.compile(
    r"(?:[^\W_][\w\-]{0,30} (?:dot|punt|dash|hyphen|streepje) ){0,3}"
    r"([^\W_][\w\-]{0,61}(?:\.[\w\-]{1,62}){0,4}?)(?: ?(?:\.|[\[({](?:dot|punt)[\])}]) ?| (?:dot|punt) )"
    r"(?:co(?:\.| dot | punt ))?(nl|be|com|net|org|eu|de|uk|ie|fr|info|io|me|biz|example)(?!\w)",
    re.IGNORECASE,
)


_SPELT_LOCAL = re.compile(
    r"(?:\w{1,24} (?:dot|punt|underscore|laag streepje|streepje|min|dash|hyphen) ){0,3}[\w.+\-]{2,64}$",
    re.IGNORECASE,
)
_PROVIDER = re.compile(
    r"(?:gmail|hotmail|outlook|yahoo|icloud|xs4all|kpnmail|ziggo(?:mail)?|protonmail|telenet|googlemail|btinternet)(?!\w)",
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
            elif local and (cut := _CUT_DOMAIN.match(text, at + 1, min(len(text), at + 64))):
                name = local.group().lstrip(".'/=*#|{~-")
                if len(name) > 1:
                    yield Finding(at - len(name), cut.end(), 0.8, "address with a slip")
            at = text.find("@", at + 1)
        yield from self._spelt(text)

    def _spelt(self, text: str) -> Iterator[Finding]:
        for match in _SPELT_AT.finditer(text):
            local = _SPELT_LOCAL.search(text[max(0, match.start() - 64) : match.start()])
            stop = min(len(text), match.end() + 200)
            domain = _SPELT_DOMAIN.match(text, match.end(), stop)
            domain = domain or _PROVIDER.match(text, match.end(), stop)
            if local and domain and not local.group().isdigit():
                start = match.start() - len(local.group())
                yield Finding(start, domain.end(), 0.8, "spelt address")


_CUT_DOMAIN = re.compile(
    r"(?:gmail|hotmail|outlook|yahoo|icloud|xs4all|kpnmail|ziggo|live|home|planet|upcmail|protonmail|telenet|googlemail|btinternet)"
    r"(?:(?: ?[.,] ?| |)(?:com|nl|net|be|co\.uk))?(?![\w.])",
    re.IGNORECASE,
)
"""A provider whose ending was left out, or parted by a blank, a comma or nothing."""

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
_SIGNED_MOBILE = re.compile(r"(?<!\w)06[_*=:~] ?\d{2,4}(?:[ \-]?\d{2,4}){1,3}(?!\w)")
_ABROAD_MOBILE = re.compile(r"(?<![\w+.,\-€])316[ \-]?[1-5]\d{7}(?!\w)(?![.,]\d)")
_DATE_FIRST = re.compile(r"[0-3]?\d[\-/.][0-3]?\d[\-/.](?:19|20)\d{2}(?!\d)")
_BRITISH_MOBILE = re.compile(r"(?<![\w+.,\-])0 ?7(?:[ .\-]?\d){9}(?!\w)(?![.,\-]\d)")
_BRITISH_SIGNED = re.compile(
    r"(?<![\w+.,\-€$£/])0[12]\d{1,4}[./]\d{3,4}[./]?\d{3,4}(?!\w)(?![.,\-/]\d)"
)
_LOCAL_NUMBER = re.compile(
    r"(?<!\w)tel(?:efoon)?(?:nr)?[.:]? ?(?:(?:thuis|werk|priv[eé]|home|work):? ?)?(\d{6}|\d{2} \d{2} \d{2}|\d{3} \d{3})(?!\w)(?![ .\-/,:]?\d)",
    re.IGNORECASE,
)
"""A number without its area code, behind its label."""
_GLUED = re.compile(
    r"(?<!\w)(?:tel(?:efoon)?|mob(?:iel|ile)?|gsm|phone|fax)(?:nr|no)?[.:]?([+0]\d[\d ()./\-]{6,18}\d)(?![\w@])",
    re.IGNORECASE,
)
"""A label with its number right against it."""
_ANY_NUMBER = re.compile(
    r"(?<![\w+.,/\-€$£])\(?\d(?:[ .\-/()]{0,2}\d){6,12}(?:x\d{2,5})?(?!\w)(?![.,:]\d)"
)
_PHONE_LABEL = re.compile(
    r"(?:\b(?:06[ \-]?(?:nr|nummer)|tel(?:\.?nr|nummer)?|telefoon(?:nummer|nr)?|phone|landline|mobile|mobiel(?:nummer|nr)?|fax|desk|gsm|cell(?:phone)?"
    r"|whatsapp|wapp|mob|nummer|number|contact no)(?: ?(?:number|no|nr|is|op|at|nummer|van \w{2,14}|was|now|nu|wordt|moet zijn|=)){0,2}"
    r"|\b(?:bel|belt|bellen|call|text|app|appen|sms|reach|ring|dial|answering|bereikbaar|te bereiken|terugbellen|teruggebeld|gebeld)"
    r"(?: (?:me|mij|us|ons|him|her|hem|haar|back|terug|even|aub|graag|\w{2,12}))?(?: (?:on|at|op|via|naar|under|onder)))[.:# (\n]{0,3}$"
)
_BRITISH = re.compile(
    r"(?<![\w+.,\-€$£/])\(?0[1237]\d{1,4}\)?[ \-]?\d{3,4}[ \-]?\d{3,4}(?!\w)(?![.,\-/]\d)"
)
_BRITISH_LINES = (_BRITISH, _BRITISH_SIGNED)
_LINE_LABEL = re.compile(
    r"(?:^|[\n|,;(]) ?(?:t|m|p|f|tel|mob|telefoon|mobiel|phone|ph|nr)\.? ?[:.]? ?$"
)
_PHONE_AFTER = re.compile(
    r"[ ,.()]{0,3}(?:is (?:mijn|zijn|haar|het|my|his|her|the|de) (?:nieuwe? |new )?(?:nummer|mobiel|telefoon|tel|06|number|mobile|phone|cell)"
    r"|\(?(?:mobiel|mob|prive|privé|thuis|werk|home|work|mobile|cell|tel)\b)"
)
_NOT_A_PHONE = re.compile(
    r"(?:cpr|ssn|fiscaal|sofi|pesel|personnummer|customer|member|client|policy|account|lid|relatie|debiteur|patient|card|pas|spaar|order|bestel|factuur|invoice|ticket|klant|contract|polis|dossier|serie|serial|article|"
    r"artikel|track|zending|kvk|btw|bsn|bestelling|rekening|batch|ref|zaak|case)"
    r"[a-z]*[ \-]?(?:nummer|number|nr|no)?[.:# ]{0,3}(?:is |= )?$"
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
        yield from spoken_phones(scan)
        if scan.digit_count > 5 and "tel" in scan.lower:
            for match in _LOCAL_NUMBER.finditer(scan.text):
                yield Finding(match.start(1), match.end(1), 0.5, "without its area code")
        if scan.digit_count < 7:
            return
        text = scan.text
        for match in _SIGNED_MOBILE.finditer(text):
            yield Finding(match.start(), match.end(), 0.7, "mobile, odd sign")
        for match in _ABROAD_MOBILE.finditer(text):
            if not _NOT_A_PHONE.search(scan.before(match.start())):
                yield Finding(match.start(), match.end(), 0.5, "Dutch mobile without +")
        for match in _PHONE.finditer(text):
            yield from self._judge(scan, match.start(), match.end())
        for match in _GLUED.finditer(text):
            yield from self._judge(scan, *match.span(1))
        for pattern, rule, score in (
            (_BARE_MOBILE, "mobile without 0", 0.35),
            (_ABROAD_BARE, "country code without +", 0.35),
            (_NORTH_AMERICAN, "North American", 0.6),
            (_BRITISH_MOBILE, "British mobile", 0.6),
            (_BRITISH, "British", 0.5),
            (_BRITISH_SIGNED, "British, with signs", 0.35),
        ):
            for match in pattern.finditer(text):
                digits = len(_DIGITS.findall(match.group()))
                if pattern in _BRITISH_LINES and digits not in (10, 11):
                    continue
                if _DATE_FIRST.match(match.group()):
                    continue
                if not _NOT_A_PHONE.search(scan.before(match.start())):
                    yield Finding(match.start(), match.end(), score, rule)
        for match in _ANY_NUMBER.finditer(text):
            if not 7 <= len(_DIGITS.findall(match.group())) <= 13 or _DATE_FIRST.match(
                match.group()
            ):
                continue
            before = scan.before(match.start(), 44)
            if _NOT_A_PHONE.search(before) or "kvk" in scan.after(match.end(), 16):
                continue
            if _PHONE_LABEL.search(before) or _LINE_LABEL.search(before):
                yield Finding(match.start(), match.end(), 0.6, "labelled")
            elif _PHONE_AFTER.match(scan.after(match.end(), 40)):
                yield Finding(match.start(), match.end(), 0.5, "labelled behind it")

    def _judge(self, scan: TextScan, start: int, end: int) -> Iterator[Finding]:
        text = scan.text[start:end]
        if _DATE_FIRST.match(text):
            return
        halves = text.split("/")
        if len(halves) == 2 and min(len(_DIGITS.findall(half)) for half in halves) >= 9:
            yield from self._judge(scan, start, start + len(halves[0].rstrip()))
            yield from self._judge(scan, end - len(halves[1].lstrip()), end)
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


_BARE_URL = re.compile(
    r"(?<![\w@./\-])(?:[a-z0-9][a-z0-9\-]{0,40}\.){1,3}(?:nl|com|be|org|net|eu|de|co\.uk|uk|io|me|dev|app|ie|fr|gg|tv)/[^\s<>\"'()\[\]{}]{2,300}",
    re.IGNORECASE,
)


class UrlRecognizer(ScanRecognizer):
    """Web addresses that carry a path, a query or a token, with a scheme or without one.

    The bare address of a site ("www.example.nl") says nothing about a person and is left.
    """

    ENTITY = "URL"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Addresses without trailing punctuation."""
        if "/" not in scan.text and "www." not in scan.lower:
            return
        for pattern in (_URL, _BARE_URL):
            for match in pattern.finditer(scan.text):
                text = match.group().rstrip(".,;:!?*")
                bare = re.sub(r"^https?://", "", text, flags=re.IGNORECASE).rstrip("/")
                if "/" in bare or "?" in bare or "#" in bare or _bears_name(bare.lower()):
                    yield Finding(match.start(), match.start() + len(text), 0.9, "address")


_SITE_INFIXES = re.compile(r"^(?:van|de|der|den|vd|ter|ten|el|von)+")


def _bears_name(host: str) -> bool:
    """Whether a name of the lists stands in a site's own name: "jan-bakker", "evavandijk"."""
    known = lexicon()
    labels = host.removeprefix("www.").split(".")[0].split("-")
    if any(part in known.given and part not in known.words and len(part) > 3 for part in labels):
        return True
    joined = "".join(labels)[:40]
    return any(
        joined[:cut] in known.given and _SITE_INFIXES.sub("", joined[cut:]) in known.family
        for cut in range(3, len(joined) - 2)
    )


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
_MEDIUM = re.compile(
    r"(?<!\w)(?:insta(?:gram)?|ig|twitter|snap(?:chat)?|tik ?tok|telegram|discord|facebook|fb|linkedin|skype|signal|bluesky|mastodon|twitch|youtube"
    r"|gebruikersnaam|user ?name|login ?naam|handle|screen ?name|gamertag)"
    r"(?:[ \-]?(?:account|naam|name|handle|profiel|profile|id))?(?: (?:is|heet|was|under|onder|als|as|name is))?(?: ?[:=] ?| )"
    r"(?:@|(?:is|heet) |live:)?([A-Za-z_][\w.]{2,29})(?![\w@])",
    re.IGNORECASE,
)
_ON_MEDIUM = re.compile(
    r"(?<![\w@.])([A-Za-z_][\w.]{2,29}) (?:on|op|via) (?:my |mijn )?(?:insta(?:gram)?|ig|twitter|snap(?:chat)?|tik ?tok|telegram|discord|skype|twitch)(?!\w)",
    re.IGNORECASE,
)
_TAGGED = re.compile(r"(?<![\w#])[A-Za-z][\w.]{1,31}#\d{4}(?!\w)")
"""Discord's old form: a name, a sign, four figures."""
_LISTED = WORD | GIVEN | FAMILY | PLACE | COMPOUND | BLOCKED
_AS_USER = re.compile(r"(?:\bas|\bals|i'?m|it'?s|ik ben|user|account|naam|name|is|:) $")
_MEDIA = (
    "insta", "twitter", "snap", "tiktok", "tik tok", "telegram", "discord", "facebook", "linkedin", "skype", "signal", "bluesky",
    "mastodon", "twitch", "youtube", "gebruikersnaam", "username", "user name", "login", "handle", "screen", "gamertag", "ig ", "ig:",
    "fb ", "fb:",
)  # fmt: skip
"""One of these stands in a text that names a medium."""
_SIGN = re.compile(r"[\d_.](?=\w)|\w[A-Z]")


class SocialHandleRecognizer(ScanRecognizer):
    """Handles such as @somebody, and user names behind the medium they belong to."""

    ENTITY = "SOCIAL_HANDLE"

    def find(self, scan: TextScan) -> Iterator[Finding]:
        """Handles that stand by themselves, or that a medium's name introduces."""
        if "@" in scan.text:
            for match in _HANDLE.finditer(scan.text):
                end = match.start() + len(match.group().rstrip("."))
                yield Finding(match.start(), end, 0.6, "handle")
        named = any(medium in scan.lower for medium in _MEDIA)
        for match in _MEDIUM.finditer(scan.text) if named else ():
            name = match.group(1).rstrip(".")
            # an ordinary word behind a medium is what is said about it: "insta werkt niet"
            listed = fold(name) in lexicon().words
            told = bool(
                re.search(r"[:=] ?@?$|(?:is|heet|@) ?$", scan.text[match.start() : match.start(1)])
            )
            if _SIGN.search(name) or (told and not listed):
                yield Finding(match.start(1), match.start(1) + len(name), 0.6, "behind its medium")
        for match in _TAGGED.finditer(scan.text) if "#" in scan.text else ():
            yield Finding(match.start(), match.end(), 0.6, "name and figures")
        for match in _ON_MEDIUM.finditer(scan.text) if named else ():
            known = lexicon().features(match[1]) & _LISTED
            told = bool(_AS_USER.search(scan.before(match.start(), 16)))
            if _SIGN.search(match[1]) or (not known and (told or match[1].islower())):
                yield Finding(match.start(1), match.end(1), 0.6, "before its medium")
