from __future__ import annotations

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


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    settings = Settings(home=tmp_path / "home", master_key=None, vault_url=None, ledger=None)
    home = Home.of(settings)
    home.root.mkdir(mode=0o700)
    Vault.create(home, settings, KeyRing.create(home, settings)).close()
    return Deployment(home, settings)


@pytest.fixture
def vault(deployment: Deployment) -> Iterator[Vault]:
    with deployment.open().closing() as opened:
        yield opened
