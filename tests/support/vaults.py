"""An empty vault in a home of each test's own, as fixtures."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from pipelines.common.settings import Home, Settings
from pipelines.vault.keyring import KeyRing
from pipelines.vault.store import Vault


class Deployment(NamedTuple):
    home: Home
    settings: Settings

    def open(self, *, replaying: bool = False) -> Vault:
        ring = KeyRing.open(self.home, self.settings)
        return Vault.open(self.home, self.settings, ring, replaying=replaying)


def _deployment(folder: Path) -> Deployment:
    settings = Settings(home=folder / "home", master_key=None, vault_url=None, ledger=None)
    return Deployment(Home.of(settings), settings)


@pytest.fixture(scope="session")
def new_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home as it is made, copied by each test: making one takes a quarter of a second."""
    folder = tmp_path_factory.mktemp("new")
    home, settings = _deployment(folder)
    home.root.mkdir(mode=0o700)
    Vault.create(home, settings, KeyRing.create(home, settings)).close()
    return folder


@pytest.fixture
def deployment(new_home: Path, tmp_path: Path) -> Deployment:
    shutil.copytree(new_home, tmp_path, dirs_exist_ok=True)
    return _deployment(tmp_path)


@pytest.fixture
def vault(deployment: Deployment) -> Iterator[Vault]:
    with deployment.open().closing() as opened:
        yield opened
