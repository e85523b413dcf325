"""What texts of others say of a person, by the sample's truth; shares no code with what cuts.

Every place that the truth marks is read again after the erasure: the words that stood there may
stand in that text no more. Counts by class come out, never words.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines.common.settings import Home, Settings
from pipelines.vault.keyring import KeyRing
from tests.support.demo import Demo
from tests.support.sample_persons import Record, spans_of
from tests.support.stores import sqlite_tables

NOBODYS = {"CITY", "URL"}
"""A place or a web address is nobody by itself."""
HALF = "part of a name"
MISSPELT = "misspelt"
ANYBODYS = "half a name of ten or more"
MANY = 10


Place = tuple[Record, str]
"""A text: its record and column."""


class Mention(NamedTuple):
    """Words of the truth in one text; ``kind`` is their class. Privacy: identifiers of the sample."""

    record: Record
    column: str
    words: str
    kind: str


def opened_records(home: Home) -> Iterator[tuple[Record, int | None, dict[str, Any]]]:
    """Every sealed record that any key of the home still opens: record, subject_id, fields."""
    keyring = KeyRing.open(home, Settings(home=home.root))
    with sqlite3.connect(f"file:{home.data_keys}?mode=ro", uri=True) as keys_db:
        wrapped = dict(keys_db.execute("select key_id, wrapped from data_keys"))
    columns, rows = next(
        (c, r) for name, c, r in sqlite_tables(home.vault) if name == "sealed_records"
    )
    for row in (dict(zip(columns, r, strict=True)) for r in rows):
        if row["sealed"] is None or row["key_id"] not in wrapped:
            continue
        key = keyring.unwrap(wrapped[row["key_id"]], b"data key %d" % row["key_id"])
        aad = f"{row['entity']}|{row['source']}|".encode() + row["record_blind"]
        fields = json.loads(AESGCM(key).decrypt(row["sealed"][:12], row["sealed"][12:], aad))
        record = (row["source"], row["entity"], row["record_key"].rpartition("/")[2])
        yield record, row["subject_id"], fields


def mentions_of(demo: Demo, persons: Collection[str], subject_ids: Collection[int]) -> set[Mention]:
    """Places of the truth that name one of the persons, in texts that are not about any of them."""
    truth, names = spans_of(demo.sample), _names(demo)
    bearers = Counter(word for known in names.values() for word in set(" ".join(known).split()))
    found: set[Mention] = set()
    for record, subject_id, fields in opened_records(demo.home):
        if subject_id in subject_ids:
            continue
        for column, spans in truth.get(record, {}).items():
            text = fields.get(column)
            for span in spans if isinstance(text, str) else ():
                if span["person"] in persons and span["type"] not in NOBODYS:
                    words = text[span["start"] : span["end"]]
                    kind = _kind(span["type"], words, names.get(span["person"], set()))
                    if kind == HALF and min(bearers[w] for w in words.casefold().split()) >= MANY:
                        kind = ANYBODYS
                    found.add(Mention(record, column, words, kind))
    return found


def still_there(demo: Demo, mentions: Collection[Mention]) -> Counter[str]:
    """How many of the mentions are left, by class."""
    by_record: dict[Record, list[Mention]] = {}
    for mention in mentions:
        by_record.setdefault(mention.record, []).append(mention)
    left: Counter[str] = Counter()
    for record, _, fields in opened_records(demo.home):
        for mention in by_record.get(record, ()):
            text = fields.get(mention.column)
            if isinstance(text, str) and mention.words.casefold() in text.casefold():
                left[mention.kind] += 1
    return left


def words_of_others(demo: Demo, persons: Collection[str]) -> dict[Place, Counter[str]]:
    """What the truth marks in each text as anybody else's: words and how often, by text."""
    truth = spans_of(demo.sample)
    found: dict[Place, Counter[str]] = {}
    for record, _, fields in opened_records(demo.home):
        for column, spans in truth.get(record, {}).items():
            text = fields.get(column)
            if isinstance(text, str):
                words = [
                    text[s["start"] : s["end"]]
                    for s in spans
                    if s["person"] not in persons and s["type"] not in NOBODYS
                ]
                if words:
                    found[record, column] = Counter(words)
    return found


def wrongly_cut(demo: Demo, words: Mapping[Place, Counter[str]]) -> int:
    """How many of these words stand in their text no more, where the text is still there."""
    return sum(
        max(times - text.count(word), 0)
        for record, _, fields in opened_records(demo.home)
        for column, text in fields.items()
        if isinstance(text, str)
        for word, times in words.get((record, column), {}).items()
    )


def is_telling(kind: str) -> bool:
    """Whether mentions of a class say who is meant: a name that ten share does not."""
    return kind != ANYBODYS


def classes_of(mentions: Collection[Mention]) -> Counter[str]:
    """How many mentions there are, by class."""
    return Counter(mention.kind for mention in mentions)


def _kind(span_type: str, words: str, names: set[str]) -> str:
    if span_type != "PERSON":
        return span_type
    said, known = words.casefold(), {word for name in names for word in name.split()}
    if said in names:
        return "full name"
    return HALF if set(said.split()) <= known else "another spelling"


def _names(demo: Demo) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in demo.truth("identifiers"):
        if row["kind"] == "name" and row["origin"] == "column":
            found.setdefault(row["person_id"], set()).add(row["value"].casefold())
    return found
