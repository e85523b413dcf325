"""What is one person's own, so that it stays in texts that are handed to them.

Privacy: direct identifiers in, kept in memory only; ``repr`` shows none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from pii_rules.recognizers.lexicon import INFIXES
from pipelines.common.normalise import email_key, iban_key, phone_key

_TITLES: Final = frozenset(
    [
        "dhr",
        "heer",
        "de",
        "mevr",
        "mevrouw",
        "mw",
        "meneer",
        "mr",
        "mrs",
        "ms",
        "miss",
        "dr",
        "drs",
        "ir",
        "ing",
        "prof",
    ]
)
_SHORT_INFIX: Final = re.compile(r"['’`‘´][ts]\b|\bv\.?\s?/?d\.?r?\.?(?=\s)|\bv\.(?=\s)")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_NAMES: Final = ("first_name", "last_name", "full_name")
_VALUES: Final = ("street", "postcode", "contact_id", "national_id", "email", "iban")


class OwnValues:
    """A person's names, addresses and numbers, in forms that bear other spellings.

    Args:
        contacts: Sealed fields of the person's contact records.
        emails: Addresses that other records of theirs bear.
    """

    def __init__(self, contacts: Iterable[Mapping[str, Any]], emails: Iterable[str] = ()) -> None:
        self._names: set[str] = set()
        self._initials: set[str] = set()
        self._keys: set[str] = set()
        self._plain: set[str] = set()
        for fields in contacts:
            self._add(fields)
        self._keys |= {key for e in emails if (key := email_key(e))}

    def __repr__(self) -> str:
        return "OwnValues([pii])"

    def has(self, kind: str, value: str) -> bool:
        """Whether what was found in a text is the person's own.

        A name is when all its words are theirs and its first initial may be.
        """
        if kind == "PERSON":
            return self._is_name(value)
        if kind in ("EMAIL", "PHONE", "IBAN"):
            key = (
                email_key(value) if kind == "EMAIL"
                else phone_key(value) if kind == "PHONE"
                else iban_key(value)
            )  # fmt: skip
            return key in self._keys
        plain = _plain(value)
        return bool(plain) and plain in self._plain

    def _add(self, fields: Mapping[str, Any]) -> None:
        for column in _NAMES:
            self._names.update(_words(str(fields.get(column) or "")))
        given = fields.get("first_name") or _given(fields.get("full_name"))
        if given:
            self._initials.update(w[0] for w in _words(str(given))[:1])
        for column in ("phone", "mobile"):
            if key := phone_key(fields.get(column)):
                self._keys.add(key)
        for make, column in ((email_key, "email"), (email_key, "contact_id"), (iban_key, "iban")):
            if key := make(fields.get(column)):
                self._keys.add(key)
        street, number = fields.get("street"), fields.get("house_number")
        values = [str(fields[c]) for c in _VALUES if fields.get(c)]
        values += [f"{street}{number}"] if street and number else []
        self._plain.update(_plain(v) for v in values)
        self._plain.update(_dates(fields.get("birth_date")))

    def _is_name(self, value: str) -> bool:
        words = [w for w in _words(value) if w not in INFIXES and w not in _TITLES]
        whole = [w for w in words if len(w) > 1]
        if not whole or not all(w in self._names for w in whole):
            return False
        initials = [w for w in words if len(w) == 1]
        return not initials or initials[0] in self._initials


def _words(value: str) -> list[str]:
    """The words of a name, without accents; "'t" and "v/d" are no initials."""
    text = _SHORT_INFIX.sub(" ", value.casefold().replace("ı", "i"))
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _LETTERS.findall(text)


def _given(full: Any) -> str:
    surname, comma, given = str(full or "").partition(",")
    return (given if comma else surname).strip()


def _plain(value: str) -> str:
    return "".join(c for c in value.casefold() if c.isalnum())


def _dates(value: Any) -> set[str]:
    """A birth date as people write it, digits only."""
    try:
        day = date.fromisoformat(str(value)[:10])
    except ValueError:
        return set()
    return {
        _plain(day.strftime(form)) for form in ("%Y-%m-%d", "%d-%m-%Y", "%d-%m-%y", "%m/%d/%Y")
    } | {f"{day.day}{day.month}{day.year}"}
