"""The rows of one person in schema ``pseudo``, and what models derived about them.

Privacy: pseudonymous rows out, of one person only.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import duckdb

from pipelines.common.entities import Entity, load_entities
from pipelines.warehouse.connection import quote

OWN_COLUMN: Final = {"contact": "customer_key", "account": "account_key", "user": "user_key"}
_OF_STAFF: Final = frozenset({"users", "quotas", "tasks"})
"""What is about a member of staff; tickets and deals that they handled are about customers."""
_PARENTS: Final = frozenset({"orders", "deals", "tickets", "leads", "subscriptions"})

Row = dict[str, Any]


def rows_of_person(
    connection: duckdb.DuckDBPyConnection,
    subject_keys: Sequence[str],
    kind: str,
    sealed_keys: Mapping[str, Collection[tuple[str, str]]],
) -> dict[str, list[Row]]:
    """Every landed row of a person, by entity in landing order; entities without one are absent.

    A row is theirs when it bears one of their pseudonyms, when its sealed copy is theirs, or when
    it names nobody and hangs on an order, a deal or a ticket of theirs.

    Args:
        connection: The warehouse.
        subject_keys: The person's pseudonyms, those of merged subjects too.
        kind: ``contact``, ``account`` or ``user``.
        sealed_keys: (source, record_key) of their sealed records, by entity.
    """
    found: dict[str, list[Row]] = {}
    for entity in load_entities().values():
        if kind == "user" and entity.name not in _OF_STAFF:
            continue
        conditions, parameters = _conditions(
            connection, entity, kind, subject_keys, found, sealed_keys.get(entity.name, ())
        )
        if conditions:
            sql = f"select * from warehouse.pseudo.{quote(entity.name)} where {' or '.join(conditions)}"
            rows = _rows(connection, f"{sql} order by record_key, source", parameters)
            if rows:
                found[entity.name] = rows
    return found


def derived_of_person(
    connection: duckdb.DuckDBPyConnection, subject_keys: Sequence[str]
) -> dict[str, list[Row]]:
    """Rows of the marts that models worked out about a person, by table; facts are left out."""
    tables = connection.execute(
        "select table_name from duckdb_columns() where database_name = 'warehouse' "
        "and schema_name = 'marts' and column_name = 'customer_key' "
        "and not starts_with(table_name, 'fct_') order by table_name"
    ).fetchall()
    found = {
        name: _rows(
            connection,
            f"select * from warehouse.marts.{quote(name)} where customer_key in (select unnest(?))",
            [list(subject_keys)],
        )
        for (name,) in tables
    }
    return {name: rows for name, rows in found.items() if rows}


def names_of_campaigns(
    connection: duckdb.DuckDBPyConnection, campaign_ids: Collection[str]
) -> dict[str, str]:
    """Names of campaigns by id."""
    rows = connection.execute(
        "select record_key, any_value(name) from warehouse.pseudo.campaigns "
        "where record_key in (select unnest(?)) group by record_key",
        [sorted(campaign_ids)],
    ).fetchall()
    return dict(rows)


def companies_and_staff(
    connection: duckdb.DuckDBPyConnection, keys: Collection[str]
) -> dict[str, str]:
    """What a pseudonym of a company or of staff may be called: its name, its alias."""
    rows = connection.execute(
        "select account_key, any_value(name) from warehouse.pseudo.accounts "
        "where account_key in (select unnest(?)) and name is not null group by account_key "
        "union all select subject_key, staff_alias from warehouse.pseudo.subjects "
        "where subject_key in (select unnest(?)) and staff_alias is not null",
        [sorted(keys), sorted(keys)],
    ).fetchall()
    return dict(rows)


def _conditions(
    connection: duckdb.DuckDBPyConnection,
    entity: Entity,
    kind: str,
    subject_keys: Sequence[str],
    found: Mapping[str, list[Row]],
    sealed: Collection[tuple[str, str]],
) -> tuple[list[str], list[Any]]:
    columns = {
        name
        for (name,) in connection.execute(
            "select column_name from duckdb_columns() where database_name = 'warehouse' "
            "and schema_name = 'pseudo' and table_name = ?",
            [entity.name],
        ).fetchall()
    }
    own = OWN_COLUMN[kind]
    conditions: list[str] = []
    parameters: list[Any] = []
    if own in columns:
        conditions.append(f"{own} in (select unnest(?))")
        parameters.append(list(subject_keys))
    if sealed:
        conditions.append("record_key in (select unnest(?)) and source in (select unnest(?))")
        parameters += [[key for _, key in sealed], sorted({source for source, _ in sealed})]
    nobody = f"{own} is null and " if own in columns else ""
    for column, target in entity.references.items():
        parents = [row["record_key"] for row in found.get(target, ())]
        if target in _PARENTS and column in columns and entity.key != (column,) and parents:
            conditions.append(f"{nobody}{quote(column)} in (select unnest(?))")
            parameters.append(parents)
    return [f"({c})" for c in conditions], parameters


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any]) -> list[Row]:
    cursor = connection.execute(sql, parameters)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
