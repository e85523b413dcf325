"""Sealed records, and whom they mention.

A record is known by (entity, source, record_blind) and compared by its content MAC; nothing
is unsealed to see whether it changed. Privacy: sealed text and blind indexes only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import Connection

from pipelines.vault import schema
from pipelines.vault.bulk import allocate, execute_in, insert_rows, select_in
from pipelines.vault.subjects import Pair, by_kind

_COLUMNS = (
    "entity", "source", "record_blind", "record_key", "subject_id", "account_subject_id",
    "key_id", "content_mac", "sealed", "detector_version", "name_sketch", "sealed_flags",
)  # fmt: skip
_KEY = ("record_blind", "entity", "source")


class NewRecord(NamedTuple):
    """A sealed record to save."""

    entity: str
    source: str
    record_blind: bytes
    record_key: str
    subject_id: int | None
    account_subject_id: int | None
    key_id: int
    content_mac: bytes
    sealed: bytes | None
    detector_version: str | None
    name_sketch: bytes | None = None
    sealed_flags: bytes | None = None


class RecordState(NamedTuple):
    """What is known of a saved record, enough to see whether a row changed it."""

    record_id: int
    record_blind: bytes
    content_mac: bytes
    subject_id: int | None
    key_id: int


class SealedRecord(NamedTuple):
    """A saved record with its sealed text."""

    record_id: int
    entity: str
    source: str
    record_blind: bytes
    record_key: str
    subject_id: int | None
    account_subject_id: int | None
    key_id: int
    sealed: bytes | None

    @property
    def aad(self) -> bytes:
        """What the sealed text is bound to."""
        return record_aad(self.entity, self.source, self.record_blind)


_SEALED = f"SELECT {', '.join(SealedRecord._fields)} FROM sealed_records "


def record_aad(entity: str, source: str, record_blind: bytes) -> bytes:
    """What a record's sealed text is bound to, so that it fits no other record."""
    return f"{entity}|{source}|".encode() + record_blind


def find_records(
    conn: Connection, entity: str, source: str, blinds: Iterable[bytes]
) -> dict[bytes, RecordState]:
    """Records that exist, by blind."""
    sql = (
        "SELECT record_id, record_blind, content_mac, subject_id, key_id FROM sealed_records "
        "WHERE record_blind IN ({values}) AND entity = {mark} AND source = {mark}"
    )
    make = RecordState._make
    return {row[1]: make(row) for row in select_in(conn, sql, blinds, entity, source)}


def save_records(conn: Connection, batch_id: int, rows: Iterable[NewRecord]) -> list[int]:
    """Insert records; one that exists takes the new values and keeps its record_id.

    Returns:
        The record_ids in the order of the rows, of those that did not exist.
    """
    rows = list(rows)
    # in the order of the index on random blinds, so that each of its pages is met once
    order = sorted(range(len(rows)), key=[row[2] for row in rows].__getitem__)
    ids = allocate(conn, "records", len(rows))
    insert_rows(
        conn, schema.sealed_records, ("record_id", *_COLUMNS, "batch_id"),
        ((record_id, *rows[i], batch_id) for record_id, i in zip(ids, order, strict=True)),
        update_on=_KEY, keep=("record_id",),
    )  # fmt: skip
    given = [0] * len(rows)
    for record_id, i in zip(ids, order, strict=True):
        given[i] = record_id
    return given


def delete_records(conn: Connection, record_ids: Iterable[int]) -> int:
    """Delete records with their mentions and questions; returns how many records there were."""
    ids = list(record_ids)
    for table in ("mentions", "identity_queue"):
        execute_in(conn, f"DELETE FROM {table} WHERE record_id IN ({{values}})", ids)
    return execute_in(conn, "DELETE FROM sealed_records WHERE record_id IN ({values})", ids)


def records_of_subjects(conn: Connection, subject_ids: Iterable[int]) -> list[SealedRecord]:
    """Records that subjects own, as a person or as an account, ascending by record_id."""
    ids = list(subject_ids)
    found = {
        row[0]: SealedRecord(*row)
        for column in ("subject_id", "account_subject_id")
        for row in select_in(conn, f"{_SEALED} WHERE {column} IN ({{values}})", ids)
    }
    return [found[i] for i in sorted(found)]


def load_records(conn: Connection, record_ids: Iterable[int]) -> list[SealedRecord]:
    """Records by their ids, ascending; those that are gone are absent."""
    rows = select_in(conn, f"{_SEALED} WHERE record_id IN ({{values}})", sorted(set(record_ids)))
    return sorted((SealedRecord(*row) for row in rows), key=lambda r: r.record_id)


def records_of_subject(conn: Connection, subject_id: int) -> list[SealedRecord]:
    """Records that one subject owns."""
    return records_of_subjects(conn, [subject_id])


def records_mentioning(conn: Connection, pairs: Iterable[Pair]) -> list[SealedRecord]:
    """Records whose text mentions one of the identifiers, ascending by record_id."""
    sql = "SELECT record_id FROM mentions WHERE blind IN ({values}) AND kind = {mark}"
    ids = {
        i for kind, blinds in by_kind(pairs).items() for (i,) in select_in(conn, sql, blinds, kind)
    }
    return load_records(conn, ids)


def count_mentioning(conn: Connection, pair: Pair, most: int) -> int:
    """How many records mention an identifier, counted up to ``most``."""
    sql = "SELECT record_id FROM mentions WHERE blind IN ({values}) AND kind = {mark} LIMIT {mark}"
    return sum(1 for _ in select_in(conn, sql, [pair[1]], pair[0], most))


def mentions_of(conn: Connection, record_ids: Iterable[int]) -> dict[int, set[Pair]]:
    """The identifiers that records mention, by record."""
    sql = "SELECT record_id, kind, blind FROM mentions WHERE record_id IN ({values})"
    found: dict[int, set[Pair]] = {}
    for record_id, kind, blind in select_in(conn, sql, record_ids):
        found.setdefault(record_id, set()).add((kind, blind))
    return found


def add_mentions(
    conn: Connection, entity: str, source: str, by_record: Mapping[bytes, Iterable[Pair]]
) -> None:
    """Note whom saved records mention, by record_blind, in place of what was noted before."""
    sql = (
        "SELECT record_blind, record_id FROM sealed_records "
        "WHERE record_blind IN ({values}) AND entity = {mark} AND source = {mark}"
    )
    ids = dict(select_in(conn, sql, by_record, entity, source))
    replace_mentions(conn, {ids[b]: pairs for b, pairs in by_record.items() if b in ids})


def replace_mentions(conn: Connection, by_record: Mapping[int, Iterable[Pair]]) -> None:
    """Note whom records mention, by record_id, in place of what was noted before."""
    # most records are new: finding that out is cheaper than deleting nothing from two indexes
    sql = "SELECT DISTINCT record_id FROM mentions WHERE record_id IN ({values})"
    noted = [i for (i,) in select_in(conn, sql, by_record)]
    execute_in(conn, "DELETE FROM mentions WHERE record_id IN ({values})", noted)
    insert_rows(
        conn, schema.mentions, ("record_id", "kind", "blind"),
        ((i, kind, blind) for i, pairs in by_record.items() for kind, blind in pairs), ignore=True,
    )  # fmt: skip
