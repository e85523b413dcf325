"""Takes persons out of schema ``pseudo``; what dbt derives follows with the next build.

Deleted rows leave their bytes in the file until :mod:`pipelines.warehouse.compaction` rewrites it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import duckdb
import polars as pl

from pii_rules.models import Policy
from pipelines.common.entities import Entity, load_entities
from pipelines.common.policy import warehouse_columns
from pipelines.warehouse.erasure_proof import RelationProof, check, note, standing
from pipelines.warehouse.pseudo import forget_undo


def erase_facts(
    connection: duckdb.DuckDBPyConnection,
    policy: Policy,
    subject_keys: Sequence[str],
    actions: Mapping[str, str],
    record_keys: Mapping[str, Sequence[tuple[str, str]]],
) -> dict[str, int]:
    """Delete or unlink the rows of persons; calling it again changes nothing more.

    Args:
        connection: Warehouse, outside a transaction.
        policy: Which relations bear persons, and under which column.
        subject_keys: Pseudonyms of the persons.
        actions: Per entity ``delete`` its rows or ``unlink`` them: keep the facts, lose the person.
            The own row of an account or a user is no fact about somebody else and always goes.
        record_keys: Per entity rows that go whatever they bear: (source, record_key).

    Returns:
        Rows touched, per relation.

    Raises:
        CheckError: It would have touched somebody else; nothing is changed.
    """
    keys = list(subject_keys)
    proofs: list[RelationProof] = []
    connection.execute("begin")
    try:
        for entity in load_entities().values():
            rules = _Columns(
                tuple(person_columns(entity, policy)),
                policy.entities[entity.name].columns[entity.key[0]].warehouse_column,
                is_deleted=actions.get(entity.name, "delete") == "delete",
            )
            proofs.append(
                _erase_relation(
                    connection, f"pseudo.{entity.name}", rules, keys,
                    record_keys.get(entity.name, ()),
                )
            )  # fmt: skip
        own = _Columns(("subject_key",), "subject_key", is_deleted=True)
        proofs.append(_erase_relation(connection, "pseudo.subjects", own, keys, ()))
        forget_undo(connection)
        note(connection, proofs)
        connection.execute("commit")
    except BaseException:
        connection.execute("rollback")
        raise
    return {p.relation.partition(".")[2]: p.rows_deleted + p.rows_unlinked for p in proofs}


class _Columns(NamedTuple):
    """How a relation bears persons: columns, the one that is its own key, and what its rows suffer."""

    tokens: tuple[str, ...]
    own: str | None
    is_deleted: bool


def person_columns(entity: Entity, policy: Policy) -> list[str]:
    """Columns of ``pseudo.<entity>`` that hold pseudonyms of persons, accounts or users."""
    names = [c.name for c in warehouse_columns(entity, policy)]
    return [name for name in names if name.endswith("_key") and name != "record_key"]


def read_rows(
    connection: duckdb.DuckDBPyConnection,
    policy: Policy,
    subject_keys: Sequence[str],
    entity: Entity,
) -> Iterator[tuple[str, str, str, datetime | None, dict[str, Any]]]:
    """Rows of persons in an entity: source, record_key, customer_key, when, the other columns.

    Privacy: pseudonymous facts out, for sealing at once.
    """
    tokens = person_columns(entity, policy)
    if "customer_key" not in tokens:
        return
    times = [c.name for c in entity.columns.values() if c.type == "timestamp"]
    rows = connection.execute(
        f"select * from warehouse.pseudo.{entity.name} where customer_key in (select unnest(?))",
        [list(subject_keys)],
    ).pl()
    for row in rows.iter_rows(named=True):
        at = next((row[name] for name in times if row.get(name) is not None), None)
        left_out = {*tokens, "source", "record_key", "batch_id"}
        fields = {k: v for k, v in row.items() if k not in left_out and v is not None}
        yield row["source"], row["record_key"], row["customer_key"], at, fields


def _erase_relation(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    columns: _Columns,
    keys: list[str],
    records: Sequence[tuple[str, str]],
) -> RelationProof:
    table = f"warehouse.{relation}"
    key = "subject_key" if relation == "pseudo.subjects" else "source, record_key"
    bears = " or ".join(f"{c} in (select unnest(?))" for c in columns.tokens) or "false"
    goes = [
        c
        for c in columns.tokens
        if c == columns.own or (c == "customer_key" and columns.is_deleted)
    ]
    doomed = " or ".join(f"{c} in (select unnest(?))" for c in goes) or "false"
    named = "false"
    if records:
        frame = pl.DataFrame(list(records), schema=["source", "record_key"], orient="row")
        connection.register("doomed", frame.to_arrow())
        named = "(source, record_key) in (select (source, record_key) from doomed)"
    connection.execute(
        f"create or replace temp table touched as select {key}, ({doomed}) or {named} as goes "
        f"from {table} where {bears} or {named}",
        [keys] * (len(goes) + len(columns.tokens)),
    )
    if records:
        connection.unregister("doomed")
    if not _count(connection, "select count(*) from touched"):
        # nothing will change, so there is nothing to hold against what was; large tables thank it
        rows = _count(connection, f"select count(*) from {table}")
        return RelationProof(relation, rows, 0, 0, rows, 0)
    before = standing(connection, table, key)
    deleted = _count(
        connection,
        f"delete from {table} where ({key}) in (select ({key}) from touched where goes)",
    )
    unlinked = _count(connection, "select count(*) from touched where not goes")
    for column in columns.tokens:
        if column not in goes:
            _count(
                connection,
                f"update {table} set {column} = null where {column} in (select unnest(?))", keys,
            )  # fmt: skip
    after = standing(connection, table, key)
    left = _count(
        connection, f"select count(*) from {table} where {bears}", *[keys] * len(columns.tokens)
    )  # fmt: skip
    proof = RelationProof(relation, before.rows, deleted, unlinked, after.rows, left)
    check(proof, before, after)
    return proof


def _count(connection: duckdb.DuckDBPyConnection, sql: str, *values: list[str]) -> int:
    # a statement that changes rows answers with their number, as a count does
    row = connection.execute(sql, list(values)).fetchone()
    return int(row[0]) if row else 0
