"""Takes persons out of schema ``pseudo``; what dbt derives follows with the next build.

Deleted rows leave their bytes in the file until :mod:`pipelines.warehouse.compaction` rewrites it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import polars as pl

from pii_rules.models import Policy
from pipelines.common.entities import load_entities
from pipelines.common.policy import warehouse_columns
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
    """
    keys = list(subject_keys)
    touched: dict[str, int] = {}
    connection.execute("begin")
    for entity in load_entities().values():
        table = f"warehouse.pseudo.{entity.name}"
        tokens = [
            c.name for c in warehouse_columns(entity, policy) if c.name.endswith(("_key",))
            and c.name != "record_key"
        ]  # fmt: skip
        own_key = policy.entities[entity.name].columns[entity.key[0]].warehouse_column
        count = 0
        for column in tokens:
            is_own = column == own_key
            is_deleted = actions.get(entity.name, "delete") == "delete"
            if is_own or (column == "customer_key" and is_deleted):
                sql = f"delete from {table} where {column} in (select unnest(?))"
            else:
                sql = f"update {table} set {column} = null where {column} in (select unnest(?))"
            count += _count(connection, sql, keys)
        rows = record_keys.get(entity.name, ())
        if rows:
            doomed = pl.DataFrame(list(rows), schema=["source", "record_key"], orient="row")
            connection.register("doomed", doomed.to_arrow())
            count += _count(
                connection,
                f"delete from {table} where (source, record_key) in "
                "(select (source, record_key) from doomed)",
            )
            connection.unregister("doomed")
        touched[entity.name] = count
    touched["subjects"] = _count(
        connection,
        "delete from warehouse.pseudo.subjects where subject_key in (select unnest(?))",
        keys,
    )
    for column in ("subject_key", "survivor_key"):
        connection.execute(
            f"delete from warehouse.pseudo.subject_links where {column} in (select unnest(?))",
            [keys],
        )
    forget_undo(connection)
    connection.execute("commit")
    return touched


def _count(connection: duckdb.DuckDBPyConnection, sql: str, keys: list[str] | None = None) -> int:
    row = connection.execute(sql, [keys] if keys is not None else []).fetchone()
    return int(row[0]) if row else 0
