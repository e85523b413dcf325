from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from pipelines.common.errors import KeyMissingError, KeyWrongError
from pipelines.common.settings import Home, Settings
from pipelines.vault.keyring import ROLES, KeyRing


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", master_key=None)


@pytest.fixture
def home(settings: Settings) -> Home:
    return Home.of(settings)


def test_create_writes_private_files_that_open(home: Home, settings: Settings) -> None:
    ring = KeyRing.create(home, settings)
    for path in home.keys.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
    assert {p.name for p in home.keys.iterdir()} == {"master.key", *(f"{r}.key" for r in ROLES)}
    keys = {ring.role_key(role).get_secret_value() for role in ROLES}
    assert len(keys) == len(ROLES)
    assert all(len(key) == 64 and bytes.fromhex(key) for key in keys)
    wrapped = ring.wrap(b"k" * 32, b"a")
    assert KeyRing.open(home, settings).unwrap(wrapped, b"a") == b"k" * 32


def test_create_overwrites_nothing(home: Home, settings: Settings) -> None:
    KeyRing.create(home, settings)
    before = (home.keys / "master.key").read_bytes()
    with pytest.raises(KeyWrongError, match="exists already"):
        KeyRing.create(home, settings)
    (home.keys / "analyst.key").unlink()
    KeyRing.create(home, settings, keep_existing=True)
    assert (home.keys / "master.key").read_bytes() == before
    assert (home.keys / "analyst.key").exists()


def test_unwrap_with_another_key_or_place_is_refused(home: Home, settings: Settings) -> None:
    ring = KeyRing.create(home, settings)
    wrapped = ring.wrap(b"k" * 32, b"a")
    other = KeyRing.open(home, settings.model_copy(update={"master_key": SecretStr("11" * 32)}))
    for opener, text, aad in ((other, wrapped, b"a"), (ring, wrapped, b"b"), (ring, b"", b"a")):
        with pytest.raises(KeyWrongError) as error:
            opener.unwrap(text, aad)
        assert error.value.code == "master_key_wrong"


def test_open_without_file_is_missing(home: Home, settings: Settings) -> None:
    with pytest.raises(KeyMissingError):
        KeyRing.open(home, settings)


@pytest.mark.parametrize("content", [b"", b"zz" * 32, b"00" * 31, b"\xff\xfe"])
def test_open_with_malformed_file_is_refused_without_telling_it(
    home: Home, settings: Settings, content: bytes
) -> None:
    KeyRing.create(home, settings)
    (home.keys / "master.key").write_bytes(content)
    with pytest.raises(KeyWrongError) as error:
        KeyRing.open(home, settings)
    assert error.value.code == "key_malformed"
    assert error.value.__cause__ is None


def test_open_of_a_file_that_others_read_is_refused(home: Home, settings: Settings) -> None:
    KeyRing.create(home, settings)
    (home.keys / "master.key").chmod(0o640)
    with pytest.raises(KeyWrongError) as error:
        KeyRing.open(home, settings)
    assert error.value.code == "key_file_mode"


def test_master_key_of_the_settings_goes_before_the_file(home: Home, settings: Settings) -> None:
    brought = settings.model_copy(update={"master_key": SecretStr("ab" * 32)})
    ring = KeyRing.create(home, brought)
    assert not (home.keys / "master.key").exists()
    assert KeyRing.open(home, brought).unwrap(ring.wrap(b"k", b""), b"") == b"k"


def test_repr_hides_secrets(home: Home, settings: Settings) -> None:
    ring = KeyRing.create(home, settings)
    secret = (home.keys / "master.key").read_text().strip()
    assert secret not in repr(ring)
    assert "SecretStr" in repr(ring.role_key("analyst"))
