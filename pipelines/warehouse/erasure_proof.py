"""The proof of an erasure in the warehouse: rows before less rows of the persons are rows after.

Taken in the transaction that erases, so that an erasure which touches anybody else is rolled back.
``ops.erasure_proof`` keeps the counts until the certificate is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import duckdb

from pipelines.common.errors import CheckError
from pipelines.warehouse.connection import quote

_TABLE = "warehouse.ops.erasure_proof"
_DERIVED = "warehouse.ops.erasure_derived"
_COLUMNS = ("relation", "rows_before", "rows_deleted", "rows_unlinked", "rows_after", "rows_left")


class RelationProof(NamedTuple):
    """One relation before and after.

    Attributes:
        relation: Schema and table.
        rows_before: All rows.
        rows_deleted: Rows of the persons that went.
        rows_unlinked: Rows that stayed and lost the person.
        rows_after: All rows.
        rows_left: Rows that bear one of the persons still; 0.
    """

    relation: str
    rows_before: int
    rows_deleted: int
    rows_unlinked: int
    rows_after: int
    rows_left: int


class Standing(NamedTuple):
    """A relation as it stands: its rows, and a digest of those that no erasure touches."""

    rows: int
    others: tuple[int, int]


def standing(connection: duckdb.DuckDBPyConnection, table: str, key: str) -> Standing:
    """Count a relation; its rows that are in ``temp touched`` by ``key`` are left out of the digest.

    The digest does not depend on the order of rows. It is of two sums of hashes, since one alone
    could stay the same by chance.
    """
    row = connection.execute(
        "select count(*), coalesce(bit_xor(h) filter (not is_touched), 0), "
        "coalesce(sum(hash(h)::hugeint) filter (not is_touched), 0) "
        f"from (select hash(t) as h, ({key}) in (select ({key}) from touched) as is_touched "
        f"from {table} t)"
    ).fetchone()
    return Standing(int(row[0]), (int(row[1]), int(row[2]))) if row else Standing(0, (0, 0))


def check(proof: RelationProof, before: Standing, after: Standing) -> None:
    """Refuse an erasure that left something of the persons or touched somebody else.

    Raises:
        CheckError: It did; the caller rolls back.
    """
    adds_up = proof.rows_before - proof.rows_deleted == proof.rows_after
    if adds_up and proof.rows_left == 0 and before.others == after.others:
        return
    raise CheckError(
        "an erasure would not leave the rows of others as they are", code="erasure_unproven",
        where={"relation": proof.relation, "left": proof.rows_left},
        todo="nothing was erased from the warehouse; report this",
    )  # fmt: skip


def note(connection: duckdb.DuckDBPyConnection, proofs: Iterable[RelationProof]) -> None:
    """Keep counts in the transaction under way."""
    columns = ", ".join(f"{c} {'VARCHAR' if c == 'relation' else 'BIGINT'}" for c in _COLUMNS)
    connection.execute(f"create table if not exists {_TABLE} ({columns})")
    marks = ", ".join("?" for _ in _COLUMNS)
    for proof in proofs:
        connection.execute(f"insert into {_TABLE} values ({marks})", list(proof))


def take_proofs(connection: duckdb.DuckDBPyConnection) -> list[RelationProof]:
    """The counts of all erasures since the last certificate, added up by relation."""
    if not _exists(connection, "erasure_proof"):
        return []
    rows = connection.execute(
        "select relation, first(rows_before order by rowid), sum(rows_deleted), "
        "sum(rows_unlinked), last(rows_after order by rowid), last(rows_left order by rowid) "
        f"from {_TABLE} group by relation order by relation"
    ).fetchall()
    return [RelationProof(str(r[0]), *(int(v) for v in r[1:])) for r in rows]


def forget_proofs(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop the counts, once the certificate has them."""
    connection.execute(f"drop table if exists {_TABLE}")
    connection.execute(f"drop table if exists {_DERIVED}")


def _exists(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    found = connection.execute(
        "select 1 from duckdb_tables() where database_name = 'warehouse' "
        "and schema_name = 'ops' and table_name = ?",
        [table],
    ).fetchone()
    return found is not None


def prove_derived(connection: duckdb.DuckDBPyConnection, subject_keys: Sequence[str]) -> int:
    """Refuse a build that still knows one of the persons, and keep the counts for the certificate.

    Every relation but those of ``pseudo``, which are proven in the transaction that erases, is
    looked through: each column of text that is named a key. What is published is copied from
    these relations.

    Args:
        connection: Warehouse, outside a transaction, built after the erasure.
        subject_keys: Pseudonyms of the persons.

    Returns:
        How many relations were looked through.

    Raises:
        CheckError: One has a row of them; the erasure stays unfinished.
    """
    found = rows_left(connection, subject_keys)
    for relation, count in found.items():
        if count:
            raise CheckError(
                "a derived table still knows a person who was erased", code="erasure_unproven",
                where={"relation": relation, "left": count},
                todo="the erasure stays unfinished; klantkluis run builds anew, else report this",
            )  # fmt: skip
    connection.execute(f"create or replace table {_DERIVED} as select {len(found)} as relations")
    return len(found)


def derived_proven(connection: duckdb.DuckDBPyConnection) -> int:
    """How many derived relations the newest :func:`prove_derived` looked through."""
    if not _exists(connection, "erasure_derived"):
        return 0
    row = connection.execute(f"select relations from {_DERIVED}").fetchone()
    return int(row[0]) if row else 0


def rows_left(connection: duckdb.DuckDBPyConnection, subject_keys: Sequence[str]) -> dict[str, int]:
    """Rows per derived relation that bear a pseudonym in any column of keys; 0 where none does."""
    columns = connection.execute(
        "select schema_name, table_name, list(column_name order by column_name) "
        "from duckdb_columns() where database_name = 'warehouse' and schema_name <> 'pseudo' "
        "and data_type = 'VARCHAR' and column_name like '%\\_key' escape '\\' "
        "and table_name in (select table_name from duckdb_tables()) group by all order by all"
    ).fetchall()
    found: dict[str, int] = {}
    for schema_name, table, names in columns:
        bears = " or ".join(f"{quote(name)} in (select unnest($keys))" for name in names)
        row = connection.execute(
            f"select count(*) from warehouse.{quote(schema_name)}.{quote(table)} where {bears}",
            {"keys": list(subject_keys)},
        ).fetchone()
        found[f"{schema_name}.{table}"] = int(row[0]) if row else 0
    return found
