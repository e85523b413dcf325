"""Identifiers that look right and belong to nobody.

- E-mail: only ``*.example`` and subdomains of example.com, .org, .net (RFC 2606, RFC 6761).
- Landline: subscriber numbers that begin with 0, which no Dutch area hands out.
- Mobile: 06-8, the thinnest range that number checkers accept; no Dutch range is reserved for
  fiction, so a mobile number may exist. Never dial one.
- BSN: passes the eleven test, begins with 99, far above what has been issued.
- IBAN: passes mod 97, under bank codes that no bank has.
- IP address: the documentation ranges (RFC 5737, RFC 3849).
"""

from __future__ import annotations

import unicodedata
from random import Random

from pipelines.sample.randomness import pick

_BANKS = ("KLVB", "FNXB", "MSTB", "PLDB")
_PLATE = "BDFGHJKLNPRSTVXZ"
_STEP = 6_700_417
"""Prime that does not divide ten: multiplying by it walks every number once."""


def mobile(serial: int) -> str:
    """National form without separators; unique below ten million serials."""
    return f"068{(serial * _STEP + 1_234_567) % 10_000_000:07d}"


def landline(area: str, chance: Random) -> str:
    """``020-0123456``: area code, then a subscriber number beginning with 0."""
    digits = 10 - len(area)
    return f"{area}-0{int(chance.random() * 10 ** (digits - 1)):0{digits - 1}d}"


def bsn(chance: Random) -> str:
    """Nine digits that pass the eleven test."""
    while True:
        digits = f"99{int(chance.random() * 1e6):06d}"
        last = sum((9 - at) * int(d) for at, d in enumerate(digits)) % 11
        if last < 10:
            return f"{digits}{last}"


def iban(chance: Random) -> str:
    """Eighteen characters without spaces that pass mod 97."""
    account = pick(chance, _BANKS) + f"{int(chance.random() * 1e10):010d}"
    number = int("".join(str(int(c, 36)) for c in account + "NL00"))
    return f"NL{98 - number % 97:02d}{account}"


def plate(chance: Random) -> str:
    """A Dutch licence plate in one of three layouts."""
    letters = "".join(pick(chance, _PLATE) for _ in range(3))
    number = f"{int(chance.random() * 1000):03d}"
    layout = int(chance.random() * 3)
    if layout == 0:
        return f"{letters[:2]}-{number}-{letters[2]}"
    if layout == 1:
        return f"{letters[0]}-{number}-{letters[1:]}"
    return f"{number[:2]}-{letters}-{number[2]}"


def ip_address(chance: Random) -> str:
    """An address out of the documentation ranges."""
    if chance.random() < 0.1:
        return f"2001:db8:{int(chance.random() * 65536):x}::{int(chance.random() * 65536):x}"
    net = pick(chance, ("192.0.2", "198.51.100", "203.0.113"))
    return f"{net}.{1 + int(chance.random() * 254)}"


_SPECIAL = str.maketrans({"ł": "l", "Ł": "L", "ı": "i", "ß": "ss", "İ": "I"})


def mail_part(text: str) -> str:
    """A name as it stands in an address: lower case, without accents, spaces, apostrophes."""
    text = unicodedata.normalize("NFKD", text.translate(_SPECIAL))
    return "".join(c for c in text.lower() if c.isascii() and (c.isalnum() or c == "-"))
