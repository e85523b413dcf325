"""``klantkluis detect``: JSON lines in, JSON lines out, in batches, as they come.

Privacy: texts in, places out. Errors name the line, never what stands in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO, NamedTuple

import orjson

from pii_rules.recognizers.registry import LANGUAGES
from pipelines.common.errors import InputError
from pipelines.privacy.detector import Detector

_BATCH_LINES = 2_000
_BATCH_BYTES = 4_000_000
LONGEST_LINE = 64_000_000
"""Bytes of one line; a file without line ends would otherwise be read into memory whole."""


class _Line(NamedTuple):
    id: Any
    text: str
    language: str | None


def detect_lines(
    input: Iterable[bytes],  # noqa: A002 - the contract's name
    detector: Detector,
    language: str | None = None,
    batch_lines: int = _BATCH_LINES,
) -> Iterator[bytes]:
    """One line ``{"id","spans":[{"start","end","type","score"}]}`` for each line read, in order.

    Empty lines are passed over. Memory is bounded by a batch, whatever the number of lines.

    Args:
        input: Lines ``{"id","text","lang"?}`` in UTF-8.
        detector: What finds.
        language: For lines without ``lang``; None guesses.
        batch_lines: Lines held at once; several processes want more than one.

    Raises:
        InputError: For a line that cannot be read, with its number; what came before is out.
    """
    numbered = enumerate(input, 1)
    while batch := list(_batch(numbered, batch_lines)):
        lines: list[_Line] = []
        failure: InputError | None = None
        for number, raw in batch:
            if not raw.strip():
                continue
            try:
                lines.append(_read(number, raw, language))
            except InputError as error:
                failure = error
                break
        found = detector.detect([line.text for line in lines], [line.language for line in lines])
        for line, spans in zip(lines, found, strict=True):
            yield orjson.dumps(
                {"id": line.id, "spans": [span._asdict() for span in spans]},
                option=orjson.OPT_APPEND_NEWLINE,
            )
        if failure is not None:
            raise failure from None


def lines_of(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a stream, none held longer than it is worked on.

    Raises:
        InputError: For a line of more than ``LONGEST_LINE`` bytes.
    """
    number = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise _wrong(number, "is longer than 64 MB", "line_too_long")
        yield line


def _batch(numbered: Iterator[tuple[int, bytes]], batch_lines: int) -> Iterator[tuple[int, bytes]]:
    size = 0
    for number, raw in islice(numbered, batch_lines):
        yield number, raw
        size += len(raw)
        if size > _BATCH_BYTES:
            return


def _read(number: int, raw: bytes, language: str | None) -> _Line:
    if number == 1 and raw.startswith(b"\xef\xbb\xbf"):
        raw = raw[3:]
    body = _parsed(number, raw)
    if not isinstance(body, dict) or "id" not in body:
        raise _wrong(number, "has no id", "line_without_id")
    if not isinstance(body.get("text"), str):
        raise _wrong(number, "has no text", "line_without_text")
    own = body.get("lang")
    if own is not None and own not in LANGUAGES:
        raise _wrong(number, "has an unknown lang", "line_language_unknown")
    return _Line(_written(number, body["id"]), body["text"], own or language)


def _parsed(number: int, raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        if b"\\u" not in raw:
            raise _wrong(number, "is no JSON", "line_not_json") from None
    try:  # half of a surrogate pair, which strict JSON refuses and cut-off emoji leave behind
        return json.loads(raw)
    except (ValueError, RecursionError):
        raise _wrong(number, "is no JSON", "line_not_json") from None


def _written(number: int, identifier: Any) -> Any:
    """The id as it goes out again; one that no UTF-8 can hold is a fault of the line."""
    try:
        orjson.dumps(identifier)
    except (TypeError, ValueError):
        raise _wrong(number, "has an id that cannot be written", "line_id_unwritable") from None
    return identifier


def _wrong(number: int, what: str, code: str) -> InputError:
    return InputError(
        f"a line {what}",
        code=code,
        where={"line": number},
        todo='give JSON lines {"id","text","lang"?} with lang nl or en',
    )
