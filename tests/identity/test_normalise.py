"""Normal forms: the quick ways say exactly what the slow ones say."""

from __future__ import annotations

import hmac
import unicodedata

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.common import normalise
from pipelines.common.normalise import email_key, fold, is_role_mailbox, phone_key
from pipelines.vault.blind_index import BlindIndex


def by_library(value: str, region: str = "NL") -> str | None:
    """What phonenumbers makes of a number."""
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


prefixes = st.sampled_from(["0", "+31", "0031", "+31 ", "0031-", "+31-", "00 31", "+32", "31", ""])
separated = st.lists(
    st.tuples(st.sampled_from("0123456789"), st.sampled_from(["", "", "", " ", "-", "--", "."])),
    min_size=7,
    max_size=11,
).map(lambda parts: "".join(digit + separator for digit, separator in parts))


@given(prefixes, separated)
def test_plain_dutch_numbers_are_what_the_library_says(prefix: str, digits: str) -> None:
    assert phone_key(prefix + digits) == by_library(prefix + digits)


@pytest.mark.parametrize("area", [f"{n:02d}" for n in range(10, 100)])
def test_every_dutch_prefix(area: str) -> None:
    for prefix in ("0", "+31", "0031"):
        assert phone_key(f"{prefix}{area}1234567") == by_library(f"{prefix}{area}1234567")


def test_other_regions_do_not_take_the_dutch_way() -> None:
    assert phone_key("0471234567", "BE") == by_library("0471234567", "BE") == "+32471234567"


@given(st.text(st.characters(max_codepoint=0x17F), max_size=30))
def test_fold_is_the_same_with_and_without_accents_about(value: str) -> None:
    text = unicodedata.normalize("NFKD", value.replace("ß", "ss").replace("ø", "o"))
    text = "".join(c for c in text if not unicodedata.combining(c)).casefold()
    assert fold(value) == " ".join(normalise._NO_LETTERS.sub(" ", text).split())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" Jan@Voorbeeld.example ", "jan@voorbeeld.example"),
        ("<jan@voorbeeld.example>", "jan@voorbeeld.example"),
        ("< jan@voorbeeld.example>", "jan@voorbeeld.example"),
        ("Jan de Boer jan@voorbeeld.example", "jan@voorbeeld.example"),
        ("jan@voorbeeld", None),
        ("@voorbeeld.example", None),
        ("\N{FULLWIDTH LATIN SMALL LETTER J}an@voorbeeld.example", "jan@voorbeeld.example"),
    ],
)
def test_email_key(value: str, expected: str | None) -> None:
    assert email_key(value) == expected


def test_role_mailboxes_with_a_tag_or_a_place() -> None:
    assert is_role_mailbox("info+web@bedrijf.example")
    assert is_role_mailbox("sales.noord@bedrijf.example")
    assert not is_role_mailbox("infante@bedrijf.example")


@given(st.binary(min_size=1, max_size=100), st.lists(st.text(max_size=20), max_size=5))
def test_the_blind_index_is_an_hmac_one_by_one_and_together(key: bytes, values: list[str]) -> None:
    def plain(value: str) -> bytes:
        message = f"email\0{value}".encode("utf-8", "surrogatepass")
        return hmac.digest(key, message, "sha256")[:16]

    index = BlindIndex(key)
    assert [index.of("email", v) for v in values] == [plain(v) for v in values]
    assert index.many("email", values) == [plain(v) for v in values]
