"""A rotation of every key loses no join, no suppression and no ledger entry; kills cost nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from pipelines import rotation
from pipelines.backups.verify import verify_backup
from pipelines.common.errors import KeyWrongError, UsageError
from pipelines.rotation import NAMES, export_role, list_keys, rotate_keys
from pipelines.vault import audit, index_rotation
from pipelines.vault.data_keys import DataKeys
from pipelines.vault.keyring import ROLES, FileKey
from pipelines.vault.ledger import Ledger
from pipelines.vault.store import Vault
from pipelines.vault.suppression import missing_suppressions
from tests.backups.conftest import EVA, HEADER, JAN, Kept
from tests.backups.test_backups import KilledError

JAN_EMAIL, EVA_EMAIL = "jan.smit@voorbeeld.example", "eva.bakker@voorbeeld.example"


def key_files(kept: Kept) -> dict[str, str]:
    return {p.name: p.read_text() for p in kept.home.keys.iterdir()}


def check_joins(kept: Kept) -> None:
    """Eva is who she was, Jan stays away, and nothing was changed by another hand."""
    with kept.open() as deployment, deployment.vault.read() as conn:
        vault = deployment.vault
        assert audit.verify(conn, vault).is_intact
        assert missing_suppressions(conn, vault) == 0
        (eva,) = kept.subjects_with(vault, EVA_EMAIL)
    kept.land("contacts9.csv", HEADER + JAN + "7,Eva Bakker,eva.bakker@voorbeeld.example,\n" + EVA)
    with kept.open() as deployment:
        assert kept.subjects_with(deployment.vault, EVA_EMAIL) == [eva]
        assert kept.subjects_with(deployment.vault, JAN_EMAIL) == []
        keys = kept.context.warehouse("select customer_key from warehouse.pseudo.contacts")
    assert len(keys) == 2  # her two records
    assert len({k for (k,) in keys}) == 1


def test_rotation_of_every_key_loses_nothing(kept: Kept) -> None:
    kept.backup()
    kept.erase(JAN_EMAIL)
    before = key_files(kept)
    for round_number in (2, 3):
        states = rotate_keys(kept.context.settings, ())
        assert [(s.name, s.epoch, s.is_unfinished) for s in states] == [
            (name, round_number, False) for name in NAMES
        ]
    after = key_files(kept)
    assert before.keys() == after.keys()
    assert not set(before.values()) & set(after.values())
    assert kept.do(verify_backup).opened.dead_records == 2  # Jan's two
    check_joins(kept)


def test_old_blind_indexes_are_gone_and_erasures_reach_the_new_ones(kept: Kept) -> None:
    with kept.open() as deployment:
        old = deployment.vault.index.of("email", JAN_EMAIL)
    rotate_keys(kept.context.settings, ["index"])
    assert old not in b"".join(p.read_bytes() for p in kept.home.root.glob("vault.db*"))
    assert kept.knows(JAN_EMAIL)
    kept.erase(JAN_EMAIL)
    check_joins(kept)


def test_backup_from_before_a_rotation_brings_back_nobody(kept: Kept) -> None:
    backup = kept.backup()
    kept.erase(JAN_EMAIL)
    rotate_keys(kept.context.settings, ())
    with kept.open() as deployment:
        assert deployment.vault.epoch == 2
    kept.erase(EVA_EMAIL)
    assert kept.restore(backup).replayed_persons == 2
    with kept.open() as deployment:
        assert deployment.vault.epoch == 2
        assert kept.subjects_with(deployment.vault, JAN_EMAIL) == []
    kept.land("contacts9.csv", HEADER + JAN + EVA)
    assert kept.contacts() == 0


KILLS: list[tuple[Any, str, str]] = [
    (DataKeys, "rewrap", "master"),
    (Ledger, "rewrap", "master"),
    (rotation, "_note", "master"),
    (rotation, "replace_scrubbing", "master"),
    (index_rotation, "_bring_to", "index"),
    (index_rotation, "_reblind", "index"),
    (Vault, "checkpoint", "index"),
    (rotation, "recrypt_store", "warehouse"),
    (rotation, "_note", "warehouse"),
    (rotation, "replace_scrubbing", "warehouse"),
    (rotation, "_rewrap_backups", "backup"),
    (rotation, "replace_scrubbing", "backup"),
]


@pytest.mark.parametrize(("owner", "function", "key"), KILLS)
def test_killed_rotation_is_finished_by_the_next(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, owner: Any, function: str, key: str
) -> None:
    kept.erase(JAN_EMAIL)
    if key == "backup":
        kept.backup()

    def kill(*_: Any, **__: Any) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(owner, function, kill)
        with pytest.raises(KilledError):
            rotate_keys(kept.context.settings, [key])
    if key in ("master", "index", "backup"):
        kept.open().close()  # works in between
    else:
        assert rotation.finish_rotations(kept.context.settings) == [key]
    rotate_keys(kept.context.settings, [key])
    assert not list(kept.home.keys.glob("*.next.key"))
    if key == "backup":
        kept.do(verify_backup)
    check_joins(kept)


def test_run_finishes_what_a_kill_left_of_a_warehouse_key(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.steps import PipelineRun

    def kill(*_: Any, **__: Any) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(rotation, "_note", kill)
        with pytest.raises(KilledError):
            rotate_keys(kept.context.settings, ["warehouse"])
    with pytest.raises(KeyWrongError):
        kept.contacts()
    with PipelineRun.locked(kept.context.settings):
        pass
    assert kept.contacts() == 2


def test_master_key_of_the_environment_is_rotated_in_two_steps(kept: Kept) -> None:
    old = (kept.home.keys / "master.key").read_text().strip()
    settings = kept.context.settings.model_copy(update={"master_key": SecretStr(old)})
    assert rotate_keys(settings, ["master"])[0].is_unfinished
    new = (kept.home.keys / "master.next.key").read_text().strip()
    settings = settings.model_copy(update={"master_key": SecretStr(new)})
    assert not rotate_keys(settings, ["master"])[0].is_unfinished
    assert not (kept.home.keys / "master.next.key").exists()
    from pipelines.runs import Deployment

    with Deployment.open(settings) as deployment:
        assert kept.subjects_with(deployment.vault, JAN_EMAIL)


def test_exported_key_is_the_roles_and_on_record(kept: Kept, tmp_path: Path) -> None:
    target = tmp_path / "analyst.key"
    with kept.open() as deployment:
        export_role(deployment, "analyst", target)
        with pytest.raises(UsageError):
            export_role(deployment, "analyst", target)
        with pytest.raises(UsageError):
            export_role(deployment, "master", tmp_path / "master.key")
        assert {s.name for s in list_keys(deployment)} == {"master", "index", *ROLES}
    assert FileKey(target).read() == FileKey(kept.home.keys / "analyst.key").read()


def test_unknown_key_is_refused(kept: Kept) -> None:
    with pytest.raises(UsageError):
        rotate_keys(kept.context.settings, ["house"])
