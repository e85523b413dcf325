"""Line 1: rows read = landed + unchanged + quarantined + suppressed, per batch and per file.

Kills are in ``tests/integration/test_kill.py``, bad files in ``tests/landing``.
"""

from __future__ import annotations

import polars as pl
import sqlalchemy as sa

from pipelines.batches.report import UNREADABLE
from pipelines.vault import schema
from tests.support.demo import Demo
from tests.support.stores import open_duckdb


def test_every_row_of_every_batch_is_accounted_for(demo: Demo) -> None:
    with demo.deploy() as deployment, deployment.vault.read() as vault:
        c = schema.batch_counts.c
        lost = vault.execute(
            sa.select(c.batch_id).where(
                c.rows_read != c.landed + c.unchanged + c.quarantined + c.suppressed
            )
        ).fetchall()
        batches = vault.scalar(sa.select(sa.func.count()).select_from(schema.batches))
    assert lost == []
    assert batches == len(
        [p for p in demo.sample.rglob("*") if p.is_file() and "truth" not in p.parts]
    )


def test_files_hold_as_many_rows_as_were_read(demo: Demo) -> None:
    read = {
        "csv": lambda p: None,  # quoted line breaks make lines unequal to rows
        "jsonl": lambda p: len(p.read_bytes().splitlines()),
        "parquet": lambda p: pl.scan_parquet(p).select(pl.len()).collect().item(),
    }
    with demo.deploy() as deployment, deployment.vault.read() as vault:
        rows = dict(
            vault.execute(
                sa.select(schema.batches.c.file_name, schema.batches.c.rows_read)
            ).fetchall()
        )  # type: ignore[arg-type]
    checked = 0
    for path in demo.sample.rglob("*"):
        if path.is_file() and "truth" not in path.parts and path.suffix[1:] in read:
            expected = read[path.suffix[1:]](path)
            if expected is not None:
                assert rows[path.name] == expected, path.name
                checked += 1
    assert checked > 3


def test_exactly_the_spoiled_rows_are_in_quarantine(demo: Demo) -> None:
    spoiled = {r["file"].rpartition("/")[2]: int(r["rows"]) for r in demo.truth("spoiled")}
    q, b = schema.quarantine_rows.c, schema.batches.c
    with demo.deploy() as deployment, deployment.vault.read() as vault:
        held = dict(
            vault.execute(
                sa.select(b.file_name, sa.func.count())
                .select_from(schema.quarantine_rows.join(schema.batches, q.batch_id == b.batch_id))
                .group_by(b.file_name)
            ).fetchall()
        )  # type: ignore[arg-type]
        rules = set(vault.scalars(sa.select(q.rule)))
    assert held == spoiled
    assert sum(held.values()) > 0
    assert all(rules)


def test_the_warehouse_has_what_landed(demo: Demo) -> None:
    c = schema.batch_counts.c
    with demo.deploy() as deployment:
        with deployment.vault.read() as vault:
            landed = vault.execute(
                sa.select(c.entity, sa.func.sum(c.landed - c.changed - c.deleted))
                .where(c.entity != UNREADABLE)
                .group_by(c.entity)
            ).fetchall()
        key = deployment.keyring.role_key("warehouse")
        connection = open_duckdb(demo.home.warehouse, key, demo.home.spill)
        try:
            for entity, rows in landed:
                found = connection.execute(f"select count(*) from pseudo.{entity}").fetchone()
                assert found == (rows,), entity
        finally:
            connection.close()
