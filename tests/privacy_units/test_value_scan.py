"""The scan fires on identifiers with a form and lets pass what a warehouse is made of."""

from __future__ import annotations

import duckdb
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.privacy.value_scan import WORTH_A_LOOK, is_suspicious, suspicious_values

SUSPICIOUS = [
    "jan.devries@example.nl", "zie JAN@EXAMPLE.ORG voor meer", "06-12345678", "+31612345678",
    "0612345678", "0031 6 12345678", "bel 020-6241111", "NL91ABNA0417164300", "NL91 ABNA 0417 1643 00",
    "bsn 111222333", "BSN: 111.222.333", "+32 470 12 34 56", "+44 20 7946 0958", "(06) 12345678",
]  # fmt: skip
HARMLESS = [
    "", "<EMAIL_1> belt <PHONE_2>", "crm/D-10023", "abcd2efgh3ij", "2024-05-06 10:11:12",
    "2024-05-06T10:11:12.123456+02:00", "2026-11-23", "1234.56", "-1234567.89", "111222333", "4111111111111111",
    "order 20240012345", "550e8400-e29b-41d4-a716-446655440000", "0123456789012345678901234567890",
    "9f111c5daed47707", "1234567890", "Seller 07", "GTX Pro", "10.2.0.1", "1,005,534", "a@b", "@", "NULL",
    "2024010112000000", "2024-01-01 00:00:00-2024-12-31", "sha256:06123456780612345678", "0900-0000000000",
    "1.234.567,89 EUR", "t/2026-0001234567", "06:12:34.567890", "63.15%", "0000000000", "3f2a-0612345678-9c",
    "https://example.nl/a/0612345678", "klant 12 van 34", "2026Q1", "0.0612345678",
]  # fmt: skip


@pytest.mark.parametrize("value", SUSPICIOUS)
def test_value_with_an_identifier_is_suspicious(value: str) -> None:
    assert is_suspicious(value)


@pytest.mark.parametrize("value", HARMLESS)
def test_value_of_the_warehouse_is_not(value: str) -> None:
    assert not is_suspicious(value)


def test_suspicious_values_counts_each_value_once() -> None:
    assert suspicious_values([*SUSPICIOUS, *HARMLESS, "a@example.nl b@example.nl"]) == (
        len(SUSPICIOUS) + 1
    )
    assert suspicious_values([]) == 0


_DIGITS = st.text("0123456789", min_size=7, max_size=13)
_LOOKALIKES = st.one_of(
    st.builds("{}{}{}".format, st.sampled_from(["+31", "+44 ", "0031", "06", "(06) ", "020-"]), _DIGITS, st.just("")),
    st.builds("{} {}".format, st.sampled_from(["bsn", "BSN:", "Sofi-nummer", "burgerservicenummer"]), _DIGITS),
    st.sampled_from(SUSPICIOUS),
    st.from_regex(r"\A[A-Z]{2}\d{2}( ?[A-Z0-9]{4}){3,7}\Z"),
)  # fmt: skip


@settings(deadline=None)
@given(
    _LOOKALIKES,
    st.sampled_from(["", "bel ", "zie: ", "é", "("]),
    st.sampled_from(["", ".", " graag"]),
)
@example("NO9386011117947", "", "")
def test_what_is_suspicious_is_worth_a_look(value: str, before: str, after: str) -> None:
    """The prefilter of the engines lets no identifier pass: each of the three reads it alike."""
    text = before + value + after
    if is_suspicious(text):
        assert suspicious_values([text]) == 1
        assert pl.Series([text]).str.contains(WORTH_A_LOOK).item()
        answer = duckdb.execute("SELECT regexp_matches(?, ?)", [text, WORTH_A_LOOK]).fetchone()
        assert answer == (True,)


@pytest.mark.parametrize("value", ["TK400500000099", "R378096640", "1234567890", "2026-11-23"])
def test_ids_are_not_worth_a_look(value: str) -> None:
    assert not pl.Series([value]).str.contains(WORTH_A_LOOK).item()
