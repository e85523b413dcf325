"""What a person is called, as keyed hashes: enough to know the name in a text, not to read it.

A sketch holds a hash of each word of a name, of each word less one letter (so that a slip of the
pen is known too), of initials and infixes, and of the person's numbers and address. It is stored
beside the sealed record it was made of, so that texts about a person can be searched for that
person without unsealing anybody. docs/decisions/0038 says why.

Privacy: direct identifiers in, keyed hashes out: pseudonymised, so personal data.
Source: deletion neighbourhoods, Mor & Fraenkel, "A hash code method for detecting and correcting
spelling errors", CACM 25(12), 1982; keyed BLAKE2b, RFC 7693.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, Final, Literal, get_args

from pii_rules.recognizers.lexicon import INFIXES
from pipelines.common.normalise import email_key, fold, iban_key, phone_key

Tag = Literal["given", "family", "near", "initial", "infix", "email", "phone", "iban",
              "postcode", "birth", "number", "address"]  # fmt: skip
TOKEN_BYTES: Final = 8
SHORTEST_WITH_SLIP: Final = 5
"""Shorter words have too many neighbours: "Jans", "Jan", "Hans"."""
LONGEST_NAME_WORD: Final = 30
SKETCHED_COLUMNS: Final = (
    "contact_id", "first_name", "infix", "last_name", "full_name", "email", "phone", "mobile",
    "iban", "postcode", "birth_date", "street", "house_number",
)  # fmt: skip
_SEPARATORS = re.compile(r"[^0-9a-z]+")


class SketchKey:
    """Makes tokens under one key; ``repr`` hides it.

    Args:
        key: 16 to 64 bytes.
    """

    __slots__ = ("_keyed",)

    def __init__(self, key: bytes) -> None:
        self._keyed = {tag: _begun(key, tag) for tag in get_args(Tag)}

    def __repr__(self) -> str:
        return "SketchKey(***)"

    def token(self, tag: Tag, value: str) -> bytes:
        """The keyed hash of a part of somebody's identity."""
        made = self._keyed[tag].copy()
        made.update(value.encode("utf-8", "surrogatepass"))
        return made.digest()

    def tokens(self, tag: Tag, values: Iterable[str]) -> list[bytes]:
        """The tokens of values of one kind, in their order."""
        begin = self._keyed[tag].copy
        found: list[bytes] = []
        for value in values:
            made = begin()
            made.update(value.encode("utf-8", "surrogatepass"))
            found.append(made.digest())
        return found

    def sketch(self, row: Mapping[str, Any], region: str = "NL") -> bytes:
        """The sketch of a contact, tokens in order; empty when nothing is known.

        Args:
            row: Canonical contact columns; absent ones are None.
            region: Country of telephone numbers without prefix.
        """
        return b"".join(sorted({self.token(tag, value) for tag, value in parts(row, region)}))


def _begun(key: bytes, tag: Tag) -> hashlib.blake2b:
    """The hash of what all values of a kind begin with."""
    made = hashlib.blake2b(key=key, digest_size=TOKEN_BYTES)
    made.update(f"{tag}\0".encode())
    return made


def tokens_of(sketch: bytes) -> Iterator[bytes]:
    """The tokens of a sketch."""
    for start in range(0, len(sketch), TOKEN_BYTES):
        yield sketch[start : start + TOKEN_BYTES]


def name_form(word: str) -> str:
    """How a word of a name is compared, folded already: "Dijk" and "Dyk" are one."""
    return word.replace("ij", "y")


def less_one_letter(word: str) -> list[str]:
    """The word without each of its letters in turn."""
    return [word[:i] + word[i + 1 :] for i in range(len(word))]


def with_gap(word: str) -> set[str]:
    """The word without each of its letters, with the place of the gap.

    Two words of one length share such a form when they differ in one letter and not otherwise.
    """
    return {f"{i}:{shorter}" for i, shorter in enumerate(less_one_letter(word))}


