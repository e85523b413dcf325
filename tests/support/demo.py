"""One demo home for all tests of a run: made once by the real pipeline, copied by whoever changes it."""

from __future__ import annotations

import csv
import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import sqlalchemy as sa

from pipelines.common.settings import Home, Settings
from pipelines.jobs import run_pipeline
from pipelines.runs import Deployment
from pipelines.sample import write_sample
from pipelines.vault import schema
from tests.support.context import approve_all
from tests.support.parsed import know_project

AS_OF = datetime(2026, 11, 20, 6, tzinfo=UTC)
SCALE, SEED = 0.15, 7


class Demo(NamedTuple):
    """A home that has run once over the sample, and the sample with its truth."""

    settings: Settings
    home: Home
    sample: Path

    def run(self, **options: Any) -> Any:
        """Run the pipeline on this home, as of the demo's instant."""
        return run_pipeline(self.settings, as_of=options.pop("as_of", AS_OF), **options)

    def deploy(self) -> Deployment:
        """The home opened."""
        return Deployment.open(self.settings)

    def deliver(self) -> None:
        """Put the whole sample into the inbox again."""
        for folder in self.sample.iterdir():
            if folder.name != "truth":
                shutil.copytree(folder, self.home.inbox / folder.name, dirs_exist_ok=True)

    def reread(self) -> None:
        """Forget the fingerprints of landed files, so that every row is looked at again."""
        with self.deploy() as deployment, deployment.vault.begin() as vault:
            vault.execute(sa.update(schema.batches).values(file_fingerprint="forgotten"))

    def truth(self, name: str) -> list[dict[str, str]]:
        """Rows of one of the truth's tables."""
        rows: list[dict[str, str]] = []
        for path in sorted((self.sample / "truth").glob(f"{name}-*.csv")):
            with path.open(encoding="utf-8", newline="") as lines:
                rows += list(csv.DictReader(lines))
        return rows

    def copy(self, folder: Path) -> Demo:
        """A copy of home and ledger to change."""
        shutil.copytree(self.home.root, folder / "home")
        shutil.copytree(self.home.ledger, folder / "home-ledger")
        settings = self.settings.model_copy(update={"home": folder / "home"})
        return Demo(settings, Home.of(settings), self.sample)


def new_home(folder: Path, scale: float = SCALE) -> Demo:
    """An empty home with approved rules beside a fresh sample."""
    settings = Settings(home=folder / "home", workers=1)
    with Deployment.create(settings) as deployment:
        approve_all(deployment.home)
    write_sample(folder / "sample", scale, SEED)
    know_project(Home.of(settings))
    return Demo(settings, Home.of(settings), folder / "sample")


def shared_demo(base: Path) -> Demo:
    """The demo home of this test run, after one run."""

    def make(folder: Path) -> None:
        demo = new_home(folder)
        demo.deliver()
        demo.run()

    return shared(base, "demo", make)


def shared(base: Path, name: str, make: Callable[[Path], None]) -> Demo:
    """A home of all workers' tests, to read or copy; the first that asks makes it, others wait."""
    base = base.parent if base.name.startswith("popen-") else base
    folder = base / name
    with _lock(base / f"{name}.lock"):
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            make(folder)
            (folder / "done").touch()
    settings = Settings(home=folder / "home", workers=1)
    return Demo(settings, Home.of(settings), folder / "sample")


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
