"""Schema ``pseudo``: the current pseudonymous row of every record, written one batch at a time.

A batch is one DuckDB transaction: rows that it replaces or deletes are kept in ``ops.undo_*``
until the vault, which commits after the warehouse, has the batch too. A batch that the vault
does not know is undone by :func:`undo_unknown_batches` on the next opening. So a kill anywhere
leaves either all of a batch or nothing of it.

Privacy: pseudonymous rows only; columns are those of ``warehouse_columns`` and no others.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import duckdb
import polars as pl

from pii_rules.models import Policy
from pipelines.common.entities import Entity, load_entities
from pipelines.common.errors import FailedError
from pipelines.common.policy import META_COLUMNS, warehouse_columns
from pipelines.warehouse.consent_words import WORD_COLUMNS
from pipelines.warehouse.desk_counts import DESK_COLUMNS
from pipelines.warehouse.links import LINK_COLUMNS

SUBJECT_COLUMNS = (
    "subject_key VARCHAR, kind VARCHAR, subject_bucket UTINYINT, staff_alias VARCHAR, "
    "batch_id BIGINT"
)
COUNT_COLUMNS = (
    "rows_read",
    "landed",
    "changed",
    "unchanged",
    "quarantined",
    "suppressed",
    "deleted",
)


class Changes(NamedTuple):
    """What a batch did to one entity. ``new`` and ``changed`` add up to what landed."""

    new: int
    changed: int
    unchanged: int
    deleted: int
    conflicts: tuple[dict[str, Any], ...]
    """Rows whose key stood in the file before with other content; they did not land. With
    ``_line``, ``record_key`` and the warehouse columns."""


def create_relations(connection: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """Make the relations of ``pseudo`` and ``ops`` that are missing; existing ones stay."""
    connection.execute("create schema if not exists warehouse.pseudo")
    connection.execute("create schema if not exists warehouse.ops")
    for entity in load_entities().values():
        columns = ", ".join(f'"{c.name}" {c.type}' for c in warehouse_columns(entity, policy))
        connection.execute(f"create table if not exists warehouse.pseudo.{entity.name} ({columns})")
        connection.execute(
            f"create table if not exists warehouse.ops.undo_{entity.name} "
            f"({columns}, undone_by BIGINT)"
        )
    connection.execute(f"create table if not exists warehouse.pseudo.subjects ({SUBJECT_COLUMNS})")
    connection.execute(
        f"create table if not exists warehouse.pseudo.subject_links ({LINK_COLUMNS})"
    )
    connection.execute(
        f"create table if not exists warehouse.pseudo.consent_words ({WORD_COLUMNS})"
    )
    connection.execute(f"create table if not exists warehouse.ops.desk_counts ({DESK_COLUMNS})")
    counts = ", ".join(f"{c} BIGINT" for c in COUNT_COLUMNS)
    connection.execute(
        "create table if not exists warehouse.ops.batch_counts "
        f"(batch_id BIGINT, source VARCHAR, entity VARCHAR, {counts})"
    )
    connection.execute(
        "create table if not exists warehouse.ops.batches (batch_id BIGINT, source VARCHAR)"
    )


def undo_unknown_batches(
    connection: duckdb.DuckDBPyConnection, landed_batches: Iterable[int]
) -> tuple[int, ...]:
    """Undo batches that the vault never committed, and forget the undo rows of the others.

    Args:
        connection: Warehouse, outside a transaction.
        landed_batches: Ids of the batches that the vault has.

    Returns:
        Ids of the batches undone.
    """
    known = set(landed_batches)
    here = {
        b for (b,) in connection.execute("select batch_id from warehouse.ops.batches").fetchall()
    }
    unknown = tuple(sorted(here - known))
    connection.execute("begin")
    for batch_id in unknown:
        for name in load_entities():
            connection.execute(
                f"delete from warehouse.pseudo.{name} where batch_id = ?", [batch_id]
            )
            connection.execute(
                f"insert into warehouse.pseudo.{name} "
                f"select * exclude (undone_by) from warehouse.ops.undo_{name} where undone_by = ?",
                [batch_id],
            )
        for table in ("pseudo.subjects", "ops.batches", "ops.batch_counts"):
            connection.execute(f"delete from warehouse.{table} where batch_id = ?", [batch_id])
    forget_undo(connection)
    connection.execute("commit")
    return unknown


def forget_undo(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop all undo rows; to be called when every batch here is in the vault."""
    for name in load_entities():
        table = f"warehouse.ops.undo_{name}"
        if connection.execute(f"select 1 from {table} limit 1").fetchone():
            connection.execute(f"truncate {table}")


