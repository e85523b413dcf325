from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.common.errors import StorageError
from pipelines.vault.sealing import seal, seal_many, unseal, unseal_many

keys = st.sampled_from([b"a" * 32, b"b" * 32])


@given(st.lists(st.tuples(keys, st.binary(), st.binary(max_size=20))))
def test_seal_many_opens_again_in_order(rows: list[tuple[bytes, bytes, bytes]]) -> None:
    sealed = seal_many(rows)
    assert [p for _, p, _ in rows] == unseal_many(
        (key, blob, aad) for (key, _, aad), blob in zip(rows, sealed, strict=True)
    )
    assert len({blob[:12] for blob in sealed}) == len(rows)


def test_seal_twice_differs_and_shows_nothing() -> None:
    first, second = (seal(b"a" * 32, b"jan@voorbeeld.nl", b"x") for _ in range(2))
    assert first != second
    assert b"jan" not in first


@pytest.mark.parametrize("spoil", ["key", "text", "aad", "short"])
def test_unseal_of_anything_else_is_refused(spoil: str) -> None:
    sealed = seal(b"a" * 32, b"secret text", b"x")
    key = b"b" * 32 if spoil == "key" else b"a" * 32
    if spoil == "text":
        sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    if spoil == "short":
        sealed = sealed[:5]
    with pytest.raises(StorageError) as error:
        unseal(key, sealed, b"y" if spoil == "aad" else b"x")
    assert error.value.code == "sealed_record_damaged"
    assert error.value.__suppress_context__
