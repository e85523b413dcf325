"""``detect``: personal data in text, JSON lines in and out.

Privacy: text in; offsets and types out, never the text itself, and nothing is kept.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from pipelines.cli.session import session_of
from pipelines.common.errors import InputError

LINES_AT_ONCE = 256


def detect(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(dir_okay=False, exists=True)] = None,
) -> None:
    """Find spans of personal data in the texts of a file or of standard input."""
    from pipelines.privacy.detector import make_detector

    session = session_of(context)
    detector = make_detector(session.settings.workers)
    with file.open("rb") if file else nullcontext(sys.stdin.buffer) as lines:
        texts = read_texts(lines, session.settings.lang)
        while chunk := list(islice(texts, LINES_AT_ONCE)):
            found = detector.detect([t["text"] for t in chunk], [t["lang"] for t in chunk])
            for text, spans in zip(chunk, found, strict=True):
                typer.echo(orjson.dumps(answer(text["id"], spans)).decode())


def read_texts(lines: Any, language: str) -> Iterator[dict[str, Any]]:
    """Texts of JSON lines, each with ``id``, ``text`` and ``lang``.

    Args:
        lines: Bytes by line.
        language: Of a text that names none.

    Raises:
        InputError: A line is not such an object; told by its number.
    """
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            row = None
        if not isinstance(row, dict) or not isinstance(row.get("text"), str) or "id" not in row:
            raise InputError(
                "a line is not a JSON object with id and text",
                code="not_a_text",
                where={"line": number},
                todo='write {"id": 1, "text": "…", "lang": "nl"}',
            ) from None
        yield {"lang": language, **row}


def answer(identifier: object, spans: Any) -> dict[str, Any]:
    """One line of output; offsets in Unicode code points, half-open."""
    return {
        "id": identifier,
        "spans": [
            {"start": s.start, "end": s.end, "type": s.type, "score": round(s.score, 3)}
            for s in spans
        ],
    }
