"""The quick way of reading JSON lines against the careful one."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.landing import jsonl_reader
from pipelines.landing.mapping import FileMapping
from pipelines.landing.raw import RawChunk

FILE = FileMapping(
    patterns=("*.jsonl",),
    format="jsonl",
    entities=[{"entity": "accounts", "columns": {"account_id": "a", "name": "n.x"}}],  # type: ignore[arg-type]
)
KEYS = st.sampled_from(["a", "b", "n", "_line", "_row", "_position", "é"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.just(2**70), st.floats(allow_nan=False),
        st.text(alphabet='a\0"\\\n u0é', max_size=6),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("xy"), inner, max_size=2)
    ),
    max_leaves=4,
)  # fmt: skip


def read(content: bytes) -> list[RawChunk]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.jsonl"
        path.write_bytes(content)
        return list(jsonl_reader.read_jsonl(path, FILE, 1000))


def told(chunks: list[RawChunk]) -> tuple[Any, ...]:
    """Everything that was read, with null for empty text."""
    rows = [row for chunk in chunks for row in chunk.rows.rows(named=True)]
    return (
        [chunk.rows.columns for chunk in chunks],
        [{k: None if v == "" else v for k, v in row.items()} for row in rows],
        [tuple(r) for chunk in chunks for r in chunk.rejects],
        [chunk.rows_read for chunk in chunks],
    )


@settings(max_examples=200, deadline=None)
@given(st.lists(st.dictionaries(KEYS, VALUES, max_size=4), min_size=1, max_size=4), st.booleans())
@example([{"a": "\\u0000"}, {"a": "\0"}, {"a": 2**64}, {"_row": "7", "a": True}], True)
def test_read_jsonl_quick_and_careful_agree(rows: list[dict[str, Any]], in_ascii: bool) -> None:
    content = b"\n".join(json.dumps(row, ensure_ascii=in_ascii).encode() for row in rows)
    quick = told(read(content))
    none: frozenset[type] = frozenset()
    with (
        mock.patch.object(jsonl_reader, "_TEXTS", none),
        mock.patch.object(jsonl_reader, "_PLAIN", none),
    ):
        careful = told(read(content))
    assert quick == careful


def test_read_jsonl_plain_objects_take_the_quick_way() -> None:
    with mock.patch.object(jsonl_reader, "_flatten", side_effect=AssertionError):
        (chunk,) = read(b'{"a": "x", "b": 1}\n{"a": null, "b": -9007199254740993}\n')
    assert chunk.rows.rows() == [("x", "1", 1, 1), (None, "-9007199254740993", 2, 2)]
