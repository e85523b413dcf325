"""No direct identifier in any relation of the warehouse: by column rule, by form, by the vault.

Values enter the warehouse with the batch that brought them; so where rows tell their batch, those
that an earlier run has scanned are not scanned again, as long as rules and models are the same.
Tables whose rows do not tell are scanned whole, by a prefilter inside DuckDB that lets few out.

Privacy: values are looked at in memory; results are counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import duckdb

from pii_rules.models import Policy
from pipelines.common.entities import load_entities
from pipelines.common.policy import warehouse_columns
from pipelines.quality.results import CheckResult
from pipelines.warehouse.connection import literal, quote
from pipelines.warehouse.consent_words import ConsentWord
from pipelines.warehouse.links import SubjectLink

COLUMNS_CHECK: Final = "columns_follow_policy"
FORM_CHECK: Final = "no_direct_identifiers"
VAULT_CHECK: Final = "no_known_identifiers"

CountValues = Callable[[Sequence[str]], int]
"""How many of the values hold what is looked for."""

_BATCH: Final = 50_000
_SUBJECTS: Final = ("subject_key", "kind", "subject_bucket", "staff_alias", "batch_id")
_LETTER: Final = r"A-Za-z\x{80}-\x{10FFFF}"
"""Wider than letters, because RE2 takes 20 ms for the table of all letters, for each column."""
_WORTH_LOOKING_UP: Final = (
    rf"@|^\+?[\d \-().]{{9,20}}$|^[{_LETTER}][{_LETTER}.']+,? [{_LETTER}. ',-]+$"
)
"""A whole cell that may be an address, a number or somebody's name."""
_KEYS: Final = ("_key", "_id", "_bucket")


class TextColumn(NamedTuple):
    """A text column of a table of the warehouse; ``by_batch`` where rows tell their batch."""

    schema: str
    table: str
    column: str
    by_batch: bool

    @property
    def relation(self) -> str:
        """The table as SQL."""
        return f"warehouse.{quote(self.schema)}.{quote(self.table)}"


class Scan(NamedTuple):
    """What to scan for, and from which batch on.

    Only what fits ``worth_a_look``, a regular expression in RE2's syntax, can hold an identifier.
    """

    holds_identifier: CountValues
    worth_a_look: str
    is_known: CountValues
    after_batch: int


def check_columns(connection: duckdb.DuckDBPyConnection, policy: Policy) -> list[CheckResult]:
    """Columns that the policy does not let out, in every relation, views too.

    A column that begins with ``pii_`` is a direct identifier anywhere; ``pseudo`` and the undo
    tables have the columns of the policy and no others.
    """
    allowed = {
        name: {c.name for c in warehouse_columns(entity, policy)}
        for name, entity in load_entities().items()
    } | {"subject_links": set(SubjectLink._fields), "consent_words": set(ConsentWord._fields)}
    results = []
    for schema, table, columns in connection.execute(
        "SELECT schema_name, table_name, list(column_name) FROM duckdb_columns() "
        "WHERE database_name = 'warehouse' GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        wrong = {c for c in columns if c.lower().startswith("pii_")}
        if schema == "pseudo":
            wrong |= set(columns) - allowed.get(table, set(_SUBJECTS))
        elif table.startswith("undo_"):
            wrong |= set(columns) - allowed.get(table[5:], set()) - {"undone_by"}
        results.append(CheckResult(COLUMNS_CHECK, f"{schema}.{table}", "", len(wrong)))
    return results


def check_values(connection: duckdb.DuckDBPyConnection, scan: Scan) -> list[CheckResult]:
    """Text values that hold a direct identifier, by their form and by the vault's own index.

    Args:
        connection: The warehouse.
        scan: What to look for; rows of batches up to ``after_batch`` are passed over.

    Returns:
        One result per table and check, and one more per column that breaks it.
    """
    results: dict[tuple[str, str, str], int] = {}
    for text in text_columns(connection):
        name = f"{text.schema}.{text.table}"
        results.setdefault((FORM_CHECK, name, ""), 0)
        found = sum(map(scan.holds_identifier, _values(connection, text, scan.worth_a_look, scan)))
        if found:
            results[FORM_CHECK, name, text.column] = found
        if text.column.endswith(_KEYS) or text.schema not in ("pseudo", "marts"):
            continue
        results.setdefault((VAULT_CHECK, name, ""), 0)
        known = sum(map(scan.is_known, _values(connection, text, _WORTH_LOOKING_UP, scan)))
        if known:
            results[VAULT_CHECK, name, text.column] = known
    return [CheckResult(*place, failing) for place, failing in results.items()]


def text_columns(connection: duckdb.DuckDBPyConnection) -> list[TextColumn]:
    """Text columns of all tables; views show what tables hold. Staff aliases are ours."""
    rows = connection.execute(
        "SELECT c.schema_name, c.table_name, c.column_name, "
        "c.schema_name <> 'ops' AND EXISTS (FROM duckdb_columns() b "
        "WHERE (b.database_name, b.schema_name, b.table_name, b.column_name) "
        "= (c.database_name, c.schema_name, c.table_name, 'batch_id')) FROM duckdb_columns() c "
        "JOIN duckdb_tables() t USING (database_name, schema_name, table_name) "
        "WHERE c.database_name = 'warehouse' AND c.data_type IN ('VARCHAR', 'JSON', 'VARCHAR[]') "
        "AND c.column_name NOT IN ('staff_alias', 'source') ORDER BY ALL"
    ).fetchall()
    return [TextColumn(*row) for row in rows]


def _values(
    connection: duckdb.DuckDBPyConnection, text: TextColumn, pattern: str, scan: Scan
) -> Iterator[list[str]]:
    column = f"CAST({quote(text.column)} AS VARCHAR)"
    since = f"batch_id > {int(scan.after_batch)} AND " if text.by_batch else ""
    found = connection.cursor().execute(
        f"SELECT DISTINCT {column} FROM {text.relation} "
        f"WHERE {since}regexp_matches({column}, {literal(pattern)})"
    )
    while rows := found.fetchmany(_BATCH):
        yield [value for (value,) in rows]
