"""The CSV reader against Python's csv module, and its two ways against each other."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.common.rejects import Reject
from pipelines.landing import csv_reader
from pipelines.landing.csv_reader import read_csv
from pipelines.landing.mapping import FileMapping
from pipelines.landing.raw import RawChunk

ENTITIES = {"accounts": {"columns": {"account_id": "a", "name": "b"}}}


def mapping(**fields: Any) -> FileMapping:
    return FileMapping(**{"patterns": ["*.csv"], "entities": ENTITIES, **fields})


@contextmanager
def written(content: bytes) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        path.write_bytes(content)
        yield path


def chunks_of(
    content: bytes, chunk_rows: int = 1000, block_bytes: int = 1 << 20, **fields: Any
) -> list[RawChunk]:
    with written(content) as path:
        return list(read_csv(path, mapping(**fields), chunk_rows, block_bytes))


def rows_of(chunks: list[RawChunk]) -> list[tuple[Any, ...]]:
    """Rows with null for empty text: which of the two a reader gives is not promised."""
    rows = [row for chunk in chunks for row in chunk.rows.rows()]
    return [tuple(None if cell == "" else cell for cell in row) for row in rows]


def rejects_of(chunks: list[RawChunk]) -> list[tuple[Any, ...]]:
    return [tuple(r) for chunk in chunks for r in chunk.rejects]


CELLS = st.text(alphabet='ab,;"\n\r \té€0', max_size=6)


@settings(max_examples=120, deadline=None)
@given(
    st.integers(1, 4).flatmap(
        lambda n: st.lists(st.lists(CELLS, min_size=n, max_size=n), min_size=1, max_size=12)
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    st.integers(1, 80),
    st.integers(1, 5),
    st.booleans(),
)
def test_read_csv_agrees_with_the_csv_module(
    rows: list[list[str]], ending: str, quoting: int, block: int, chunk_rows: int, closed: bool
) -> None:
    if quoting == csv.QUOTE_MINIMAL:  # the module then leaves a carriage return without quotes
        rows = [[cell.replace("\r", "") for cell in row] for row in rows]
    header = [f"c{n}" for n in range(len(rows[0]))]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator=ending, quoting=quoting)  # type: ignore[arg-type]
    lines = []
    for row in [header, *rows]:
        lines.append(out.getvalue().count("\n") + 1)
        writer.writerow(row)
    text = out.getvalue() if closed else out.getvalue().removesuffix(ending)
    chunks = chunks_of(text.encode(), chunk_rows, block)
    expected = list(csv.reader(io.StringIO(text, newline="")))[1:]
    found = rows_of(chunks)
    assert rejects_of(chunks) == []
    assert [list(r[:-2]) for r in found] == [[c or None for c in row] for row in expected]
    assert [r[-2] for r in found] == lines[1:]
    assert [r[-1] for r in found] == list(range(1, len(rows) + 1))
    assert sum(c.rows_read for c in chunks) == len(rows)
    assert all(c.rows.height <= chunk_rows for c in chunks)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='ab,"\n\r\0é ', max_size=60), st.integers(1, 30))
@example(text='1,"abc\n2,"def"\n3,4\n', block=7)
@example(text='a"b,"c"\n"d"e,f\n', block=5)
@example(text='"","",""\n\n"\n', block=3)
def test_read_csv_whatever_the_text_both_ways_agree_and_no_line_is_lost(
    text: str, block: int
) -> None:
    content = b"a,b\n" + text.encode()
    fast = chunks_of(content)
    small = chunks_of(content, block_bytes=block)
    with mock.patch.object(csv_reader, "_shape", return_value=None):
        exact = chunks_of(content)
    with mock.patch.object(csv_reader, "_MOST_RAGGED", 1):
        cut_out = chunks_of(content)
    for other in (small, exact, cut_out):
        assert rows_of(other) == rows_of(fast)
        assert rejects_of(other) == rejects_of(fast)
    lines = text.split("\n")
    seen = {r[-2] for r in rows_of(fast)} | {r[0] for r in rejects_of(fast)}
    inside = sum(
        len([c for cell in r[:-2] if cell for c in cell if c == "\n"]) for r in rows_of(fast)
    ) + sum(r[4]["_text"].count("\n") for r in rejects_of(fast))
    blank = sum(1 for n, line in enumerate(lines) if line in ("", "\r"))
    assert len(seen) + inside + blank >= len(lines)


def test_read_csv_unclosed_quote_costs_one_line() -> None:
    chunks = chunks_of(b'a,b\n1,one\n2,"two\n3,three\n4,four\n')
    assert rows_of(chunks) == [("1", "one", 2, 1), ("3", "three", 4, 3), ("4", "four", 5, 4)]
    assert rejects_of(chunks) == [(3, None, "unclosed_quote", None, {"_text": '2,"two'})]
    assert chunks[0].rows_read == 4


def test_read_csv_misplaced_quote_costs_one_line() -> None:
    chunks = chunks_of(b'a,b\n1,"one"x\n2,two\n')
    assert rows_of(chunks) == [("2", "two", 3, 2)]
    assert [r[:3] for r in rejects_of(chunks)] == [(2, None, "misplaced_quote")]


def test_read_csv_quote_inside_a_cell_is_literal() -> None:
    assert rows_of(chunks_of(b'a,b\n1,5" pipe\n'))[0][:2] == ("1", '5" pipe')


@pytest.mark.parametrize("line", [b"1\n", b"1,2,3\n", b'1,"x\ny",3\n'])
def test_read_csv_ragged_row_is_rejected(line: bytes) -> None:
    chunks = chunks_of(b"a,b\n0,zero\n" + line + b"9,nine\n")
    assert [r[0] for r in rows_of(chunks)] == ["0", "9"]
    assert [r[:3] for r in rejects_of(chunks)] == [(3, None, "ragged_row")]
    assert rows_of(chunks)[1][-2] == 4 + line.count(b"\n") - 1


def test_read_csv_ragged_rows_that_balance_are_rejected() -> None:
    # One cell too few and one too many: the number of delimiters is right all the same.
    chunks = chunks_of(b"a,b\n1\n1,2,3\n4,5\n")
    assert [r[:3] for r in rejects_of(chunks)] == [(2, None, "ragged_row"), (3, None, "ragged_row")]
    assert rows_of(chunks) == [("4", "5", 4, 3)]


def test_read_csv_nul_byte_is_rejected() -> None:
    chunks = chunks_of(b"a,b\n1,x\0y\n2,z\n")
    assert rows_of(chunks) == [("2", "z", 3, 2)]
    assert [r[:3] for r in rejects_of(chunks)] == [(2, None, "nul_byte")]


def test_read_csv_blank_lines_are_no_rows() -> None:
    chunks = chunks_of(b"\n\na,b\n\n1,2\n\r\n3,4\n\n")
    assert rows_of(chunks) == [("1", "2", 5, 1), ("3", "4", 7, 2)]
    assert sum(c.rows_read for c in chunks) == 2


def test_read_csv_other_delimiter_and_quote() -> None:
    chunks = chunks_of(b"a;b\n1;'x;''y'\n", delimiter=";", quote="'")
    assert rows_of(chunks)[0][:2] == ("1", "x;'y")


def test_read_csv_without_quoting_keeps_quotes() -> None:
    assert rows_of(chunks_of(b'a\tb\n"1\t2"\n', delimiter="\t", quote=""))[0][:2] == ('"1', '2"')


def test_read_csv_without_header_names_columns_by_place() -> None:
    chunks = chunks_of(b"1,2\n3,4\n", header=False)
    assert chunks[0].rows.columns == ["column_1", "column_2", "_line", "_row"]
    assert rows_of(chunks) == [("1", "2", 1, 1), ("3", "4", 2, 2)]


def test_read_csv_skips_rows_before_the_header() -> None:
    chunks = chunks_of(b'Export of "today\n\na,b\n1,2\n', skip_rows=2)
    assert rows_of(chunks) == [("1", "2", 4, 1)]


def test_read_csv_bad_line_in_a_large_block_leaves_the_rest_as_it_is() -> None:
    lines = [b"%d,x" % n for n in range(30_000)]
    lines[3] = b'3,"open'
    chunks = chunks_of(b"a,b\n" + b"\n".join(lines), chunk_rows=100_000)
    rows = rows_of(chunks)
    assert [r[-2] for r in rows] == [n for n in range(2, 30_002) if n != 5]
    assert [r[-1] for r in rows] == [n for n in range(1, 30_001) if n != 4]
    assert [r[:3] for r in rejects_of(chunks)] == [(5, None, "unclosed_quote")]


def test_read_csv_few_rows_of_another_width_do_not_slow_the_rest_down() -> None:
    lines = [b'%d,"x, y\n2"' % n for n in range(100)]
    lines[3], lines[50], lines[70] = b"3", b"", b'70,x,"a\nb"'
    content = b"a,b\n" + b"\r\n".join(lines) + b"\r\n"
    with mock.patch.object(csv_reader._Reader, "_exact_part", side_effect=AssertionError):
        chunks = chunks_of(content)
    with mock.patch.object(csv_reader, "_shape", return_value=None):
        exact = chunks_of(content)
    assert rows_of(chunks) == rows_of(exact)
    assert rejects_of(chunks) == rejects_of(exact)
    assert [r[2] for r in rejects_of(chunks)] == ["ragged_row", "ragged_row"]


def test_read_csv_many_rejects_come_in_several_chunks() -> None:
    chunks = chunks_of(b"a,b\n" + b"1\n" * 10, chunk_rows=3, block_bytes=4)
    assert sum(len(c.rejects) for c in chunks) == 10
    assert max(len(c.rejects) for c in chunks) <= 5


def test_reject_does_not_show_its_row() -> None:
    assert "secret" not in repr(Reject(1, None, "ragged_row", None, {"_text": "secret"}))
