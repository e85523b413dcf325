from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.common.errors import StorageError
from pipelines.vault.engines import sqlite_engine, transaction, url_engine


def test_full_disk_is_told_as_such_and_nothing_is_half_written(tmp_path: Path) -> None:
    engine = sqlite_engine(tmp_path / "a.db", "wal")
    with transaction(engine, "a.db") as conn:
        conn.exec_driver_sql("CREATE TABLE t (x)")
    with pytest.raises(StorageError) as error, transaction(engine, "a.db") as conn:
        conn.exec_driver_sql("PRAGMA max_page_count = 3")
        for _ in range(10):
            conn.exec_driver_sql("INSERT INTO t VALUES (zeroblob(5000))")
    assert error.value.code == "no_space"
    with transaction(engine, "a.db", reading=True) as conn:
        assert conn.exec_driver_sql("SELECT count(*) FROM t").scalar_one() == 0


def test_place_that_is_no_folder_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    engine = sqlite_engine(tmp_path / "file" / "a.db", "wal")
    with pytest.raises(StorageError) as error, transaction(engine, "a.db"):
        pass
    assert error.value.code == "cannot_open"


def test_settings_overwrite_what_is_deleted(tmp_path: Path) -> None:
    for journal in ("wal", "delete"):
        engine = sqlite_engine(tmp_path / f"{journal}.db", journal)  # type: ignore[arg-type]
        with transaction(engine, "a.db") as conn:
            found = {
                name: conn.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "secure_delete", "temp_store")
            }
        assert found == {"journal_mode": journal, "secure_delete": 1, "temp_store": 2}


def test_unusable_url_is_refused_without_its_password() -> None:
    with pytest.raises(StorageError) as error:
        url_engine("nonsense://klant:geheim@nowhere/x")
    assert "geheim" not in str(error.value)
