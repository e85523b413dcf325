"""JSON lines: one object a line; nested objects are reached as ``parent.child``.

Privacy: raw values in and out; errors carry lines only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import polars as pl

from pipelines.common.rejects import Reject
from pipelines.landing.csv_strict import MAXIMUM_RECORD_BYTES
from pipelines.landing.files import empty_file, input_error, opened
from pipelines.landing.mapping import FileMapping
from pipelines.landing.raw import RawChunk, place_schema
from pipelines.landing.rebatch import rebatched
from pipelines.landing.text_blocks import utf8_blocks, wrong_encoding

_BLOCK_BYTES = 8 * 1024 * 1024
_MAXIMUM_COLUMNS = 2_000
_EXACT_INTEGERS = 2**53
_RESERVED = frozenset(("_line", "_row", "_position"))
_TEXTS = frozenset((str, type(None)))
_PLAIN = _TEXTS | {int}


def read_jsonl(path: Path, file: FileMapping, chunk_rows: int) -> Iterator[RawChunk]:
    """Rows of a file of JSON objects; columns are the keys seen so far.

    Rejects: ``bad_json``, ``not_an_object``, ``nul_byte`` (an escaped NUL in a value). A blank
    line is no row.

    Raises:
        InputError: ``empty_file``, ``wrong_encoding``, ``line_too_long``, ``too_many_columns``.
    """
    with opened(path) as stream:
        blocks = utf8_blocks(path, stream, file.encoding, _BLOCK_BYTES)
        yield from rebatched(_chunks(path, file, blocks), chunk_rows)


def _chunks(path: Path, file: FileMapping, blocks: Iterator[bytes]) -> Iterator[RawChunk]:
    columns: dict[str, None] = {}
    line = row = 0
    rest = b""
    for block in _with_end(blocks):
        text = rest + block
        end = text.rfind(b"\n") + 1 if block else len(text)
        rest = text[end:]
        if len(rest) > MAXIMUM_RECORD_BYTES:
            raise input_error(
                path, "a line is longer than 64 MB", "line_too_long",
                "check that the file has one object on each line", line=line + 1,
            )  # fmt: skip
        objects: list[dict[str, str | None]] = []
        places: list[tuple[int, int]] = []
        rejects: list[Reject] = []
        for raw in text[:end].splitlines() if b"\r" not in text else text[:end].split(b"\n"):
            line += 1
            raw = raw.strip()
            if not raw:
                continue
            row += 1
            found = _object(path, file, raw, line)
            if isinstance(found, Reject):
                rejects.append(found)
                continue
            if not found.keys() <= columns.keys():
                columns |= dict.fromkeys(k for k in found if k not in _RESERVED)
            objects.append(found)
            places.append((line, row))
        if len(columns) > _MAXIMUM_COLUMNS:
            raise input_error(
                path, f"the objects have more than {_MAXIMUM_COLUMNS} different keys",
                "too_many_columns", "keys may be data: ask the source for fixed keys",
            )  # fmt: skip
        if row or not block:
            yield _chunk(columns, objects, places, rejects)
    if not row:
        raise empty_file(path)


def _with_end(blocks: Iterator[bytes]) -> Iterator[bytes]:
    yield from blocks
    yield b""


def _chunk(
    columns: dict[str, None],
    objects: list[dict[str, str | None]],
    places: list[tuple[int, int]],
    rejects: list[Reject],
) -> RawChunk:
    data: dict[str, list[Any]] = {c: [o.get(c) for o in objects] for c in columns}
    data["_line"] = [line for line, _ in places]
    data["_row"] = [row for _, row in places]
    rows = pl.DataFrame(data, schema=place_schema(list(columns)))
    return RawChunk(rows, rejects, len(objects) + len(rejects))


def _object(path: Path, file: FileMapping, raw: bytes, line: int) -> dict[str, str | None] | Reject:
    """Cells of one line by column, or why it has none; keys of ours are left to the caller."""
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError:
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise wrong_encoding(path, file.encoding, line) from None
        rule = "nul_byte" if b"\0" in raw else "bad_json"
        return Reject(line, None, rule, None, {"_text": text})
    if type(found) is dict and b"\\u0000" not in raw:
        # most objects hold texts and whole numbers; a NUL can only stand there as an escape
        kinds = set(map(type, found.values()))
        if kinds <= _TEXTS:
            return found
        if kinds <= _PLAIN:
            return {k: str(v) if type(v) is int else v for k, v in found.items()}
    if isinstance(found, dict) and any(
        isinstance(v, float) and abs(v) >= _EXACT_INTEGERS for v in found.values()
    ):
        # orjson makes a float of an integer beyond 64 bits, and such a key would lose digits.
        found = json.loads(raw)
    if not isinstance(found, dict):
        return Reject(line, None, "not_an_object", None, {"_text": raw.decode("utf-8")})
    cells: dict[str, str | None] = {}
    _flatten(found, "", cells, file.source_columns, file.decimal)
    if any(c is not None and "\0" in c for c in cells.values()):
        return Reject(line, None, "nul_byte", None, {"_text": raw.decode("utf-8")})
    return cells


def _flatten(
    found: dict[str, Any], prefix: str, cells: dict[str, str | None], used: frozenset[str],
    decimal: str,
) -> None:  # fmt: skip
    """Cells of an object as text; objects are opened only where the mapping looks into them."""
    for key, value in found.items():
        name = prefix + key
        if isinstance(value, dict) and any(u.startswith(name + ".") for u in used):
            _flatten(value, name + ".", cells, used, decimal)
        else:
            cells[name] = as_text(value, decimal)


def as_text(value: Any, decimal: str = ".") -> str | None:
    """A typed value as a file of text would have it; numbers with the mapping's decimal sign."""
    if value is None:
        return None
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        number = int(value) if value.is_integer() and abs(value) < 1e15 else value
        return repr(number).replace(".", decimal)
    if isinstance(value, dict | list):
        try:
            return orjson.dumps(value).decode()
        except TypeError:  # an integer beyond 64 bits lies within
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)
