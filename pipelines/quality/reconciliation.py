"""Rows reconcile layer by layer: what the vault says landed, pseudo, staging, facts.

Privacy: counts only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

import duckdb

from pipelines.common.entities import load_entities
from pipelines.quality.results import CheckResult
from pipelines.warehouse.connection import quote

CHECK: Final = "rows_reconcile"
FACTS: Final = {
    "fct_deals": "deals",
    "fct_tickets": "tickets",
    "fct_interactions": "interactions",
    "fct_campaign_events": "campaign_events",
}
"""Facts with the grain of an entity: one row per landed row, excluded ones with their reason."""


class LandedRows(NamedTuple):
    """What the vault's batches of one source say of one entity, summed up."""

    source: str
    entity: str
    new: int
    deleted: int


def reconcile(
    connection: duckdb.DuckDBPyConnection, landed: Iterable[LandedRows], *, erasures: int
) -> list[CheckResult]:
    """Compare the counts of all layers.

    Args:
        connection: The warehouse.
        landed: Sums over all landed batches of the vault, per source and entity.
        erasures: How many persons were erased; each may have taken rows along, so that fewer
            rows than landed are right then, and more never.

    Returns:
        One result per entity and layer; ``failing`` is the difference in rows.
    """
    results: list[CheckResult] = []
    found = _rows_by_source(connection)
    for rows in landed:
        if rows.entity not in load_entities():
            continue  # counts of rows that no entity could be made of
        actual = found.pop((rows.source, rows.entity), 0)
        missing = rows.new - rows.deleted - actual
        failing = max(-missing, 0) if erasures else abs(missing)
        results.append(CheckResult(CHECK, f"pseudo.{rows.entity}", "", failing))
    results += [
        CheckResult(CHECK, f"pseudo.{entity}", "", rows) for (_, entity), rows in found.items()
    ]
    return results + _layers(connection)


def _rows_by_source(connection: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], int]:
    union = " UNION ALL ".join(
        f"SELECT source, '{name}', count(*) FROM warehouse.pseudo.{quote(name)} GROUP BY source"
        for name in load_entities()
    )
    return {(source, entity): rows for source, entity, rows in connection.execute(union).fetchall()}


def _layers(connection: duckdb.DuckDBPyConnection) -> list[CheckResult]:
    here = {
        (schema, name)
        for schema, name in connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'warehouse' "
            "UNION ALL SELECT schema_name, view_name FROM duckdb_views() "
            "WHERE database_name = 'warehouse'"
        ).fetchall()
    }
    links = ("pseudo", "subject_links") in here
    pairs = [(("staging", f"stg_{name}"), ("pseudo", name)) for name in load_entities()]
    pairs += [(("marts", fact), ("pseudo", entity)) for fact, entity in FACTS.items()]
    results = []
    for upper, lower in pairs:
        if upper in here and lower in here:
            expected = _count(connection, *lower) - (
                _restricted(connection, lower[1]) if links else 0
            )
            difference = _count(connection, *upper) - expected
            results.append(CheckResult(CHECK, ".".join(upper), "", abs(difference)))
    return results


def _restricted(connection: duckdb.DuckDBPyConnection, entity: str) -> int:
    """Landed rows of restricted persons, which staging leaves out."""
    bears_person = connection.execute(
        "SELECT 1 FROM duckdb_columns() WHERE database_name = 'warehouse' "
        "AND schema_name = 'pseudo' AND table_name = ? AND column_name = 'customer_key'",
        [entity],
    ).fetchone()
    if bears_person is None:
        return 0
    row = connection.execute(
        f"SELECT count(*) FROM warehouse.pseudo.{quote(entity)} SEMI JOIN "
        "(SELECT subject_key AS customer_key FROM warehouse.pseudo.subject_links "
        "WHERE is_restricted) USING (customer_key)"
    ).fetchone()
    return int(row[0]) if row else 0


def _count(connection: duckdb.DuckDBPyConnection, schema: str, name: str) -> int:
    row = connection.execute(
        f"SELECT count(*) FROM warehouse.{quote(schema)}.{quote(name)}"
    ).fetchone()
    return int(row[0]) if row else 0
