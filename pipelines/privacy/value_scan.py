"""Counts values that hold a direct identifier, for the check that no warehouse relation does.

Fast and of high precision: it looks for what has a form or a checksum, and lets pass what the
warehouse is made of (ids, pseudonyms, placeholders, times, amounts). Names are not its business.

Privacy: values in, a number out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import phonenumbers
from stdnum import iban
from stdnum.nl import bsn

_EMAIL = re.compile(
    r"(?<![\w.+%\-])[\w+%\-]{1,64}(?:\.[\w+%\-]{1,64}){0,8}@(?:[^\W_][\w\-]{0,61}\.){1,8}[^\W\d_]{2,24}(?!\w)"
)
_PHONE = re.compile(
    r"(?<![\w.,:/+\-])(?:\+[1-9]\d{0,2}|00[1-9]\d{0,2}|0[1-9])(?:[ \-().]{0,2}\d){7,12}(?![\w:/\-]|[.,]\d)"
)
_IBAN = re.compile(r"(?<![\w/])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![\w])")
_BSN = re.compile(
    r"(?:bsn|burgerservicenummer|sofi(?:nummer)?)[ \-:=#.]{0,4}(?:nummer|nr|is)?[ :=.]{0,3}"
    r"(\d{3}[ .]?\d{3}[ .]?\d{3}|\d{4}[ .]\d{2}[ .]\d{3})(?!\d)",
    re.IGNORECASE,
)
WORTH_A_LOOK: Final = (
    r"@"
    r"|(^|[^\w.,:/+\-])(\+[1-9]|0[0-9])[\d \-().]{7}"
    r"|[A-Z]{2}\d{2} ?[A-Z0-9][A-Z0-9 ]{10}"
    r"|[Bb][Ss][Nn]|[Bb][Uu][Rr][Gg][Ee][Rr]|[Ss][Oo][Ff][Ii]"
)
"""What any of these identifiers has, for engines that look at columns (RE2, Rust and Python read it
alike). The shortest IBAN is Norway's, of fifteen characters; a mere run of digits is an id."""
_WORTH = re.compile(WORTH_A_LOOK)


def suspicious_values(values: Sequence[str]) -> int:
    """How many of the values hold an e-mail address, telephone number, IBAN or labelled BSN.

    Args:
        values: Any strings; None counts as empty.
    """
    return sum(1 for value in values if value and _WORTH.search(value) and is_suspicious(value))


def is_suspicious(value: str) -> bool:
    """Whether one value holds a direct identifier with a form or a checksum."""
    if "@" in value and _EMAIL.search(value):
        return True
    if any(iban.is_valid(match.group().replace(" ", ""), check_country=False)
           for match in _IBAN.finditer(value)):  # fmt: skip
        return True
    if any(bsn.is_valid(re.sub(r"\D", "", m.group(1)).zfill(9)) for m in _BSN.finditer(value)):
        return True
    return any(_is_phone(match.group()) for match in _PHONE.finditer(value))


def _is_phone(text: str) -> bool:
    digits = [c for c in text if c.isdigit()]
    if not 9 <= len(digits) <= 15 or len(set(digits)) < 3:
        return False
    international = text.startswith(("+", "00"))
    try:
        number = phonenumbers.parse(text, None if text.startswith("+") else "NL")
    except phonenumbers.NumberParseException:
        return False
    if not phonenumbers.is_valid_number(number):
        return False
    # A bare run of ten digits is as often an id: then only a mobile number counts.
    return international or not text.isdigit() or text.startswith("06")
