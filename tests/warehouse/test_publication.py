"""Publications and compactions replace whole files and disturb no reader."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from pydantic import SecretStr

from pipelines.common.errors import CheckError, KeyWrongError, StorageError
from pipelines.common.settings import Home, Settings
from pipelines.warehouse.compaction import compact_warehouse
from pipelines.warehouse.connection import (
    attach,
    connect_published,
    connect_warehouse,
    open_instance,
)
from pipelines.warehouse.publication import PublicationKeys, PublishedTable, publish
from pipelines.warehouse.replacement import replaced

KEYS = PublicationKeys(SecretStr("11" * 32), SecretStr("22" * 32), SecretStr("33" * 32))
SETTINGS = Settings(memory_limit_mb=256)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    for folder in home.folders():
        folder.mkdir(parents=True, exist_ok=True)
    run(
        home,
        "create schema marts; create schema staging;"
        "create table marts.kpi_campaign as select range as campaign from range(3);"
        "create table marts.fct_deals as select range as deal_id from range(5);"
        "create table marts.metadata as select 'run-1' as run_id;"
        "create view staging.stg_deals as select deal_id from warehouse.marts.fct_deals;",
    )
    return home


def run(home: Home, sql: str) -> None:
    with closing(connect_warehouse(home, KEYS.warehouse, SETTINGS)) as connection:
        connection.execute(sql)


def count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    row = connection.execute(f"select count(*) from {table}").fetchone()
    assert row
    return int(row[0])


def test_publish_writes_marts_to_analysts_and_figures_to_dashboards(home: Home) -> None:
    published = publish(home, KEYS, SETTINGS)
    assert published.analytics == (
        PublishedTable("fct_deals", 5),
        PublishedTable("kpi_campaign", 3),
        PublishedTable("metadata", 1),
    )
    assert [t.name for t in published.dashboards] == ["kpi_campaign", "metadata"]
    with closing(connect_published(home, KEYS.analyst, SETTINGS)) as analyst:
        assert count(analyst, "marts.fct_deals") == 5
    with closing(connect_published(home, KEYS.dashboards, SETTINGS, store="dashboards")) as page:
        assert count(page, "marts.kpi_campaign") == 3
        with pytest.raises(duckdb.CatalogException):
            count(page, "marts.fct_deals")
    with pytest.raises(KeyWrongError):
        connect_published(home, KEYS.dashboards, SETTINGS)
    assert home.analytics.stat().st_mode & 0o077 == 0
    assert not list(home.root.glob("*.new*"))


def test_publish_while_a_reader_is_open_disturbs_neither(home: Home) -> None:
    publish(home, KEYS, SETTINGS)
    # A reader as another process would be: read-only, and open during the whole publication.
    with closing(connect_published(home, KEYS.analyst, SETTINGS)) as reader:
        assert count(reader, "marts.fct_deals") == 5
        run(home, "insert into marts.fct_deals select range from range(100000)")
        assert publish(home, KEYS, SETTINGS).analytics[0].rows == 100_005
        assert count(reader, "marts.fct_deals") == 5
    with closing(connect_published(home, KEYS.analyst, SETTINGS)) as reader:
        assert count(reader, "marts.fct_deals") == 100_005


@pytest.mark.parametrize("column", ["pii_email", "body"])
def test_publish_a_mart_with_a_forbidden_column_is_refused(home: Home, column: str) -> None:
    publish(home, KEYS, SETTINGS)
    before = home.analytics.read_bytes()
    run(home, f"create table marts.dim_customer as select 'x' as {column}")
    with pytest.raises(CheckError) as caught:
        publish(home, KEYS, SETTINGS)
    assert caught.value.where == {"table": "dim_customer", "column": column}
    assert home.analytics.read_bytes() == before


def test_publish_without_marts_is_refused(home: Home) -> None:
    run(home, "drop view staging.stg_deals; drop schema marts cascade")
    with pytest.raises(CheckError) as caught:
        publish(home, KEYS, SETTINGS)
    assert caught.value.code == "no_marts"


def test_replaced_block_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    path.write_text("old")
    with pytest.raises(StorageError) as caught, replaced(path) as beside:
        beside.write_text("half")
        raise OSError(28, "No space left on device")
    assert caught.value.code == "no_space"
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_compact_drops_the_bytes_of_deleted_rows_and_keeps_views(home: Home) -> None:
    run(home, "create table staging.notes as select 'note ' || range as body from range(300000)")
    run(home, "delete from staging.notes where body <> 'note 7'")
    before = home.warehouse.stat().st_size
    compact_warehouse(home, KEYS.warehouse, SETTINGS)
    assert home.warehouse.stat().st_size < before
    with closing(connect_warehouse(home, KEYS.warehouse, SETTINGS)) as connection:
        assert count(connection, "staging.notes") == 1
        assert count(connection, "staging.stg_deals") == 5
    with closing(open_instance(home.spill, SETTINGS)) as other, pytest.raises(KeyWrongError):
        attach(other, home.warehouse, KEYS.analyst, alias="warehouse")
    assert not list(home.root.glob("*.new*"))
