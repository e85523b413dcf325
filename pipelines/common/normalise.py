"""The one normal form of each identifier; blind indexes, resolution and mentions all use it.

Privacy: direct identifiers in, direct identifiers out; call only inside the vault's side.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import phonenumbers

ROLE_MAILBOXES = frozenset(
    {
        "abuse", "accounts", "admin", "administratie", "algemeen", "billing", "boekhouding",
        "contact", "crediteuren", "debiteuren", "factuur", "facturen", "hello", "helpdesk", "hr",
        "info", "inkoop", "invoice", "jobs", "klantenservice", "kantoor", "mail", "marketing",
        "no-reply", "noreply", "office", "orders", "planning", "post", "postmaster", "press",
        "privacy", "receptie", "reception", "sales", "secretariaat", "service", "support", "team",
        "verkoop", "vragen", "webmaster", "welkom",
    }
)  # fmt: skip
"""Local parts that several people read; such an address never says who somebody is."""

_INFIXES = frozenset(
    [
        "van",
        "de",
        "der",
        "den",
        "het",
        "'t",
        "ten",
        "ter",
        "te",
        "'s",
        "in",
        "op",
        "aan",
        "bij",
        "von",
        "zu",
        "la",
        "le",
        "du",
        "el",
        "al",
        "bin",
        "ben",
        "dos",
        "da",
        "di",
    ]
)
_TITLES = frozenset(
    [
        "dhr",
        "mevr",
        "mw",
        "mr",
        "mrs",
        "ms",
        "dr",
        "ir",
        "ing",
        "drs",
        "prof",
        "heer",
        "mevrouw",
        "jr",
        "sr",
        "md",
        "phd",
    ]
)


_PLAIN_ADDRESS = re.compile(r"[a-z0-9._%-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+")
_BETWEEN_ADDRESSES = re.compile(r"[\s;,<>()\[\]|]+")
_AROUND = "'\"`.:*"


def email_key(value: str | None) -> str | None:
    """Lower case, bare: no display name, ``mailto:``, quotes, tag after a plus; None when no address.

    Of several addresses in one cell the first counts.
    """
    if not value or "@" not in value:
        return None
    text = value if value.isascii() else unicodedata.normalize("NFKC", value)
    text = text.strip().lower()
    if not _PLAIN_ADDRESS.fullmatch(text):
        words = _BETWEEN_ADDRESSES.split(text)
        text = next((w for w in words if "@" in w), "").removeprefix("mailto:").strip(_AROUND)
    local, at, domain = text.rpartition("@")
    local = local.partition("+")[0] or local
    text = f"{local}@{domain}"
    if not at or not local or "." not in domain or len(text.split()) != 1 or text.strip() != text:
        return None
    return text


def is_role_mailbox(email: str) -> bool:
    """Whether an address in normal form is a function's, not a person's."""
    local = email.partition("@")[0]
    return local.partition("+")[0].partition(".")[0] in ROLE_MAILBOXES


_DUTCH_NUMBER = re.compile(r"(?:\+31[ -]?|0031[ -]?|0)([1-9](?:[ -]?[0-9]){8})")
_REMARK = re.compile(r"[\s(]*[^\W\d_][^\d]*$")
"""What people write behind a number: "(privé)", "werk"."""
_NOT_DIGIT = str.maketrans("", "", " -")


def phone_key(value: str | None, region: str = "NL") -> str | None:
    """E.164; None when it is no possible number in the region."""
    if not value:
        return None
    if region == "NL" and (plain := _DUTCH_NUMBER.fullmatch(value)):
        return "+31" + plain[1].translate(_NOT_DIGIT)
    return _phone_key(_REMARK.sub("", value), region)


@lru_cache(maxsize=65_536)
def _phone_key(value: str, region: str) -> str | None:
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


_NO_LETTERS = re.compile(r"[^a-z' ]+")


def fold(value: str) -> str:
    """Letters only, without accents, lower case, single spaces."""
    if value.isascii():  # has nothing to take apart
        if value.isalpha():
            return value.lower()
        return " ".join(_NO_LETTERS.sub(" ", value.lower()).split())
    text = unicodedata.normalize("NFKD", value.replace("ß", "ss").replace("ø", "o"))
    text = "".join(c for c in text if not unicodedata.combining(c)).casefold()
    return " ".join(_NO_LETTERS.sub(" ", text).split())


def name_key(
    first: str | None = None, last: str | None = None, full: str | None = None
) -> str | None:
    """``<surname without infixes>|<first initial>``: coarse on purpose, so that it agrees easily.

    Takes parts, or a full name as ``First infix Last`` or ``Last, First``. None without a surname
    or without an initial.
    """
    if not last and full:
        if "," in full:
            last, _, first = full.partition(",")
        else:
            words = [w for w in fold(full).split() if w not in _TITLES]
            first, last = (words[0], " ".join(words[1:])) if len(words) > 1 else (None, None)
    if not last or not first:
        return None
    surname = [w for w in fold(last).split() if w not in _INFIXES and w not in _TITLES]
    initial = fold(first)[:1]
    return f"{' '.join(surname)}|{initial}" if surname and initial else None


def iban_key(value: str | None) -> str | None:
    """Upper case without spaces; None when empty."""
    text = re.sub(r"[^0-9A-Za-z]", "", value or "").upper()
    return text or None


def name_parts(value: str | None) -> list[str]:
    """The words of a name that may be said alone, in order: no titles, infixes or initials."""
    words = fold(value).replace("'", " ").split() if value else []
    return [w.replace("ij", "y") for w in words if len(w) > 1 and w not in _NOT_SAID_ALONE]


def is_half_name(value: str) -> bool:
    """Whether a given name or a surname stands alone ("Elke", "dhr. van Doorn", "V.d. Ploeg")."""
    if "," in value:
        return False
    value = without_lead(value)
    text = _SHORT_INFIX.sub("van ", value.casefold()).replace(".", ". ")
    words = [w for w in text.split() if fold(w) not in _TITLES]
    return bool(words) and (len(words) == 1 or words[0] in _INFIXES)


def without_lead(name: str) -> str:
    """A whole name without an infix that is not its own: "(op naam) van Jan de Vries"."""
    words = name.split()
    lead = next((i for i, word in enumerate(words) if fold(word) not in _INFIXES), 0)
    has_infix = any(fold(w).rstrip(".") in _ANY_INFIX for w in words[lead + 1 : -1])
    return " ".join(words[lead:]) if lead and has_infix and "," not in name else name


def address_key(address: str | None) -> str | None:
    """Street and house as one (``kerkstraat 12a``); None without either."""
    house = _HOUSE.search(address or "")
    if address is None or house is None:
        return None
    street = " ".join(w for w in fold(address[: house.start()]).split() if len(w) > 1)
    return f"{street} {_NOT_COMPACT.sub('', house.group().lower())}" if street else None


def number_key(value: str | None) -> str | None:
    """A customer number as it is compared: letters and digits only; None when too short to tell."""
    number = _NOT_COMPACT.sub("", (value or "").lower())
    return number if len(number) >= 5 and any(c.isdigit() for c in number) else None


_HOUSE = re.compile(r"(?<= )[0-9]{1,5}(?: ?-?[A-Za-z]\b)?")
_SHORT_INFIX = re.compile(r"^(?:v\.? ?d\.?|v/d) (?:r\.? )?")
_ANY_INFIX = _INFIXES | {"v", "vd", "v/d", "v.d"}
_NOT_COMPACT = re.compile(r"[^0-9a-z]+")
_NOT_SAID_ALONE = frozenset({fold(w).replace("'", "") for w in _INFIXES | _TITLES} | {"vd"})
