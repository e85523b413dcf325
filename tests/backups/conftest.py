"""A home with two persons landed, small enough to back up and restore in every test."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa

from pipelines.backups.create import create_backup
from pipelines.backups.restore import Restored, restore_backup
from pipelines.erasures import complete_published, erase_persons
from pipelines.runs import Deployment
from pipelines.vault import schema
from pipelines.vault.store import Vault
from tests.support.context import Context, WordDetector, land_files

HEADER = "id,name,email,mobile\n"
JAN = "1,Jan Smit,jan.smit@voorbeeld.example,0612345678\n"
EVA = "2,Eva Bakker,eva.bakker@voorbeeld.example,0687654321\n"
NOTES = (
    "id,contact,channel,at,body\n"
    "i1,1,email,2026-01-02T10:00:00,Offerte gestuurd\n"
    "i2,2,email,2026-01-02T11:00:00,Teruggebeld\n"
)


class Kept(NamedTuple):
    """A home that is opened anew for each step, as commands do."""

    context: Context

    @property
    def home(self) -> Any:
        return self.context.home

    def open(self) -> Deployment:
        return Deployment.open(self.context.settings)

    def do(self, work: Callable[[Deployment], Any]) -> Any:
        with self.open() as deployment:
            return work(deployment)

    def backup(self) -> str:
        return str(self.do(create_backup).backup_id)

    def restore(self, backup_id: str | None = None, **options: Any) -> Restored:
        return restore_backup(self.context.settings, backup_id, **options)

    def land(self, name: str, text: str) -> None:
        from pipelines.batches.context import Tools
        from pipelines.batches.land import land_inbox

        self.context.deliver(name, text)
        with self.open() as deployment:
            land_inbox(deployment, tools=Tools(self.context.settings, WordDetector()))

    def erase(self, email: str) -> None:
        with self.open() as deployment:
            ids = self.subjects_with(deployment.vault, email)
            assert ids
            erase_persons(deployment, ids, detector=WordDetector())
            complete_published(deployment)

    def knows(self, email: str) -> bool:
        """Whether the vault bears the address, or the warehouse its person."""
        with self.open() as deployment:
            return bool(self.subjects_with(deployment.vault, email))

    @staticmethod
    def subjects_with(vault: Vault, email: str) -> list[int]:
        t = schema.identifiers
        blind = vault.index.of("email", email)
        with vault.read() as conn:
            return list(conn.scalars(sa.select(t.c.subject_id).where(t.c.blind == blind)))

    def contacts(self) -> int:
        ((count,),) = self.context.warehouse("select count(*) from warehouse.pseudo.contacts")
        return int(count)


@pytest.fixture(scope="session")
def landed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {"contacts.csv": HEADER + JAN + EVA, "interactions.csv": NOTES}
    return land_files(tmp_path_factory.mktemp("kept"), files)


@pytest.fixture
def kept(landed_once: Path, tmp_path: Path) -> Kept:
    shutil.copytree(landed_once, tmp_path, dirs_exist_ok=True)
    from pipelines.common.policy import load_policy
    from pipelines.common.settings import Home, Settings
    from pipelines.landing.sources import load_sources
    from pipelines.vault.keyring import KeyRing

    settings = Settings(home=tmp_path / "home")
    home = Home.of(settings)
    ring = KeyRing.open(home, settings)
    with closing(Vault.open(home, settings, ring)) as vault:
        return Kept(
            Context(
                settings, home, ring, vault, load_policy(home.policy), load_sources([home.sources])
            )
        )
