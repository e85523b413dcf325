from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from pipelines.common.errors import (
    BusyError,
    KeyWrongError,
    KlantkluisError,
    NotAllowedError,
    StorageError,
    UsageError,
)
from pipelines.common.settings import Home, Settings
from pipelines.vault import schema
from pipelines.vault.keyring import KeyRing
from pipelines.vault.store import Vault
from pipelines.vault.subjects import create_subjects

if TYPE_CHECKING:
    from tests.support.vaults import Deployment


def test_create_twice_is_refused(deployment: Deployment) -> None:
    ring = KeyRing.open(deployment.home, deployment.settings)
    with pytest.raises(UsageError) as error:
        Vault.create(deployment.home, deployment.settings, ring)
    assert error.value.code == "home_exists"


def test_files_are_private(deployment: Deployment) -> None:
    for path in (deployment.home.vault, deployment.home.data_keys):
        assert path.stat().st_mode & 0o777 == 0o600
    assert deployment.home.ledger.stat().st_mode & 0o777 == 0o700
    assert all(p.stat().st_mode & 0o777 == 0o600 for p in deployment.home.ledger.iterdir())


def test_open_with_another_master_key_is_refused(deployment: Deployment) -> None:
    other = deployment.settings.model_copy(update={"master_key": SecretStr("22" * 32)})
    with pytest.raises(KeyWrongError):
        Vault.open(deployment.home, other, KeyRing.open(deployment.home, other))


@pytest.mark.parametrize(
    ("gone", "code"), [("vault", "no_vault"), ("data_keys", "data_keys_missing")]
)
def test_open_without_a_file_is_refused_and_makes_none(
    deployment: Deployment, gone: str, code: str
) -> None:
    path = getattr(deployment.home, gone)
    path.unlink()
    with pytest.raises(KlantkluisError) as error:
        deployment.open()
    assert error.value.code == code
    assert not path.exists()


def test_open_of_a_damaged_vault_is_refused(deployment: Deployment) -> None:
    deployment.home.vault.write_bytes(b"no database at all, by far too short" * 100)
    with pytest.raises(StorageError) as error:
        deployment.open()
    assert error.value.code == "damaged"


@pytest.mark.parametrize(("revision", "code"), [("9999", "vault_newer"), ("0006", "vault_older")])
def test_open_of_another_version_is_refused(
    deployment: Deployment, revision: str, code: str
) -> None:
    raw = sqlite3.connect(deployment.home.vault)
    raw.execute("UPDATE alembic_version SET version_num = ?", [revision])
    raw.commit()
    raw.close()
    with pytest.raises(StorageError) as error:
        deployment.open()
    assert error.value.code == code


def test_open_without_ledger_is_refused(deployment: Deployment) -> None:
    for path in deployment.home.ledger.iterdir():
        path.unlink()
    with pytest.raises(NotAllowedError) as error:
        deployment.open()
    assert error.value.code == "ledger_missing"


def test_begin_rolls_back_whole(vault: Vault) -> None:
    with pytest.raises(RuntimeError), vault.begin() as conn:
        create_subjects(conn, vault, "contact", 2, None)
        raise RuntimeError
    with vault.read() as conn:
        assert conn.scalar(sa.select(sa.func.count()).select_from(schema.subjects)) == 0


def test_begin_reports_codes_and_no_values(vault: Vault) -> None:
    with pytest.raises(StorageError) as error, vault.begin() as conn:
        for _ in range(2):
            conn.execute(
                sa.insert(schema.runs).values(
                    run_id="jan@voorbeeld.nl", as_of=None, started_at=None, state="x"
                )
            )
    assert "jan" not in str(error.value)
    assert error.value.__suppress_context__


def test_begin_waits_for_no_reader_and_sees_one_state(vault: Vault) -> None:
    count = sa.select(sa.func.count()).select_from(schema.subjects)
    with vault.read() as reader:
        assert reader.scalar(count) == 0
        with vault.begin() as conn:
            create_subjects(conn, vault, "contact", 1, None)
        assert reader.scalar(count) == 0


def test_checkpoint_removes_deleted_bytes_and_tells_when_it_cannot(
    deployment: Deployment, vault: Vault
) -> None:
    with vault.begin() as conn:
        keys = [s.subject_key for s in create_subjects(conn, vault, "contact", 400, None)]
    with vault.begin() as conn:
        conn.execute(sa.delete(schema.subjects))
    with vault.read() as reader:
        reader.execute(sa.select(schema.meta.c.home_id)).all()
        with vault.begin() as conn:
            conn.execute(sa.insert(schema.counters).values(name="x", value=1))
        with pytest.raises(BusyError) as error:
            vault.checkpoint(wait_seconds=0)
        assert error.value.code == "checkpoint_blocked"
    vault.checkpoint()
    content = b"".join(p.read_bytes() for p in deployment.home.root.glob("vault.db*"))
    assert not [k for k in keys if k.encode() in content]


def test_migrations_make_the_tables_of_the_schema(vault: Vault) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with vault.read() as conn:
        assert compare_metadata(MigrationContext.configure(conn), schema.metadata) == []


def test_create_that_was_killed_is_completed(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    home = Home.of(settings)
    home.root.mkdir()
    ring = KeyRing.create(home, settings)
    home.vault.touch(mode=0o600)
    (home.keys / "analyst.key").unlink()
    ring = KeyRing.create(home, settings, keep_existing=True)
    with Vault.create(home, settings, ring).closing() as made:
        assert made.missed() == []
    Vault.open(home, settings, ring).close()
