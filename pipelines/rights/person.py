"""One person in the vault: who they are under all their pseudonyms, and their sealed records opened.

Whoever opens records writes the audit entry first; the functions here only read.

Privacy: sealed records in, any class out.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.common.errors import InputError
from pipelines.vault import schema
from pipelines.vault.records import SealedRecord
from pipelines.vault.sealing import unseal
from pipelines.vault.subjects import Pair, identifiers_of, members

if TYPE_CHECKING:
    from pipelines.vault.store import Vault


class Person(NamedTuple):
    """A survivor with everybody merged into it; ``subject_keys`` has the survivor's first."""

    subject_ids: tuple[int, ...]
    subject_keys: tuple[str, ...]
    kind: str
    state: str
    key_id: int
    identifiers: frozenset[Pair]

    @property
    def subject_id(self) -> int:
        """The survivor's."""
        return self.subject_ids[0]


class OpenRecord(NamedTuple):
    """A record with what was sealed of it. Privacy: any class."""

    record: SealedRecord
    fields: dict[str, Any]

    def __repr__(self) -> str:
        return f"OpenRecord({self.record.entity} {self.record.record_id})"


def load_person(conn: Connection, subject_id: int) -> Person:
    """A person by any of their ids.

    Raises:
        InputError: There is no such person, or they are erased.
    """
    ids = members(conn, subject_id)
    t = schema.subjects
    rows = {r.subject_id: r for r in conn.execute(sa.select(t).where(t.c.subject_id.in_(ids)))}
    first = rows.get(ids[0])
    if first is None or first.state == "erased":
        raise InputError(
            "there is no such person, or they are erased", code="unknown_subject",
            todo="look them up again: klantkluis request find",
        )  # fmt: skip
    return Person(
        tuple(ids),
        tuple(rows[i].subject_key for i in ids),
        first.kind,
        first.state,
        first.key_id,
        frozenset(identifiers_of(conn, ids)),
    )


def person_by_key(conn: Connection, subject_key: str) -> Person:
    """A person by one of their pseudonyms, that of a merged subject too.

    Raises:
        InputError: Nobody has it, or they are erased.
    """
    t = schema.subjects
    subject_id = conn.scalar(sa.select(t.c.subject_id).where(t.c.subject_key == subject_key))
    return load_person(conn, -1 if subject_id is None else subject_id)


def open_records(vault: Vault, records: Iterable[SealedRecord]) -> list[OpenRecord]:
    """Records opened, in order; one whose key is destroyed is left out."""
    records = [r for r in records if r.sealed is not None]
    keys = vault.data_keys.get({r.key_id for r in records})
    return [
        OpenRecord(r, orjson.loads(unseal(keys[r.key_id], r.sealed or b"", r.aad)))
        for r in records
        if r.key_id in keys
    ]