class BatchWriter:
    """Writes the rows of one batch; nothing is visible before :meth:`commit`."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        policy: Policy,
        batch_id: int,
        source: str,
    ) -> None:
        self._connection = connection
        self._policy = policy
        self._batch_id = batch_id
        self._source = source
        self._incoming: set[str] = set()
        connection.execute("begin")

    def append(self, entity: Entity, frame: pl.DataFrame) -> None:
        """Take rows of an entity.

        Args:
            entity: Whose rows they are.
            frame: ``_line``, ``record_key`` and the entity's warehouse columns, in order.

        Raises:
            FailedError: The frame holds a column that the policy does not let out.
        """
        expected = self._checked(entity, frame)
        self._connection.register("chunk", frame.to_arrow())
        if entity.name not in self._incoming:
            types = {c.name: c.type for c in warehouse_columns(entity, self._policy)}
            columns = ", ".join(f'"{c}" {types.get(c, "BIGINT")}' for c in expected)
            self._connection.execute(
                f"create or replace temp table incoming_{entity.name} ({columns})"
            )
            self._incoming.add(entity.name)
        self._connection.execute(f"insert into incoming_{entity.name} select * from chunk")
        self._connection.unregister("chunk")

    def write(self, entity: Entity, frame: pl.DataFrame, changed: pl.Series) -> None:
        """Bring rows into ``pseudo`` at once, of which it is known that they are new or changed.

        Args:
            entity: Whose rows they are.
            frame: As for :meth:`append`; each key once, and in none of the batch's other frames.
            changed: Keys of those that replace a row.

        Raises:
            FailedError: The frame holds a column that the policy does not let out.
        """
        self._checked(entity, frame)
        if not changed.is_empty():
            keys = changed.alias("record_key").to_frame().to_arrow()
            self._connection.register("changed", keys)
            self._move_to_undo(entity, "record_key in (select record_key from changed)")
            self._connection.unregister("changed")
        self._connection.register("chunk", frame.to_arrow())
        self._insert(entity, "chunk")
        self._connection.unregister("chunk")

    def apply(self, entity: Entity, *, keep_keys: bool = False) -> Changes:
        """Bring the entity's rows of this batch into ``pseudo``, once all were appended.

        ``keep_keys`` leaves the keys of the file in the temp table ``keys_<entity>``.

        The first row of a key in the file counts; an equal one later is unchanged, another one
        a conflict. A row equal to the one already there changes nothing.
        """
        if entity.name not in self._incoming:
            return Changes(0, 0, 0, 0, ())
        incoming, target = f"incoming_{entity.name}", f"warehouse.pseudo.{entity.name}"
        run = self._connection.execute
        columns = self._columns(entity)
        rows, keys = self._count_keys(incoming)
        conflicts, repeated = self._drop_repeated(incoming, columns) if rows > keys else ((), 0)
        if keep_keys:
            run(
                f"create or replace temp table keys_{entity.name} as select record_key from {incoming}"
            )
        changed = unchanged = 0
        if self._one(
            f"select count(*) from (select 1 from {target} where source = ? limit 1)",
            [self._source],
        )[0]:
            differs = " or ".join(f'i."{c}" is distinct from t."{c}"' for c in columns) or "false"
            run(
                f"create or replace temp table matched as select i.record_key, ({differs}) as differs "
                f"from {incoming} i join {target} t on t.source = ? and t.record_key = i.record_key",
                [self._source],
            )
            changed, unchanged = self._one(
                "select count(*) filter (differs), count(*) filter (not differs) from matched"
            )
            if unchanged:
                run(
                    f"delete from {incoming} where record_key in "
                    "(select record_key from matched where not differs)"
                )
            if changed:
                self._move_to_undo(
                    entity, "record_key in (select record_key from matched where differs)"
                )
        self._insert(entity, incoming)
        run(f"drop table {incoming}")
        self._incoming.discard(entity.name)
        new = keys - changed - unchanged
        return Changes(new, changed, unchanged + repeated, 0, conflicts)

    def delete(self, entity: Entity, seen: str, batches: list[int]) -> int:
        """Delete rows of earlier batches whose key is not in the temp table ``seen(record_key)``."""
        return self._move_to_undo(
            entity,
            f"batch_id in (select unnest(?)) and record_key not in (select record_key from {seen})",
            batches,
        )

    def add_subjects(self, subjects: pl.DataFrame) -> None:
        """Add subjects made by this batch: subject_key, kind, subject_bucket, staff_alias."""
        if subjects.is_empty():
            return
        self._connection.register("chunk", subjects.to_arrow())
        self._connection.execute(
            "insert into warehouse.pseudo.subjects "
            "select subject_key, kind, subject_bucket, staff_alias, ? from chunk",
            [self._batch_id],
        )
        self._connection.unregister("chunk")

    def commit(self, counts: pl.DataFrame) -> None:
        """Commit the batch with its counts: entity and ``COUNT_COLUMNS``."""
        self._connection.register("chunk", counts.select("entity", *COUNT_COLUMNS).to_arrow())
        self._connection.execute(
            "insert into warehouse.ops.batch_counts select ?, ?, * from chunk",
            [self._batch_id, self._source],
        )
        self._connection.unregister("chunk")
        self._connection.execute(
            "insert into warehouse.ops.batches values (?, ?)", [self._batch_id, self._source]
        )
        self._connection.execute("commit")

    def rollback(self) -> None:
        """Forget the batch."""
        self._connection.execute("rollback")

    def _checked(self, entity: Entity, frame: pl.DataFrame) -> list[str]:
        expected = ["_line", "record_key", *self._columns(entity)]
        if frame.columns != expected:
            raise FailedError(
                "rows for the warehouse have columns that the policy does not let out",
                code="column_not_allowed",
                where={"entity": entity.name},
                todo="report this as a fault of the software",
            )
        return expected

    def _count_keys(self, incoming: str) -> tuple[int, int]:
        """Rows and distinct keys.

        As many hashes as rows prove, at a fraction of the memory, that no key repeats; only where
        there are fewer are the keys themselves counted.
        """
        rows, hashes = self._one(
            f"select count(*), count(distinct hash(record_key)) from {incoming}"
        )
        if rows == hashes:
            return rows, rows
        (keys,) = self._one(f"select count(distinct record_key) from {incoming}")
        return rows, keys

    def _insert(self, entity: Entity, rows: str) -> None:
        quoted = "".join(f', "{c}"' for c in self._columns(entity))
        self._connection.execute(
            f"insert into warehouse.pseudo.{entity.name} (source, record_key, batch_id{quoted}) "
            f"select ?, record_key, ?{quoted} from {rows}",
            [self._source, self._batch_id],
        )

    def _columns(self, entity: Entity) -> list[str]:
        return [c.name for c in warehouse_columns(entity, self._policy)[len(META_COLUMNS) :]]

    def _drop_repeated(
        self, incoming: str, columns: list[str]
    ) -> tuple[tuple[dict[str, Any], ...], int]:
        differs = " or ".join(f'i."{c}" is distinct from f."{c}"' for c in columns) or "false"
        self._connection.execute(
            "create or replace temp table repeated as "
            f"with first_rows as (select record_key, min(rowid) as id from {incoming} "
            "group by record_key having count(*) > 1) "
            f"select i.rowid as id, ({differs}) as differs from {incoming} i "
            "join first_rows r on r.record_key = i.record_key "
            f"join {incoming} f on f.rowid = r.id where i.rowid > r.id"
        )
        conflicts = self._connection.execute(
            f"select i.* from {incoming} i join repeated r on r.id = i.rowid "
            "where r.differs order by i.rowid"
        ).pl()
        (same,) = self._one("select count(*) from repeated where not differs")
        self._connection.execute(f"delete from {incoming} where rowid in (select id from repeated)")
        return tuple(conflicts.to_dicts()), same

    def _move_to_undo(self, entity: Entity, condition: str, *parameters: object) -> int:
        target = f"warehouse.pseudo.{entity.name}"
        (moved,) = self._one(
            f"insert into warehouse.ops.undo_{entity.name} "
            f"select *, ? from {target} where source = ? and {condition}",
            [self._batch_id, self._source, *parameters],
        )
        if moved:
            self._connection.execute(
                f"delete from {target} where source = ? and {condition}",
                [self._source, *parameters],
            )
        return moved

    def _one(self, sql: str, parameters: list[object] | None = None) -> tuple[int, ...]:
        row = self._connection.execute(sql, parameters or []).fetchone()
        return tuple(row) if row else (0,)
