"""Which texts have a word is told as a look at each text would tell it."""

from __future__ import annotations

import re

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_rules.special_categories import Category, CueFinder
from pipelines.privacy.normal_text import normal_text
from pipelines.privacy.text_words import TextWords, stretches

# the letters that need no undoing, and some that do
LETTERS = st.characters(max_codepoint=0x24F) | st.sampled_from("–’•…€\u200b\u0430ſ²½")


@settings(deadline=None)
@given(st.lists(st.text(LETTERS, max_size=30), min_size=1, max_size=5))
def test_words_are_those_that_python_sees(texts: list[str]) -> None:
    words = TextWords(pl.Series(texts, dtype=pl.String))
    for place, text in enumerate(texts):
        if normal_text(text).starts is not None:
            assert place in words.where(lambda _: False) & words.with_digits
            continue
        for word in re.findall(r"[^\W_]+", text):
            assert word in words.different
            assert place in words.where(word.__eq__)
        assert (place in words.with_digits) == (re.search(r"\d", text) is not None)


CUE_WORDS = st.sampled_from(
    ["is", "ZIEK", "gemeld", "lid", "van", "de", "vakbond", "FNV", "rekening", "hard", "of", "hearing",
     "sick", "leave", "Diabetes", "diab", "z\u0130ek", "\u2468", "heart", "attack", "attacks", "2ziek"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.lists(CUE_WORDS, max_size=6).map(" ".join), min_size=1, max_size=6))
def test_texts_with_a_cue_are_among_those_that_may_tell_one(texts: list[str]) -> None:
    cues = CueFinder()
    found = TextWords(pl.Series(texts, dtype=pl.String)).where(cues.may_tell)
    assert {i for i, text in enumerate(texts) if cues.flags(text)} <= found


def test_longest_word_of_a_cue_tells_it_and_its_first_does_not() -> None:
    health = Category(
        source="-", classes={"senses": ("hard of hearing", "doof*")}, **{"not": ("hearing aid",)}
    )
    cues = CueFinder({"health": health})
    texts = ["is hard of hearing", "hard gewerkt", "DOOFHEID", "hearing aid", "doo", ""]
    assert TextWords(pl.Series(texts)).where(cues.may_tell) == {0, 2, 3}


def test_stretches_hold_all_rows_once_and_little_each() -> None:
    frame = pl.DataFrame({"a": ["aa", None, "a" * 9, "b"], "b": ["b", "", None, "c"]})
    assert stretches(frame, 5) == [(0, 2), (2, 3), (3, 4)]
    assert stretches(frame) == [(0, 4)]
    assert stretches(frame.clear()) == []
