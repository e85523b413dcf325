"""Hand-written texts with their personal data marked in place.

A text says ``[PERSON:Jan de Vries] belde``. A mark with a question mark, ``[?EMAIL:info@...]``, is a
place where good readers may differ: finding it is no false alarm, missing it is no miss. What is
marked, and what is not, is told in ``docs/detection-annotation.md``.

Privacy: every person in these texts is invented.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field

Part = Literal["development", "development2", "development3", "test", "test2"]
Language = Literal["nl", "en"]
Channel = Literal["note", "email", "chat", "ticket", "webform", "survey", "complaint", "sales_note"]
Special = Literal[
    "health", "belief", "union", "ethnicity", "politics", "sexual_life", "genetic", "biometric",
    "criminal", "children",
]  # fmt: skip

_FIRST_TEXTS, _SECOND_TEXTS, _THIRD_TEXTS = 500, 800, 1000
TEXTS = Path(__file__).with_name("texts")
_MARK = re.compile(r"\[(\??)([A-Z_]+):([^\]]*)\]")


class Place(NamedTuple):
    """Personal data in a text: code points ``start`` up to ``end``, not included."""

    start: int
    end: int
    type: str


class Annotated(NamedTuple):
    """A text with its true places.

    ``optional`` places count neither way. ``special`` names the categories of GDPR Art. 9 and 10,
    and children, of which the text has a cue.
    """

    id: str
    language: str
    channel: str
    text: str
    places: tuple[Place, ...]
    optional: tuple[Place, ...] = ()
    special: tuple[str, ...] = ()


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)
    id: str = Field(pattern=r"^(nl|en)-\d{3,4}$")
    language: Language
    channel: Channel
    special: tuple[Special, ...] = ()
    text: str = Field(min_length=1)


def part_of(identifier: str) -> Part:
    """The part a text belongs to: by a hash of its number, so before anything is measured.

    Numbers above 500 are the second test part, written when the first had been measured often;
    those above 800 the second development part, those above 1000 the third.
    """
    if int(identifier[3:]) > _THIRD_TEXTS:
        return "development3"
    if int(identifier[3:]) > _SECOND_TEXTS:
        return "development2"
    if int(identifier[3:]) > _FIRST_TEXTS:
        return "test2"
    even = blake2b(f"detection split of {identifier}".encode()).digest()[0] % 2 == 0
    return "development" if even else "test"


def unmark(marked: str) -> tuple[str, tuple[Place, ...], tuple[Place, ...]]:
    """A text without its marks, its places, and its optional places."""
    pieces: list[str] = []
    places: tuple[list[Place], list[Place]] = ([], [])
    read = length = 0
    for match in _MARK.finditer(marked):
        before = marked[read : match.start()]
        start = length + len(before)
        length = start + len(match[3])
        places[bool(match[1])].append(Place(start, length, match[2]))
        pieces += [before, match[3]]
        read = match.end()
    pieces.append(marked[read:])
    return "".join(pieces), tuple(places[0]), tuple(places[1])


def read_annotated(part: Part, folder: Path = TEXTS) -> list[Annotated]:
    """The texts of one part, in the order of the file.

    Raises:
        pydantic.ValidationError: When an entry is not as the format says; tells fields only.
    """
    body = yaml.safe_load((folder / f"{part}.yaml").read_text(encoding="utf-8"))
    return [_annotated(_Entry.model_validate(row)) for row in body["texts"]]


def _annotated(entry: _Entry) -> Annotated:
    text, places, optional = unmark(entry.text)
    return Annotated(entry.id, entry.language, entry.channel, text, places, optional, entry.special)


def word_count(texts: Iterable[str]) -> int:
    """Words, parted by white space."""
    return sum(len(text.split()) for text in texts)


def by_language(texts: Sequence[Annotated]) -> dict[str, list[Annotated]]:
    """The texts of each language, Dutch first."""
    return {
        language: chosen
        for language in ("nl", "en")
        if (chosen := [text for text in texts if text.language == language])
    }