def with_any_gap(word: str) -> set[str]:
    """The forms of a longer word that is this one with one letter more."""
    return {f"{i}:{word}" for i in range(len(word) + 1)}


def swapped(word: str) -> set[str]:
    """The word with each two neighbours in each other's place."""
    return {word[:i] + word[i + 1] + word[i] + word[i + 2 :] for i in range(len(word) - 1)}


def compact(value: str) -> str:
    """Letters and digits only, lower case: how numbers and postcodes are compared."""
    return _SEPARATORS.sub("", value.lower())


def phone_forms(value: str, region: str = "NL") -> set[str]:
    """The digits of a number as people write them: with country, with 00, national."""
    number = phone_key(value, region)
    if number is None:
        return set()
    digits = number[1:]
    national = {"0" + digits[2:]} if digits.startswith(("31", "32", "33", "44", "49")) else set()
    return {digits, "00" + digits} | national


def parts(row: Mapping[str, Any], region: str = "NL") -> Iterator[tuple[Tag, str]]:
    """What a contact may be known by, with its kind; see :class:`SketchKey`."""
    given, family, infixes = _names(row)
    for tag, words in (("given", given), ("family", family)):
        for word in words:
            yield ("given" if tag == "given" else "family"), word
            if len(word) >= SHORTEST_WITH_SLIP:
                yield from (("near", form) for form in with_gap(word))
    yield from (("initial", word[0]) for word in given)
    yield from (("infix", word) for word in infixes)
    if email := email_key(row.get("email")):
        yield "email", email
    for column in ("phone", "mobile"):
        yield from (("phone", form) for form in phone_forms(row.get(column) or "", region))
    if iban := iban_key(row.get("iban")):
        yield "iban", iban.lower()
    if postcode := compact(row.get("postcode") or ""):
        yield "postcode", postcode
    number = compact(str(row.get("contact_id") or ""))
    if len(number) >= 5 and any(c.isdigit() for c in number) and "@" not in row["contact_id"]:
        yield "number", number
    birth = row.get("birth_date")
    if isinstance(birth, date):
        yield from (("birth", form) for form in _date_forms(birth))
    street, house = fold(row.get("street") or ""), compact(row.get("house_number") or "")
    if street and house:
        yield "address", f"{street} {house}"


def _date_forms(day: date) -> set[str]:
    return {
        day.strftime("%d%m%Y"),
        day.strftime("%Y%m%d"),
        day.strftime("%d%m%y"),
        f"{day.day}{day.month}{day.year}",
    }


def _names(row: Mapping[str, Any]) -> tuple[set[str], set[str], set[str]]:
    """Words of given names, of surnames, and infixes."""
    given = _words(row.get("first_name"))
    family = _words(row.get("last_name"))
    infixes = _words(row.get("infix"))
    full = row.get("full_name") or ""
    if full:
        surname, comma, first = full.partition(",")
        more_given, more_family = (
            (_words(first), _words(surname)) if comma else _divided(_words(surname))
        )
        given, family = given + more_given, family + more_family
    infixes += [w for w in family + given if w in INFIXES]
    return _kept(given), _kept(family), set(infixes)


def _divided(words: list[str]) -> tuple[list[str], list[str]]:
    """Given names and surname of "First [More] [infix] Last"; what is in between may be both."""
    at = next((i for i, w in enumerate(words) if i and w in INFIXES), None)
    if at is not None:
        return words[:at], words[at:]
    return words[:-1], words[1:] if len(words) > 1 else words


def _words(value: object) -> list[str]:
    # hyphens and apostrophes part words, here as in a text: "Jan-Willem", "O'Brien"
    return fold(str(value)).replace("'", " ").split() if value else []


def _kept(words: list[str]) -> set[str]:
    return {name_form(w) for w in words if 2 <= len(w) <= LONGEST_NAME_WORD and w not in INFIXES}
