"""The warehouse side of a batch: what lands, what is unchanged, and that undo is exact."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.common.entities import load_entities
from pipelines.common.errors import FailedError
from pipelines.common.policy import load_policy
from pipelines.warehouse.pseudo import BatchWriter, create_relations, undo_unknown_batches

COSTS = load_entities()["costs"]
POLICY = load_policy()


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(":memory:")
    connection.execute(f"attach '{tmp_path / 'w.duckdb'}' as warehouse")
    connection.execute("use warehouse")
    create_relations(connection, POLICY)
    yield connection
    connection.close()


def frame(*rows: tuple[int, str, str]) -> pl.DataFrame:
    """(line, key, amount)."""
    return pl.DataFrame(
        {
            "_line": [r[0] for r in rows],
            "record_key": [f"crm/{r[1]}" for r in rows],
            "kind": ["marketing"] * len(rows),
            "campaign_id": [None] * len(rows),
            "cost_date": [None] * len(rows),
            "amount": [r[2] for r in rows],
            "currency": ["EUR"] * len(rows),
        },
        schema_overrides={"campaign_id": pl.String, "cost_date": pl.Date},
    ).with_columns(pl.col("amount").cast(pl.Decimal(18, 4)))


def write(
    connection: duckdb.DuckDBPyConnection, batch: int, rows: pl.DataFrame, *, commit: bool = True
):
    writer = BatchWriter(connection, POLICY, batch, "crm")
    writer.append(COSTS, rows)
    changes = writer.apply(COSTS)
    if commit:
        writer.commit(
            pl.DataFrame(
                schema={
                    "entity": pl.String,
                    **dict.fromkeys(
                        (
                            "rows_read",
                            "landed",
                            "changed",
                            "unchanged",
                            "quarantined",
                            "suppressed",
                            "deleted",
                        ),
                        pl.Int64,
                    ),
                }
            )
        )
    else:
        writer.rollback()
    return changes


def amounts(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, float, int]]:
    return connection.execute(
        "select record_key, amount::double, batch_id from warehouse.pseudo.costs order by all"
    ).fetchall()


def test_apply_counts_new_changed_and_unchanged(connection: duckdb.DuckDBPyConnection) -> None:
    write(connection, 1, frame((2, "a", "1"), (3, "b", "2")))
    changes = write(connection, 2, frame((2, "a", "1"), (3, "b", "3"), (4, "c", "4")))
    assert (changes.new, changes.changed, changes.unchanged) == (1, 1, 1)
    assert amounts(connection) == [("crm/a", 1.0, 1), ("crm/b", 3.0, 2), ("crm/c", 4.0, 2)]


def test_apply_repeated_key_first_row_counts(connection: duckdb.DuckDBPyConnection) -> None:
    changes = write(
        connection, 1, frame((2, "a", "1"), (3, "a", "1"), (4, "a", "9"), (5, "b", "2"))
    )
    assert (changes.new, changes.unchanged) == (2, 1)
    assert [c["_line"] for c in changes.conflicts] == [4]
    assert amounts(connection) == [("crm/a", 1.0, 1), ("crm/b", 2.0, 1)]


def test_apply_same_rows_again_changes_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    write(connection, 1, frame((2, "a", "1")))
    before = amounts(connection)
    changes = write(connection, 2, frame((2, "a", "1")))
    assert (changes.new, changes.changed, changes.unchanged) == (0, 0, 1)
    assert amounts(connection) == before


def test_undo_unknown_batch_restores_replaced_rows(connection: duckdb.DuckDBPyConnection) -> None:
    write(connection, 1, frame((2, "a", "1"), (3, "b", "2")))
    undo_unknown_batches(connection, [1])
    before = amounts(connection)
    write(connection, 2, frame((2, "a", "7"), (4, "c", "4")))
    assert amounts(connection) != before
    assert undo_unknown_batches(connection, [1]) == (2,)
    assert amounts(connection) == before


def test_rollback_leaves_nothing(connection: duckdb.DuckDBPyConnection) -> None:
    write(connection, 1, frame((2, "a", "1")), commit=False)
    assert amounts(connection) == []


def test_append_column_without_rule_is_refused(connection: duckdb.DuckDBPyConnection) -> None:
    writer = BatchWriter(connection, POLICY, 1, "crm")
    with pytest.raises(FailedError) as error:
        writer.append(COSTS, frame((2, "a", "1")).with_columns(pl.lit("x").alias("pii_email")))
    assert error.value.code == "column_not_allowed"
