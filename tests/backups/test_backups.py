"""Backups: whole or not there, opened by nobody else, and a restore brings back nobody."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.backups import create, restore
from pipelines.backups.catalogue import list_backups, prune
from pipelines.backups.create import create_backup
from pipelines.backups.verify import verify_all, verify_backup
from pipelines.common.errors import KlantkluisError, NotAllowedError
from pipelines.erasures import complete_published, erase_persons
from pipelines.finding import Asked, suppressing_pairs
from pipelines.rights import erasure
from pipelines.rights.readmission import readmit
from pipelines.vault import audit
from pipelines.vault.subjects import Pair, add_identifiers, create_subjects
from pipelines.vault.suppression import find_suppressed, missing_suppressions
from tests.backups.conftest import EVA, HEADER, JAN, Kept
from tests.support.context import WordDetector

JAN_EMAIL, EVA_EMAIL = "jan.smit@voorbeeld.example", "eva.bakker@voorbeeld.example"
KEES_EMAIL = "kees.mol@voorbeeld.example"
KEES = "3,Kees Mol,kees.mol@voorbeeld.example,0611112222\n"


class KilledError(BaseException):
    """As a kill: nothing catches it."""


def code_of(action: Callable[[], object]) -> str:
    with pytest.raises(KlantkluisError) as error:
        action()
    return error.value.code


def is_sound(kept: Kept) -> None:
    with kept.open() as deployment, deployment.vault.read() as conn:
        assert audit.verify(conn, deployment.vault).is_intact
        assert missing_suppressions(conn, deployment.vault) == 0


def test_backup_opens_reads_whole_and_shows_nothing(kept: Kept) -> None:
    backup = kept.backup()
    verified = kept.do(verify_all)[0]
    assert verified.manifest.backup_id == backup
    assert (verified.opened.records, verified.opened.dead_records) == (4, 0)
    assert verified.opened.rows > 4
    content = b"".join(p.read_bytes() for p in kept.home.backups.rglob("*") if p.is_file())
    with kept.open() as deployment:
        blind = deployment.vault.index.of("email", JAN_EMAIL)
    assert blind in kept.home.vault.read_bytes()
    assert blind not in content
    assert b"SQLite format" not in content
    assert all(p.stat().st_mode & 0o077 == 0 for p in kept.home.backups.rglob("*")), (
        "only the owner reads backups"
    )


def test_restored_backup_has_what_was_lost_since(kept: Kept) -> None:
    backup = kept.backup()
    kept.land("contacts2.csv", HEADER + KEES)
    assert kept.contacts() == 3
    done = kept.restore(backup)
    assert (done.replayed_persons, done.restored_data_keys) == (0, False)
    assert kept.contacts() == 2
    assert kept.knows(JAN_EMAIL)
    assert not kept.knows("kees.mol@voorbeeld.example")
    assert kept.do(verify_backup).opened.dead_records == 0
    is_sound(kept)


def test_restored_backup_brings_back_nobody(kept: Kept) -> None:
    backup = kept.backup()
    kept.land("contacts2.csv", HEADER + KEES)
    kept.erase(JAN_EMAIL)
    kept.erase("kees.mol@voorbeeld.example")  # landed and erased after the backup
    assert kept.do(verify_backup).opened.dead_records == 2
    done = kept.restore(backup)
    assert done.replayed_persons == 1
    assert not kept.knows(JAN_EMAIL)
    assert kept.contacts() == 1
    kept.land("contacts3.csv", HEADER + JAN + KEES + EVA)
    assert kept.contacts() == 1
    assert not kept.knows("kees.mol@voorbeeld.example")
    is_sound(kept)


def test_person_erased_under_another_pseudonym_is_known_by_what_only_they_bore(kept: Kept) -> None:
    before = kept.backup()
    kept.land("contacts2.csv", HEADER + KEES)
    backup = kept.backup()
    kept.restore(before)
    kept.land("contacts3.csv", HEADER + KEES)  # once more, under a pseudonym of his own
    kept.erase(KEES_EMAIL)
    assert kept.restore(backup).replayed_persons == 1
    assert not kept.knows(KEES_EMAIL)
    assert kept.contacts() == 2
    assert kept.knows(JAN_EMAIL)
    assert kept.knows(EVA_EMAIL)
    assert kept.restore(backup).replayed_persons == 1, "however often"
    assert not kept.knows(KEES_EMAIL)
    is_sound(kept)


def share_address(kept: Kept) -> None:
    """Jan bears the address of Kees too, as housemates with one mailbox do."""
    with kept.open() as deployment, deployment.vault.begin() as conn:
        vault = deployment.vault
        jan = kept.subjects_with(vault, JAN_EMAIL)[0]
        blind = vault.index.of("email", KEES_EMAIL)
        add_identifiers(conn, [("email", blind, jan, "crm")], 1)


def test_address_that_another_bore_too_erases_nobody_else(kept: Kept) -> None:
    share_address(kept)
    backup = kept.backup()
    kept.land("contacts2.csv", HEADER + KEES)
    with kept.open() as deployment, deployment.vault.begin() as conn:
        vault = deployment.vault
        (kees,) = create_subjects(conn, vault, "contact", 1, 1)
        blind = vault.index.of("email", KEES_EMAIL)
        add_identifiers(conn, [("email", blind, kees.subject_id, "shop")], 1)
    kept.do(lambda d: erase_persons(d, [kees.subject_id], detector=WordDetector()))
    kept.do(complete_published)
    assert kept.restore(backup).replayed_persons == 0
    assert kept.knows(JAN_EMAIL)


def readmit_jan(kept: Kept) -> set[Pair]:
    with kept.open() as deployment:
        asked = Asked(email=JAN_EMAIL, phone="0612345678", customer_id="crm/1")
        pairs = set(suppressing_pairs(deployment.vault, asked, ["crm"], "Jan Smit"))
        with deployment.vault.read() as conn:
            pairs = find_suppressed(conn, pairs)
        assert readmit(deployment.vault, pairs, "order") == len(pairs) > 3
    return pairs


def suppressed(kept: Kept, pairs: set[Pair]) -> set[Pair]:
    with kept.open() as deployment, deployment.vault.read() as conn:
        return find_suppressed(conn, pairs)


@pytest.mark.parametrize("killed", [None, "_write_intent", "_take_out"])
def test_readmitted_person_may_land_in_a_restored_home(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, killed: str | None
) -> None:
    backup = kept.backup()
    kept.erase(JAN_EMAIL)
    pairs = readmit_jan(kept)

    def kill(*_: Any, **__: Any) -> None:
        raise KilledError

    if killed is not None:
        with monkeypatch.context() as patch:
            patch.setattr(erasure, killed, kill)
            with pytest.raises(KilledError):
                kept.restore(backup)
    done = kept.restore(None if killed else backup)
    kept.land("contacts8.csv", HEADER + EVA)  # finishes what a kill left
    assert killed or done.replayed_persons == 1
    assert not kept.knows(JAN_EMAIL)
    assert suppressed(kept, pairs) == set()
    is_sound(kept)
    kept.land("contacts9.csv", HEADER + JAN + EVA)
    assert kept.knows(JAN_EMAIL)
    assert kept.contacts() == 2
    kept.erase(JAN_EMAIL)
    kept.restore(backup)
    assert not kept.knows(JAN_EMAIL)
    assert suppressed(kept, pairs) == pairs, "erased once more after it"
    is_sound(kept)


def test_copy_of_yesterdays_files_is_brought_up_to_the_ledger(kept: Kept, tmp_path: Path) -> None:
    shutil.copytree(kept.home.root, tmp_path / "yesterday")
    kept.home.analytics.touch()
    kept.erase(JAN_EMAIL)
    shutil.rmtree(kept.home.root)
    shutil.copytree(tmp_path / "yesterday", kept.home.root)
    kept.home.analytics.touch()
    assert code_of(kept.open) == "home_older"
    assert kept.restore().replayed_persons == 1
    assert not kept.home.analytics.exists()  # of yesterday, with the person in it
    assert not kept.knows(JAN_EMAIL)
    assert kept.knows(EVA_EMAIL)
    is_sound(kept)


def test_lost_data_keys_come_from_their_own_backup_without_the_erased(kept: Kept) -> None:
    backup = kept.backup()
    kept.erase(JAN_EMAIL)
    kept.home.data_keys.unlink()
    assert code_of(kept.open) == "data_keys_missing"
    done = kept.restore(backup)
    assert (done.restored_data_keys, done.replayed_persons) == (True, 1)
    # the other backup cannot be read for Jan either: his key is in no backup
    assert kept.do(verify_backup).opened.dead_records == 2


def test_data_keys_older_than_an_erasure_lose_whom_no_store_knows(kept: Kept) -> None:
    backup = kept.backup()
    kept.land("contacts2.csv", HEADER + KEES)
    kept.backup()
    stale = (kept.home.backups / "keys.backup").read_bytes()
    kept.erase("kees.mol@voorbeeld.example")
    (kept.home.backups / "keys.backup").write_bytes(stale)  # as a copy kept elsewhere would be
    kept.home.data_keys.unlink()
    kept.restore(backup)
    with kept.open() as deployment:
        vault = deployment.vault
        assert vault.data_keys.orphans(vault.known_key_ids()) == []


def test_backup_of_data_keys_has_one_version_and_follows_every_erasure(kept: Kept) -> None:
    kept.backup()
    before = (kept.home.backups / "keys.backup").read_bytes()
    kept.erase(JAN_EMAIL)
    after = (kept.home.backups / "keys.backup").read_bytes()
    assert before != after
    assert [p.name for p in kept.home.backups.glob("*keys*")] == ["keys.backup"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda b: b[:-1], lambda b: b[: len(b) // 2], lambda b: b"", lambda b: b + b"x",
        lambda b: b[:100] + bytes([b[100] ^ 1]) + b[101:],
    ],
)  # fmt: skip
def test_damaged_backup_is_refused_and_the_home_stays(
    kept: Kept, damage: Callable[[bytes], bytes]
) -> None:
    backup = kept.backup()
    path = kept.home.backups / backup / "content"
    path.write_bytes(damage(path.read_bytes()))
    assert code_of(lambda: kept.do(verify_all)) == "backup_damaged"
    kept.land("contacts2.csv", HEADER + KEES)
    assert code_of(lambda: kept.restore(backup)) == "backup_damaged"
    assert kept.contacts() == 3
    assert not kept.home.restoring.exists()


def test_backup_under_another_key_is_refused(kept: Kept) -> None:
    backup = kept.backup()
    (kept.home.keys / "backup.key").write_text("ab" * 32)
    assert code_of(lambda: kept.restore(backup)) == "backup_key_wrong"
    assert kept.contacts() == 2


def test_backup_goes_nowhere_without_its_ledger(kept: Kept) -> None:
    backup = kept.backup()
    shutil.rmtree(kept.home.ledger)
    assert code_of(lambda: kept.restore(backup)) == "ledger_missing"


def test_ledger_older_than_the_backup_is_refused(kept: Kept, tmp_path: Path) -> None:
    shutil.copytree(kept.home.ledger, tmp_path / "old")
    kept.erase(JAN_EMAIL)
    backup = kept.backup()
    shutil.rmtree(kept.home.ledger)
    shutil.copytree(tmp_path / "old", kept.home.ledger)
    assert code_of(lambda: kept.restore(backup)) == "ledger_older"


def test_unknown_backup_is_refused(kept: Kept) -> None:
    kept.backup()
    assert code_of(lambda: kept.restore("20200101T000000Z-0000")) == "backup_unknown"


def test_whole_home_comes_back_on_an_empty_machine(kept: Kept, tmp_path: Path) -> None:
    kept.backup()
    saved = tmp_path / "saved"
    for name in ("backups", "keys"):
        shutil.copytree(kept.home.root / name, saved / name)
    shutil.rmtree(kept.home.root)
    shutil.copytree(saved, kept.home.root)
    assert kept.restore("latest").restored_data_keys
    assert kept.contacts() == 2
    assert kept.do(verify_backup).opened.dead_records == 0


KILLS_OF_CREATE = ["_write", "write_manifest", "refresh_keys_backup", "prune"]


@pytest.mark.parametrize("name", KILLS_OF_CREATE)
def test_killed_backup_leaves_the_old_ones_whole(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    kept.backup()

    def kill(*_: Any, **__: Any) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(create, name, kill)
        with pytest.raises(KilledError), kept.open() as deployment:
            create_backup(deployment)
    assert len(kept.do(verify_all)) == (1 if name in KILLS_OF_CREATE[:2] else 2)
    kept.backup()
    assert [p for p in kept.home.backups.iterdir() if p.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("name", "is_done"),
    [
        ("lay_out", False), ("adopt_copy", False), ("sync_folder", False),
        ("_roll_forward", None), ("replay_ledger", True),
    ],
)  # fmt: skip
def test_killed_restore_leaves_the_old_or_is_finished(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, name: str, is_done: bool | None
) -> None:
    backup = kept.backup()
    kept.land("contacts2.csv", HEADER + KEES)
    kept.erase(JAN_EMAIL)
    calls = 0
    real = getattr(restore, name)

    def kill(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if name == "_roll_forward" and calls == 1:
            return real(*arguments, **named)  # the second one replaces
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(restore, name, kill)
        with pytest.raises(KilledError):
            kept.restore(backup)
    if is_done is False:
        assert kept.contacts() == 2  # Eva and Kees: as before the restore
        assert kept.knows("kees.mol@voorbeeld.example")
        return
    if is_done is None:
        assert code_of(kept.open) == "restore_unfinished"
    else:
        assert code_of(kept.open) == "home_older"
    kept.restore()
    assert kept.contacts() == 1
    assert not kept.knows(JAN_EMAIL)
    is_sound(kept)


@pytest.mark.parametrize("survived", range(4))
def test_restore_killed_between_two_files_goes_forward(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, survived: int
) -> None:
    backup = kept.backup()
    kept.land("contacts2.csv", HEADER + KEES)
    moves = 0
    real = Path.replace

    def move(path: Path, target: Any) -> Path:
        nonlocal moves
        if path.parent.name == "new":
            moves += 1
            if moves > survived:
                raise KilledError
        return real(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", move)
        with pytest.raises(KilledError):
            kept.restore(backup)
    with pytest.raises(NotAllowedError):
        kept.open()
    kept.restore()
    assert kept.contacts() == 2
    is_sound(kept)


def test_old_backups_go_but_never_the_newest(kept: Kept) -> None:
    first, second = kept.backup(), kept.backup()
    later = datetime.now(UTC) + timedelta(days=100)
    assert prune(kept.home, later, 35) == 1
    assert [m.backup_id for m in list_backups(kept.home)] == [max(first, second)]
