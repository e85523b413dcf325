"""What the columns of each source held last, in counts, and where that changed.

Privacy: names of columns and kinds, counts; no value.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection

from pipelines.vault import schema

Profile = tuple[int, dict[str, int]]
ALL_VALUES: Final = "*"
"""The row that says how many values were filled."""


def load_profiles(conn: Connection, source: str, pattern: str) -> dict[tuple[str, str], Profile]:
    """The newest profile of each (entity, column) of the files of a source."""
    t = schema.column_profiles
    rows = conn.execute(
        sa.select(t.c.entity, t.c.column_name, t.c.kind, t.c.value_count, t.c.filled_count).where(
            t.c.source == source, t.c.file_pattern == pattern
        )
    )
    filled: dict[tuple[str, str], int] = {}
    kinds: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for entity, column, kind, count, of in rows:
        filled[entity, column] = of
        if kind != ALL_VALUES:
            kinds[entity, column][kind] = count
    return {key: (of, kinds.get(key, {})) for key, of in filled.items()}


def save_profiles(
    conn: Connection, source: str, pattern: str, profiles: Mapping[tuple[str, str], Profile]
) -> None:
    """Put newer profiles in the place of those that are there."""
    t = schema.column_profiles
    for (entity, column), (filled, kinds) in sorted(profiles.items()):
        where = {"source": source, "file_pattern": pattern, "entity": entity, "column_name": column}
        conn.execute(sa.delete(t).where(*(t.c[name] == value for name, value in where.items())))
        conn.execute(
            sa.insert(t),
            [
                where | {"kind": kind, "value_count": count, "filled_count": filled}
                for kind, count in {ALL_VALUES: filled, **kinds}.items()
            ],
        )


def save_changes(
    conn: Connection, batch_id: int, changes: Iterable[tuple[str, str, str, int, int]]
) -> None:
    """Note (entity, column, kind, values of it, values filled) that a batch brought anew."""
    names = ("entity", "column_name", "kind", "value_count", "filled_count")
    rows = [dict(zip(names, change, strict=True)) | {"batch_id": batch_id} for change in changes]
    if rows:
        conn.execute(sa.insert(schema.column_changes), rows)


def column_changes(conn: Connection, limit: int = 20) -> list[dict[str, Any]]:
    """The newest changes: batch, source, entity, column, kind, and its share of the values."""
    c, b = schema.column_changes, schema.batches
    rows = conn.execute(
        sa.select(
            c.c.batch_id, b.c.source, c.c.entity, c.c.column_name, c.c.kind, c.c.value_count,
            c.c.filled_count,
        )
        .join(b, b.c.batch_id == c.c.batch_id)
        .order_by(c.c.batch_id.desc(), c.c.entity, c.c.column_name, c.c.kind)
        .limit(limit)
    )  # fmt: skip
    return [
        {
            "batch": row.batch_id,
            "source": row.source,
            "entity": row.entity,
            "column_name": row.column_name,
            "kind": row.kind,
            "share": round(row.value_count / row.filled_count, 3),
        }
        for row in rows
    ]
