"""The stores open with their key only, say in our words what is wrong, and spill nothing plain."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from pydantic import SecretStr

from pipelines.common.errors import BusyError, KeyWrongError, KlantkluisError, StorageError
from pipelines.common.settings import Home, Settings
from pipelines.warehouse.connection import (
    connect_published,
    connect_warehouse,
    home_lock,
    open_instance,
    quote,
)
from pipelines.warehouse.errors import store_errors

KEY = SecretStr("11" * 32)
OTHER = SecretStr("22" * 32)
SETTINGS = Settings(memory_limit_mb=256)
MARKER = "Marker-of-a-person"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    for folder in home.folders():
        folder.mkdir(parents=True, exist_ok=True)
    return home


def write_marker(home: Home, path: Path | None = None) -> None:
    connection = connect_warehouse(home, KEY, SETTINGS)
    connection.execute("CREATE TABLE notes AS SELECT ? AS body FROM range(1000)", [MARKER])
    connection.close()
    if path:
        home.warehouse.rename(path)


def test_warehouse_written_is_encrypted_and_opens_again(home: Home) -> None:
    write_marker(home)
    assert MARKER.encode() not in home.warehouse.read_bytes()
    connection = connect_warehouse(home, KEY, SETTINGS, read_only=True)
    assert connection.execute("SELECT count(*) FROM notes").fetchall() == [(1000,)]
    assert connection.execute("SELECT current_setting('TimeZone')").fetchall() == [("UTC",)]
    connection.close()


def test_warehouse_with_a_wrong_key_is_refused_without_the_key(home: Home) -> None:
    write_marker(home)
    with pytest.raises(KeyWrongError) as caught:
        connect_warehouse(home, OTHER, SETTINGS)
    assert caught.value.code == "key_wrong"
    assert OTHER.get_secret_value() not in str(caught.value)
    assert caught.value.__suppress_context__
    with pytest.raises(KeyWrongError):
        connect_warehouse(home, SecretStr(""), SETTINGS)


@pytest.mark.parametrize("content", [b"", b"no database " * 1000, "half"])
def test_warehouse_damaged_is_said_to_be_damaged(home: Home, content: bytes | str) -> None:
    write_marker(home)
    whole = home.warehouse.read_bytes()
    home.warehouse.write_bytes(whole[:5000] if isinstance(content, str) else content)
    with pytest.raises(StorageError) as caught:
        connect_warehouse(home, KEY, SETTINGS)
    assert caught.value.code == "store_damaged"


def test_warehouse_absent_cannot_be_read(home: Home) -> None:
    with pytest.raises(StorageError) as caught:
        connect_warehouse(home, KEY, SETTINGS, read_only=True)
    assert caught.value.code == "store_missing"


def test_warehouse_open_in_another_process_is_busy(home: Home) -> None:
    connection = connect_warehouse(home, KEY, SETTINGS)
    connection.execute("CREATE TABLE t AS SELECT 1")
    script = (
        "import sys; from pydantic import SecretStr\n"
        "from pipelines.common.settings import Home, Settings\n"
        "from pipelines.warehouse.connection import connect_warehouse\n"
        "from pathlib import Path\n"
        "try: connect_warehouse(Home(Path(sys.argv[1])), SecretStr('11'*32), Settings())\n"
        "except Exception as e: print(type(e).__name__, e.code)"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, str(home.root)], capture_output=True, text=True, check=True
    )
    connection.close()
    assert run.stdout.split() == ["BusyError", "store_busy"]


def test_failing_cast_becomes_an_error_without_the_value(home: Home) -> None:
    connection = connect_warehouse(home, KEY, SETTINGS)
    with pytest.raises(KlantkluisError) as caught, store_errors("warehouse"):
        connection.execute("SELECT CAST(? AS INTEGER)", [MARKER])
    connection.close()
    assert caught.value.code == "statement_failed"
    assert MARKER not in str(caught.value)


def test_spill_files_are_encrypted_and_inside_the_home(home: Home) -> None:
    settings = Settings(memory_limit_mb=128)
    connection = open_instance(home.spill, settings)
    connection.execute("SET threads = 1")
    connection.execute(
        "CREATE TABLE t AS SELECT ? || i AS body, hash(i) AS h FROM range(3_000_000) r(i)", [MARKER]
    )
    spilled = [p for p in home.spill.rglob("*") if p.is_file()]
    assert sum(p.stat().st_size for p in spilled) > 0
    assert all(MARKER.encode() not in p.read_bytes() for p in spilled)
    connection.close()
    assert not [p for p in home.spill.rglob("*") if p.is_file()]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/hosts')",
        "COPY (SELECT 1) TO 'out.csv'",
        "ATTACH 'other.duckdb'",
        "INSTALL httpfs",
        "SELECT * FROM read_csv('https://localhost/x.csv')",
        "SET enable_external_access = true",
        "CREATE TABLE t AS SELECT 1",
        "DROP TABLE notes",
    ],
)
def test_published_reader_cannot_leave_the_file(home: Home, statement: str) -> None:
    write_marker(home, home.analytics)
    connection = connect_published(home, KEY, SETTINGS)
    assert connection.execute("SELECT count(*) FROM notes").fetchall() == [(1000,)]
    with pytest.raises(duckdb.Error):
        connection.execute(statement)
    connection.close()


def test_published_before_the_first_run_says_so(home: Home) -> None:
    with pytest.raises(StorageError) as caught:
        connect_published(home, KEY, SETTINGS)
    assert caught.value.code == "not_published"


def test_home_lock_held_twice_is_busy_and_free_afterwards(home: Home) -> None:
    with home_lock(home), pytest.raises(BusyError) as caught, home_lock(home, 0.05):
        pass
    assert caught.value.exit_status == 4
    with home_lock(home):
        pass


def test_home_lock_without_a_home_says_so(tmp_path: Path) -> None:
    with pytest.raises(KlantkluisError) as caught, home_lock(Home(tmp_path / "none")):
        pass
    assert caught.value.code == "home_missing"


def test_quote_keeps_a_name_a_name() -> None:
    assert quote('a"; DROP') == '"a""; DROP"'
