"""Looks for erased persons in every store and file of a home; shares no code with what erases.

By value, by pseudonym and by key. The blind entries of suppression list, ledger, audit chain and
request file are no traces. Says where and how often, never what.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pipelines.common.settings import Home, Settings
from pipelines.vault.keyring import KeyRing
from tests.support.stores import duckdb_relations, sqlite_tables, stores_of

ENCRYPTED = {".duckdb", ".key"}
BLIND_TABLES = {"suppressions", "audit_entries", "audit_payloads"}


class Wanted(NamedTuple):
    """What an erased person was known by."""

    values: tuple[str, ...]
    subject_keys: tuple[str, ...] = ()
    key_ids: tuple[int, ...] = ()


def wanted_of(home: Home, subject_id: int, values: Iterable[str]) -> Wanted:
    """What a person is known by before the erasure, everybody merged into them with it."""
    tables = {name: (columns, rows) for name, columns, rows in sqlite_tables(home.vault)}
    columns, rows = tables["subjects"]
    at = {c: i for i, c in enumerate(columns)}
    mine = [r for r in rows if subject_id in (r[at["subject_id"]], r[at["merged_into"]])]
    return Wanted(
        tuple(v.lower() for v in values),
        tuple(r[at["subject_key"]] for r in mine),
        tuple(r[at["key_id"]] for r in mine),
    )


def traces(home: Home, persons: Iterable[Wanted]) -> Counter[str]:
    """Places where one of the persons is still to be found, with how often."""
    persons = list(persons)
    values = {v for p in persons for v in (*p.values, *p.subject_keys)}
    keys = {k for p in persons for k in p.key_ids}
    found: Counter[str] = Counter()
    for path in (home.vault, home.data_keys):
        for table, columns, rows in sqlite_tables(path):
            if table not in BLIND_TABLES:
                found.update(_in_rows(f"{path.name}:{table}", columns, rows, values, keys))
    for path, key in stores_of(home):
        for table, columns, rows in duckdb_relations(path, key, home.spill):
            found.update(_in_rows(f"{path.name}:{table}", columns, rows, values, set()))
    found.update(_in_files(home, values))
    found.update(_in_sealed(home, values))
    return found


def others(home: Home, persons: Iterable[Wanted]) -> dict[str, Counter[str]]:
    """Rows of ``pseudo`` that bear none of the persons and hang on no ticket of theirs."""
    keys = {k for p in persons for k in p.subject_keys}
    path, key = stores_of(home)[0]
    relations = {
        table: (columns, rows)
        for table, columns, rows in duckdb_relations(path, key, home.spill)
        if table.startswith("pseudo.")
    }
    columns, tickets = relations["pseudo.tickets"]
    place = columns.index("record_key")
    theirs = keys | {row[place] for row in tickets if not keys.isdisjoint(map(str, row))}
    return {
        table: Counter(repr(row) for row in rows if theirs.isdisjoint(map(str, row)))
        for table, (_, rows) in relations.items()
    }


def _in_rows(
    place: str, columns: list[str], rows: list[tuple[Any, ...]], values: set[str], keys: set[int]
) -> Counter[str]:
    key_columns = {i for i, c in enumerate(columns) if c == "key_id"}
    count = sum(
        any(
            (i in key_columns and cell in keys) or (isinstance(cell, str) and _holds(cell, values))
            for i, cell in enumerate(row)
        )
        for row in rows
    )
    return Counter({place: count}) if count else Counter()


def _holds(text: str, values: set[str]) -> bool:
    lowered = text.lower()
    return lowered in values or any(v in lowered for v in values)


def _in_files(home: Home, values: set[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for path in home.root.rglob("*"):
        relative = path.relative_to(home.root)
        if not path.is_file() or path.suffix in ENCRYPTED or relative.parts[0] == "inbox":
            continue
        content = path.read_bytes().lower()
        if any(v.encode() in content for v in values):
            found[f"file:{relative.parts[0]}/{path.suffix}"] += 1
    return found


def _in_sealed(home: Home, values: set[str]) -> Counter[str]:
    """Everything that can still be opened with all keys, but what the law keeps."""
    keyring = KeyRing.open(home, Settings(home=home.root))
    with sqlite3.connect(f"file:{home.data_keys}?mode=ro", uri=True) as keys_db:
        wrapped = dict(keys_db.execute("select key_id, wrapped from data_keys"))
    found: Counter[str] = Counter()
    tables = {name: (columns, rows) for name, columns, rows in sqlite_tables(home.vault)}
    columns, rows = tables["sealed_records"]
    at = {c: i for i, c in enumerate(columns)}
    for row in rows:
        sealed, key_id = row[at["sealed"]], row[at["key_id"]]
        if sealed is None or key_id not in wrapped:
            continue
        key = keyring.unwrap(wrapped[key_id], b"data key %d" % key_id)
        aad = f"{row[at['entity']]}|{row[at['source']]}|".encode() + row[at["record_blind"]]
        text = json.dumps(json.loads(AESGCM(key).decrypt(sealed[:12], sealed[12:], aad)))
        if _holds(text, values):
            found[f"sealed:{row[at['entity']]}"] += 1
    return found
