"""Owners of rows that name no person: those of the ticket, the deal or the order they hang on.

Every sealed record has one owner: its subject, else its account, else itself. A ticket's replies
are about the ticket's customer, though they do not repeat who that is.
"""

from __future__ import annotations

import polars as pl
import sqlalchemy as sa

from pipelines.batches.context import Batch
from pipelines.common.entities import Entity, load_entities
from pipelines.vault import schema
from pipelines.vault.subjects import Subject, load_exact


def owners_by_parent(
    batch: Batch, entity: Entity, frame: pl.DataFrame, missing: list[int]
) -> dict[int, Subject]:
    """The owner of rows through what they refer to.

    Args:
        batch: The batch under way; parents may be in the warehouse or in this batch.
        entity: Whose rows they are.
        frame: Canonical rows.
        missing: Places in the frame of the rows without an owner.

    Returns:
        Owners by place; rows whose parent is unknown or has none are absent.
    """
    found: dict[int, str] = {}
    for column, target in entity.references.items():
        todo = [i for i in missing if i not in found]
        if not todo or entity.key == (column,) or not _has_person(batch, target):
            continue
        namespace = batch.namespace(entity.name, column)
        parents = frame[column].gather(todo)
        keys = _parent_keys(batch, target, namespace, parents)
        for place, parent in zip(todo, parents, strict=True):
            key = keys.get(f"{namespace}/{parent}") if parent is not None else None
            if key:
                found[place] = key
    subjects = _subjects_by_key(batch.connection, set(found.values()))
    return {place: subjects[key] for place, key in found.items() if key in subjects}


def parent_identifiers(batch: Batch, entity: Entity, frame: pl.DataFrame) -> list[tuple[str, ...]]:
    """Per row the records it hangs on, as ``<entity>|<namespace>|<id>``, whether known or not."""
    columns = [
        (target, batch.namespace(entity.name, column), frame[column].to_list())
        for column, target in entity.references.items()
        if entity.key != (column,) and target in ("tickets", "deals", "orders", "interactions")
    ]
    return [
        tuple(f"{t}|{n}|{values[i]}" for t, n, values in columns if values[i] is not None)
        for i in range(frame.height)
    ]


def _has_person(batch: Batch, target: str) -> bool:
    if target not in load_entities() or target in ("contacts", "accounts", "users"):
        return False
    names = {r.warehouse_column for r in batch.policy.entities[target].columns.values()}
    return "customer_key" in names


def _parent_keys(batch: Batch, target: str, namespace: str, parents: pl.Series) -> dict[str, str]:
    wanted = pl.DataFrame(
        {"record_key": [f"{namespace}/{p}" for p in parents.drop_nulls().unique()]},
        schema={"record_key": pl.String},
    )
    names = {r.warehouse_column for r in batch.policy.entities[target].columns.values()}
    account = "account_key" if "account_key" in names else "null"
    batch.duckdb.register("wanted", wanted.to_arrow())
    rows = batch.duckdb.execute(
        f"select record_key, coalesce(customer_key, {account}) from warehouse.pseudo.{target} "
        "semi join wanted using (record_key)"
    ).fetchall()
    batch.duckdb.unregister("wanted")
    return {record_key: owner for record_key, owner in rows if owner}


def _subjects_by_key(connection: sa.Connection, keys: set[str]) -> dict[str, Subject]:
    table = schema.subjects
    wanted = sorted(keys)
    ids: set[int] = set()
    for start in range(0, len(wanted), 500):
        ids.update(
            connection.scalars(
                sa.select(table.c.subject_id).where(
                    table.c.subject_key.in_(wanted[start : start + 500])
                )
            )
        )
    return {s.subject_key: s for s in load_exact(connection, ids).values()}
