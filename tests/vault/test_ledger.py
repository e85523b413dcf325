from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
import pytest

from pipelines.common.errors import FailedError, KlantkluisError, NotAllowedError, StorageError
from pipelines.vault import audit
from pipelines.vault.keyring import KeyRing
from pipelines.vault.store import Vault

if TYPE_CHECKING:
    from tests.support.vaults import Deployment

PAIRS = [("email", b"e" * 16, 1), ("source_key", b"s" * 16, 1)]


def _file(deployment: Deployment) -> Path:
    (path,) = deployment.home.ledger.glob("*.jsonl")
    return path


def _forget(vault: Vault, *, note: bool = True) -> None:
    entry = vault.ledger.append("intent", ["abcdefghijkl"], identifiers=PAIRS)
    if note:
        with vault.begin() as conn:
            vault.note_ledger(conn, entry)


def test_entries_come_back_with_their_identifiers(deployment: Deployment, vault: Vault) -> None:
    _forget(vault)
    with deployment.open().closing() as again:
        created, intent = again.ledger.entries()
        assert (created.kind, intent.kind) == ("created", "intent")
        assert intent.subject_keys == ("abcdefghijkl",)
        assert again.ledger.identifiers(intent) == [((k, b), e) for k, b, e in PAIRS]
        assert again.missed() == []


def test_file_shows_no_blind_index(deployment: Deployment, vault: Vault) -> None:
    _forget(vault)
    content = _file(deployment).read_text()
    assert (b"e" * 16).hex() not in content
    assert (b"s" * 16).hex() not in content


@pytest.mark.parametrize("change", ["value", "drop", "swap"])
def test_changed_ledger_is_refused(deployment: Deployment, vault: Vault, change: str) -> None:
    for _ in range(3):
        _forget(vault)
    path = _file(deployment)
    lines = path.read_bytes().splitlines(keepends=True)
    if change == "value":
        body = orjson.loads(lines[1])
        lines[1] = orjson.dumps(body | {"subject_keys": ["zzzzzzzzzzzz"]}) + b"\n"
    elif change == "drop":
        del lines[1]
    else:
        lines[1], lines[2] = lines[2], lines[1]
    path.write_bytes(b"".join(lines))
    with pytest.raises(StorageError) as error:
        deployment.open()
    assert error.value.code == "ledger_tampered"
    assert error.value.where["entry"] == 2


def test_half_written_entry_is_cut_off(deployment: Deployment, vault: Vault) -> None:
    _forget(vault)
    path = _file(deployment)
    whole = path.read_bytes()
    path.write_bytes(whole + whole.splitlines()[-1][:40])
    with deployment.open().closing() as again:
        assert len(again.ledger.entries()) == 2
        _forget(again)
        assert len(again.ledger.entries()) == 3
    with deployment.open().closing() as again:
        assert len(again.ledger.entries()) == 3


def test_home_older_than_its_ledger_opens_for_replaying_only(
    deployment: Deployment, vault: Vault
) -> None:
    _forget(vault, note=False)
    with pytest.raises(NotAllowedError) as error:
        deployment.open()
    assert error.value.code == "home_older"
    assert error.value.exit_status == 3
    with deployment.open(replaying=True).closing() as restored:
        assert [e.subject_keys for e in restored.missed()] == [("abcdefghijkl",)]


def test_ledger_older_than_its_home_is_refused(deployment: Deployment, vault: Vault) -> None:
    path = _file(deployment)
    before = path.read_bytes()
    _forget(vault)
    path.write_bytes(before)
    with pytest.raises(KlantkluisError) as error:
        deployment.open()
    assert error.value.code == "ledger_older"


def test_lost_ledger_opens_again_on_a_stewards_word(deployment: Deployment, vault: Vault) -> None:
    _forget(vault)
    ring = KeyRing.open(deployment.home, deployment.settings)
    with pytest.raises(FailedError):
        Vault.accept_lost_ledger(deployment.home, deployment.settings, ring, actor="steward")
    shutil.rmtree(deployment.home.ledger)
    Vault.accept_lost_ledger(
        deployment.home, deployment.settings, ring, actor="steward"
    ).close()  # fmt: skip
    with deployment.open().closing() as again, again.read() as conn:
        assert [e.kind for e in again.ledger.entries()] == ["created", "accepted"]
        assert audit.verify(conn, again).is_intact
        assert audit.head(conn)[0] == 1
