from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from pipelines.common.errors import KeyWrongError
from pipelines.vault.store import Vault

if TYPE_CHECKING:
    from tests.support.vaults import Deployment


def test_create_gives_keys_that_a_fresh_opening_has(deployment: Deployment, vault: Vault) -> None:
    made = dict(vault.data_keys.create(1200))
    assert len(made) == 1200
    assert all(0 < key_id < 2**63 for key_id in made)
    with deployment.open().closing() as again:
        assert again.data_keys.get(made) == made
    assert vault.data_keys.get([1]) == {}
    assert vault.data_keys.create(0) == []


def test_destroyed_keys_are_gone_from_the_file_bytes(deployment: Deployment, vault: Vault) -> None:
    made = vault.data_keys.create(1000)
    with sqlite3.connect(deployment.home.data_keys) as raw:
        wrapped = dict(raw.execute("SELECT key_id, wrapped FROM data_keys"))
    raw.close()
    doomed = [key_id for key_id, _ in made[::2]]
    before = deployment.home.data_keys.read_bytes()
    assert all(wrapped[key_id] in before for key_id in doomed)
    assert vault.data_keys.destroy(doomed) == 500
    assert vault.data_keys.get(doomed) == {}
    after = b"".join(p.read_bytes() for p in deployment.home.root.glob("keys.db*"))
    assert not [key_id for key_id in doomed if wrapped[key_id] in after]
    kept = [key_id for key_id, _ in made[1::2]]
    assert all(wrapped[key_id] in after for key_id in kept)
    assert vault.data_keys.destroy(doomed) == 0


def test_wrapped_key_moved_to_another_id_does_not_open(
    deployment: Deployment, vault: Vault
) -> None:
    (one, _), (two, _) = vault.data_keys.create(2)
    raw = sqlite3.connect(deployment.home.data_keys)
    raw.execute(
        "UPDATE data_keys SET wrapped = (SELECT wrapped FROM data_keys WHERE key_id = ?)"
        " WHERE key_id = ?", (two, one),
    )  # fmt: skip
    raw.commit()
    raw.close()
    with deployment.open().closing() as again, pytest.raises(KeyWrongError):
        again.data_keys.get([one])


def test_orphans_are_keys_that_nobody_knows(vault: Vault) -> None:
    from pipelines.vault.subjects import create_subjects

    with vault.begin() as conn:
        create_subjects(conn, vault, "contact", 3, None)
    stray = [key_id for key_id, _ in vault.data_keys.create(2)]
    assert sorted(vault.data_keys.orphans(vault.known_key_ids())) == stray
