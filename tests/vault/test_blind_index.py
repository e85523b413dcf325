from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from pipelines.vault.blind_index import BlindIndex, keys_from

texts = st.text(st.characters())  # lone surrogates included: broken files bring them
index = BlindIndex(b"k" * 32)


@given(texts, texts)
def test_of_is_stable_and_apart_per_kind(value: str, other: str) -> None:
    assert index.of("email", value) == index.of("email", value)
    assert index.of("email", value) != index.of("phone", value)
    assert (index.of("email", value) == index.of("email", other)) == (value == other)
    assert len(index.of("email", value)) == 16


@given(texts)
def test_token_is_twelve_characters_and_no_blind(value: str) -> None:
    assert re.fullmatch("[a-z2-7]{12}", index.token("record_key", value))
    assert index.token("record_key", value) == index.token("record_key", value)
    assert index.token("record_key", value) != index.token("other", value)


def test_another_key_gives_another_index() -> None:
    other = BlindIndex(b"x" * 32)
    assert index.of("email", "a@b.nl") != other.of("email", "a@b.nl")
    assert index.token("email", "a@b.nl") != other.token("email", "a@b.nl")


def test_repr_hides_the_key() -> None:
    assert "kkk" not in repr(index)


def test_keys_from_randomness_are_pseudonyms() -> None:
    assert keys_from(bytes(15)) == ["a" * 12, "a" * 12]
    assert all(re.fullmatch("[a-z2-7]{12}", k) for k in keys_from(bytes(range(255))))
