"""Bad input: one clear sentence or a rejected row, nothing lost, no value told."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from pipelines.common.errors import InputError
from pipelines.landing import excel_reader
from pipelines.landing.chunks import CanonicalChunk, canonical_chunks, file_fingerprint
from pipelines.landing.mapping import SourceMapping

COLUMNS = {"account_id": "id", "name": "name", "revenue": "revenue", "created_at": "created"}
HEADER = b"id,name,revenue,created\n"


def source(**file: Any) -> SourceMapping:
    entities = {"accounts": {"columns": COLUMNS}}
    body = {"pattern": "*", "entities": entities, **file}
    return SourceMapping(name="crm", timezone="Europe/Amsterdam", files=[body])


def read(path: Path, **file: Any) -> CanonicalChunk:
    mapping = source(**file)
    chunks = list(canonical_chunks(path, mapping.files[0], mapping, 1000))
    assert len(chunks) == 1
    return chunks[0]


def refused(path: Path, **file: Any) -> InputError:
    with pytest.raises(InputError) as caught:
        read(path, **file)
    error = caught.value
    assert error.__context__ is None or error.__suppress_context__
    assert error.where["file"] == path.name
    assert str(path.parent) not in error.sentence
    assert error.sentence.count(". ") == 0
    assert error.sentence.endswith(".")
    return error


def csv_file(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "accounts.csv"
    path.write_bytes(content)
    return path


def names(chunk: CanonicalChunk) -> list[Any]:
    return chunk.frames["accounts"]["name"].to_list()


def rules(chunk: CanonicalChunk) -> list[tuple[int, str, str | None]]:
    return [(r.line, r.rule, r.column) for r in chunk.rejects]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_empty_file_is_refused(tmp_path: Path, content: bytes, form: str) -> None:
    assert refused(csv_file(tmp_path, content), format=form).code == "empty_file"


def test_header_only_lands_nothing(tmp_path: Path) -> None:
    chunk = read(csv_file(tmp_path, HEADER))
    assert (chunk.rows_read, chunk.rejects, chunk.frames["accounts"].height) == (0, [], 0)
    assert chunk.frames["accounts"].columns[:3] == ["_line", "account_id", "name"]


def test_wrong_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEADER + b"1,ok,,\n2,Caf\xe9 M\xfcller,,\n")
    error = refused(path)
    assert (error.code, error.where["line"]) == ("wrong_encoding", 3)
    assert "ller" not in error.sentence
    assert "windows-1252" in error.todo


def test_declared_encoding_is_read(tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEADER + "1,Café €,,\n".encode("cp1252"))
    assert names(read(path, encoding="windows-1252")) == ["Café €"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read(tmp_path: Path, encoding: str) -> None:
    path = csv_file(tmp_path, (HEADER.decode() + "1,Café 𝒳,,\n").encode(encoding))
    assert names(read(path, encoding=encoding)) == ["Café 𝒳"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_utf_16_that_is_not_declared_is_refused(tmp_path: Path, encoding: str) -> None:
    path = csv_file(tmp_path, (HEADER.decode() + "1,x,,\n").encode(encoding))
    assert refused(path).code == "wrong_encoding"


def test_undecodable_bytes_of_a_declared_encoding_are_refused(tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEADER + b"1,x,,\n2,\x81,,\n")
    error = refused(path, encoding="windows-1252")
    assert (error.code, error.where["line"]) == ("wrong_encoding", 3)


def test_byte_order_mark_is_taken_off(tmp_path: Path) -> None:
    assert names(read(csv_file(tmp_path, b"\xef\xbb\xbf" + HEADER + b"1,x,,\n"))) == ["x"]


def test_byte_order_mark_of_another_encoding_is_refused(tmp_path: Path) -> None:
    path = csv_file(tmp_path, b"\xef\xbb\xbf" + HEADER + b"1,x,,\n")
    assert refused(path, encoding="windows-1252").code == "wrong_encoding"


def test_bad_rows_are_rejected_and_the_rest_lands(tmp_path: Path) -> None:
    body = b'1,ok,,\n2,nul\0,,\n3,ragged\n4,"open,,\n5,ok,,\n,,,\n'
    chunk = read(csv_file(tmp_path, HEADER + body))
    assert names(chunk) == ["ok", "ok"]
    assert sorted(rules(chunk)) == [
        (3, "nul_byte", None),
        (4, "ragged_row", None),
        (5, "unclosed_quote", None),
        (7, "empty_row", None),
    ]
    assert chunk.rows_read == 6


def test_duplicate_column_is_refused_without_its_name(tmp_path: Path) -> None:
    error = refused(csv_file(tmp_path, b"id,name,secret@x.nl,secret@x.nl\n1,x,,\n"))
    assert error.code == "duplicate_column"
    assert error.where["column"] == "3 and 4"
    assert "secret" not in error.sentence


def test_column_gone_is_refused_by_name(tmp_path: Path) -> None:
    error = refused(csv_file(tmp_path, b"id,name,created\n1,x,\n"))
    assert error.code == "column_missing"
    assert error.where["column"] == "revenue"


def test_optional_column_gone_lands_null_and_is_told(tmp_path: Path) -> None:
    columns = {**COLUMNS, "revenue": {"from": "revenue", "optional": True}}
    path = csv_file(tmp_path, b"id,name,created\n1,x,\n")
    chunk = read(path, entities={"accounts": {"columns": columns}})
    assert chunk.missing == ("revenue",)
    assert chunk.frames["accounts"]["revenue"].to_list() == [None]


def test_new_column_is_not_stored_but_counted(tmp_path: Path) -> None:
    path = csv_file(tmp_path, b"id,name,revenue,created,shoe\n1,x,,,44\n2,y,,,\n3,,bad,,45\n")
    chunk = read(path)
    assert chunk.unmapped == {"shoe": 2}
    assert "shoe" not in chunk.frames["accounts"].columns
    assert all("shoe" not in r.row for r in chunk.rejects)
    assert chunk.leftovers is None


def test_new_column_is_kept_aside_when_the_mapping_says_so(tmp_path: Path) -> None:
    path = csv_file(tmp_path, b"id,name,revenue,created,shoe\n1,x,,,44\n")
    chunk = read(path, unmapped="quarantine")
    assert chunk.leftovers is not None
    assert chunk.leftovers.to_dicts() == [{"_line": 2, "shoe": "44"}]


def test_unmapped_key_that_looks_like_data_is_not_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"id":"1","name":"x","revenue":1,"created":null,"jan@example.nl":3}\n')
    assert read(path, format="jsonl").unmapped == {"(unnamed 1)": 1}


def test_cell_of_10_mb_is_read_whole(tmp_path: Path) -> None:
    big = b"x" * 10_000_000
    chunk = read(csv_file(tmp_path, HEADER + b"1," + big + b',,\n2,"' + big + b'\n",,\n3,y,,\n'))
    assert [len(n) for n in names(chunk)] == [10_000_000, 10_000_000, 1]
    assert chunk.frames["accounts"]["_line"].to_list() == [2, 3, 5]


def test_dutch_numbers_are_read_only_where_declared(tmp_path: Path) -> None:
    path = csv_file(tmp_path, b'id,name,revenue,created\n1,x,"1.234,56",\n2,y,"1234,5",\n')
    declared = read(path, decimal=",", thousands=".")
    assert [str(v) for v in declared.frames["accounts"]["revenue"]] == ["1234.5600", "1234.5000"]
    assert rules(read(path)) == [(2, "type", "revenue"), (3, "type", "revenue")]


def test_impossible_and_two_digit_dates_are_rejected(tmp_path: Path) -> None:
    body = b"1,a,,2024-02-30\n2,b,,24-01-02\n3,c,,02-01-2024\n4,d,,2024-01-02\n5,e,,2024-13-01\n"
    chunk = read(csv_file(tmp_path, HEADER + body))
    assert names(chunk) == ["d"]
    assert rules(chunk) == [(n, "type", "created_at") for n in (2, 3, 4, 6)]
    assert chunk.candidates == {"accounts": 5}
    assert chunk.rejects[0].row == {
        "id": "1",
        "name": "a",
        "revenue": None,
        "created": "2024-02-30",
    }


def test_two_digit_years_are_read_where_a_format_says_so(tmp_path: Path) -> None:
    columns = {**COLUMNS, "created_at": {"from": "created", "formats": "%d-%m-%y"}}
    path = csv_file(tmp_path, HEADER + b"1,a,,02-01-24\n")
    chunk = read(path, entities={"accounts": {"columns": columns}})
    assert chunk.frames["accounts"]["created_at"].dt.year().to_list() == [2024]


def test_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEADER + b"1,x,,\n2,y,,\n")
    mapping = source()
    chunks = canonical_chunks(path, mapping.files[0], mapping, 1)
    next(chunks)
    with path.open("ab") as stream:
        stream.write(b"3,z,,\n")
    with pytest.raises(InputError) as caught:
        list(chunks)
    assert caught.value.code == "file_changed"


def test_file_that_is_replaced_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEADER + b"1,x,,\n2,y,,\n")
    mapping = source()
    chunks = canonical_chunks(path, mapping.files[0], mapping, 1)
    next(chunks)
    other = tmp_path / "other"
    other.write_bytes(path.read_bytes())
    os.utime(other, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    other.replace(path)
    with pytest.raises(InputError) as caught:
        list(chunks)
    assert caught.value.code == "file_changed"


def test_fingerprint_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = csv_file(tmp_path, b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert file_fingerprint(path) == expected


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "excel"])
def test_folder_instead_of_a_file_is_refused(tmp_path: Path, form: str) -> None:
    folder = tmp_path / "accounts.csv"
    folder.mkdir()
    assert refused(folder, format=form).code == "not_a_file"


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet", "excel"])
def test_missing_file_is_refused(tmp_path: Path, form: str) -> None:
    assert refused(tmp_path / "gone.csv", format=form).code == "file_missing"


def test_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Permissions do not stop root, so the refusal of the system is played.
    path = csv_file(tmp_path, HEADER)

    real = Path.open

    def denied(self: Path, *arguments: Any, **options: Any) -> Any:
        if self == path:
            raise PermissionError(13, "Permission denied", str(path))
        return real(self, *arguments, **options)

    monkeypatch.setattr(Path, "open", denied)
    assert refused(path).code == "file_unreadable"


def test_lines_of_old_macs_are_refused(tmp_path: Path) -> None:
    path = csv_file(tmp_path, HEADER.replace(b"\n", b"\r") + b"1,x,,\r2,y,,\r")
    assert refused(path).code == "line_ends"


@pytest.mark.parametrize("keep", [0.2, 0.6, 0.99])
def test_truncated_parquet_is_refused(tmp_path: Path, keep: float) -> None:
    path = tmp_path / "a.parquet"
    frame = pl.DataFrame({"id": ["1"] * 500, "name": ["x"] * 500, "revenue": [1.5] * 500})
    frame.with_columns(created=pl.lit(None, pl.String)).write_parquet(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * keep)])
    assert refused(path, format="parquet").code == "damaged_file"


def test_parquet_with_a_damaged_page_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    frame = pl.DataFrame({"id": [str(n) for n in range(5000)], "name": ["x"] * 5000})
    frame = frame.with_columns(revenue=pl.lit(1.5), created=pl.lit(None, pl.String))
    frame.write_parquet(path, compression="zstd")
    content = bytearray(path.read_bytes())
    content[40:200] = b"\xff" * 160
    path.write_bytes(bytes(content))
    assert refused(path, format="parquet").code == "damaged_file"


def workbook(path: Path, rows: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    book.save(path)
    return path


def test_zip_bomb_posing_as_excel_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as container:
        container.writestr("xl/worksheets/sheet1.xml", b"\0" * 64_000_000)
    assert path.stat().st_size < 100_000
    assert refused(path, format="excel").code == "zip_bomb"


def test_zip_that_claims_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path / "a.xlsx", [["id"], ["1"]])
    monkeypatch.setattr(excel_reader, "MAXIMUM_UNPACKED_BYTES", 100)
    assert refused(path, format="excel").code == "zip_bomb"


@pytest.mark.parametrize("content", [b"not a zip at all", b"PK\x03\x04 broken"])
def test_other_file_posing_as_excel_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(content)
    assert refused(path, format="excel").code == "damaged_file"


def test_truncated_excel_is_refused(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx", [["id", "name", "revenue", "created"], ["1", "x", 1, None]]
    )
    path.write_bytes(path.read_bytes()[:-200])
    assert refused(path, format="excel").code == "damaged_file"


def test_excel_whose_sheet_is_no_xml_is_refused(tmp_path: Path) -> None:
    good = workbook(
        tmp_path / "good.xlsx", [["id", "name", "revenue", "created"], ["1", "x", 1, None]]
    )
    content = io.BytesIO()
    with zipfile.ZipFile(good) as old, zipfile.ZipFile(content, "w") as new:
        for member in old.namelist():
            body = old.read(member)
            new.writestr(member, body[: len(body) // 2] if "sheet1" in member else body)
    path = tmp_path / "bad.xlsx"
    path.write_bytes(content.getvalue())
    assert refused(path, format="excel").code == "damaged_file"


def test_excel_with_entities_that_grow_is_refused(tmp_path: Path) -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'
    for encoding in ("utf-8", "utf-16"):
        path = tmp_path / f"{encoding}.xlsx"
        with zipfile.ZipFile(path, "w") as container:
            container.writestr("xl/worksheets/sheet1.xml", bomb.decode().encode(encoding))
        assert refused(path, format="excel").code == "damaged_file"


def test_disk_that_fails_while_a_file_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any) -> bytes:
        raise OSError(5, "Input/output error", "secret")

    monkeypatch.setattr("pipelines.landing.csv_reader.utf8_blocks", lambda *_: iter(failing, 0))
    error = refused(csv_file(tmp_path, HEADER))
    assert error.code == "file_unreadable"
    assert "secret" not in error.sentence


def test_json_lines_that_are_broken_are_rejected(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    good = '{"id":"1","name":"x","revenue":"2","created":null}'
    path.write_text(f'{good}\n{{"id":\n[1]\n\n{{"id":"4","name":"a\\u0000b"}}\n{good}')
    chunk = read(path, format="jsonl")
    assert names(chunk) == ["x", "x"]
    assert rules(chunk) == [
        (2, "bad_json", None),
        (3, "not_an_object", None),
        (5, "nul_byte", None),
    ]
    assert chunk.rows_read == 5


def test_json_lines_in_another_encoding_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"id":"1"}\n{"id":"caf\xe9"}\n')
    error = refused(path, format="jsonl")
    assert (error.code, error.where["line"]) == ("wrong_encoding", 2)
