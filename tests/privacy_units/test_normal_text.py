"""What hides a name from a recognizer is undone, and offsets stay those of the text as given."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.privacy.detector import PresidioDetector
from pipelines.privacy.normal_text import normal_text

HOSTILE = (
    "abzJAN @.-\r\n\u00ad\u200b\u200d\u200f\u202e\u2066\ufeff\u0301\u0308\u0338é🙂👩аеорсΑΒ𝐉１２٣ﬁ"
    "\ud83d\udc00\u00a0\u2028\u3164"
)


@given(st.text(HOSTILE, max_size=60))
def test_places_rise_and_stay_within_the_text(text: str) -> None:
    seen = normal_text(text)
    if seen.starts is None or seen.ends is None:
        assert seen.text == text
        return
    assert len(seen.text) == len(seen.starts) == len(seen.ends)
    assert list(seen.starts) == sorted(seen.starts)
    assert list(seen.ends) == sorted(seen.ends)
    assert all(0 <= a < b <= len(text) for a, b in zip(seen.starts, seen.ends, strict=True))


@given(st.text(HOSTILE, max_size=60))
def test_plain_letters_keep_their_place(text: str) -> None:
    seen = normal_text(text)
    for position, letter in enumerate(seen.text):
        start, end = seen.place(position, position + 1)
        if letter.isascii() and text[start] == letter:
            assert text[start:end].startswith(letter)


@given(st.text(HOSTILE, max_size=30), st.text(HOSTILE, max_size=30))
def test_detect_among_hostile_letters_points_at_the_address(before: str, after: str) -> None:
    text = f"{before} mail jan.bakker@voorbeeld.example {after}"
    found = _DETECTOR.detect([text])[0]
    assert all(0 <= s.start < s.end <= len(text) for s in found)
    at = text.index("jan.bakker@")
    covered = {p for s in found for p in range(s.start, s.end)}
    assert covered >= set(range(at, at + len("jan.bakker@voorbeeld.example")))


_DETECTOR = PresidioDetector()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("gebeld met Sa\u200bnne de Vr\u00adies over de offerte", "Sa\u200bnne de Vr\u00adies"),
        (
            "gebeld met S\u0430nn\u0435 de Vries over",
            "S\u0430nn\u0435 de Vries",
        ),  # Cyrillic a and e
        ("gebeld met Sanne\u200bBakker over", "Sanne\u200bBakker"),
        ("gebeld met Ren\u0065\u0301 de Vries over", "Ren\u0065\u0301 de Vries"),
        ("\u202egebeld met Sanne de Vries\u202c over", "Sanne de Vries"),
        ("🙂👩\u200d👧 gebeld met Sanne de Vries\r\nover", "Sanne de Vries"),
        ("bel \uff10\uff16 12345678 terug", "\uff10\uff16 12345678"),
        ("bel 06\u00a012\u00a034\u00a056\u00a078 terug", "06\u00a012\u00a034\u00a056\u00a078"),
        ("bel 06\u201112345678 terug", "06\u201112345678"),
        ("mail jan\uff20voorbeeld.example", "jan\uff20voorbeeld.example"),
        ("mail j\u200ban@voorb\u200beeld.example", "j\u200ban@voorb\u200beeld.example"),
        ("gebeld met \U0001d412\U0001d41a\U0001d427\U0001d427\U0001d41e de Vries", "\U0001d412"),
        ("bel \ud83d 0612345678 terug", "0612345678"),  # half of a pair
    ],
)
def test_detect_finds_what_hides_and_says_where(text: str, value: str) -> None:
    start = text.index(value)
    spans = _DETECTOR.detect([text])[0]
    assert any(s.start <= start and s.end >= start + len(value) for s in spans)
    assert all(not text[s.start : s.end].startswith(("🙂", "gebeld", "bel")) for s in spans)


def test_word_of_another_alphabet_is_left_alone() -> None:
    assert normal_text("Привет Сара, καλημέρα").text == "Привет Сара, καλημέρα"
