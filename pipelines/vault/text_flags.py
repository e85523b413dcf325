"""Flags of special categories: counts per batch in the open, which record bears them sealed.

Privacy: names of categories and counts; that a person's record is flagged is sealed under the
record's own key, and reading it is an unsealing. Source: GDPR Art. 9(1), 10.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.vault import audit, schema
from pipelines.vault.records import record_aad
from pipelines.vault.sealing import seal, unseal

if TYPE_CHECKING:
    from pipelines.vault.store import Vault

FLAGS_PURPOSE = b"|flags"


class FlaggedRecord(NamedTuple):
    """A record whose texts may hold a special category, by its pseudonymous key."""

    source: str
    entity: str
    record_key: str
    cue_classes: tuple[str, ...]


def seal_flags(key: bytes, aad: bytes, flags: Iterable[tuple[str, str]]) -> bytes:
    """The flags of one record, sealed under its key; ``aad`` is the record's own."""
    return seal(key, orjson.dumps([list(flag) for flag in sorted(flags)]), aad + FLAGS_PURPOSE)


def save_flag_counts(
    conn: Connection, batch_id: int, counts: Mapping[tuple[str, str, str, str], int]
) -> None:
    """Note how many texts of a batch were flagged: (entity, column, category, class) to texts."""
    names = ("entity", "column_name", "category", "cue_class")
    rows = [
        dict(zip(names, key, strict=True)) | {"batch_id": batch_id, "text_count": count}
        for key, count in sorted(counts.items())
    ]
    if rows:
        conn.execute(sa.insert(schema.batch_text_flags), rows)


def flag_counts(conn: Connection) -> list[dict[str, Any]]:
    """Texts flagged when they landed, per source, entity, column, category and class.

    A text that came again changed counts again; what was erased since is not taken off.
    """
    f, b = schema.batch_text_flags, schema.batches
    by = (b.c.source, f.c.entity, f.c.column_name, f.c.category, f.c.cue_class)
    query = (
        sa.select(*by, sa.func.sum(f.c.text_count).label("texts"))
        .join(b, b.c.batch_id == f.c.batch_id)
        .group_by(*by)
        .order_by(f.c.category, sa.desc("texts"), *by[:3])
    )
    return [dict(row) | {"texts": int(row["texts"])} for row in conn.execute(query).mappings()]


def flagged_records(
    conn: Connection, vault: Vault, category: str, *, actor: str
) -> list[FlaggedRecord]:
    """Records flagged with a category; flags are unsealed, which is one entry of the audit chain.

    Args:
        conn: In a writing transaction.
        vault: Whose.
        category: One of ``special_categories.yaml``.
        actor: Who asks, a role.
    """
    t = schema.sealed_records
    rows = conn.execute(
        sa.select(
            t.c.source, t.c.entity, t.c.record_key, t.c.record_blind, t.c.key_id, t.c.sealed_flags
        )
        .where(t.c.sealed_flags.is_not(None))
        .order_by(t.c.record_id)
    ).all()
    keys = vault.data_keys.get({row.key_id for row in rows})
    found: list[FlaggedRecord] = []
    for row in rows:
        if row.key_id not in keys:
            continue
        aad = record_aad(row.entity, row.source, row.record_blind) + FLAGS_PURPOSE
        flags = orjson.loads(unseal(keys[row.key_id], row.sealed_flags, aad))
        classes = tuple(cue_class for of, cue_class in flags if of == category)
        if classes:
            found.append(FlaggedRecord(row.source, row.entity, row.record_key, classes))
    audit.append(
        conn, vault, actor=actor, action="flags_unsealed", subject_count=len(rows),
        payload={"category": category},
    )  # fmt: skip
    return sorted(found)
