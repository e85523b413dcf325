"""Throwaway homes with approved rules, and the sample's files put where a measurement needs them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pipelines.common.approvals import approve
from pipelines.common.settings import Settings
from pipelines.runs import Deployment


def settings_of(root: Path, workers: int = 1) -> Settings:
    """Settings of the home under a folder, of one worker: the floor has one process too.

    Whole runs have no such peer, and are given 0, as by default: all cores.
    """
    return Settings(home=root / "home", ledger=root / "ledger", workers=workers)


def make_home(root: Path) -> Settings:
    """A new home in which every rule is approved."""
    settings = settings_of(root)
    with Deployment.create(settings) as deployment:
        approve(deployment.home.policy, "benchmark", date(2026, 1, 1))
    return settings


def copy_home(root: Path, to: Path) -> Settings:
    """A copy of a home with its ledger, in place of what stood there."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(root, to)
    return settings_of(to)


def fill_inbox(settings: Settings, sample: Path, stems: Sequence[str] = ("",)) -> int:
    """Copy a delivery's files, or those whose names begin so, into the inbox; gives bytes."""
    copied = 0
    for path in sorted(sample.glob("*/*")):
        if path.parent.name == "truth" or not path.name.startswith(tuple(stems)):
            continue
        folder = settings.home / "inbox" / path.parent.name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, folder / path.name)
        copied += path.stat().st_size
    return copied
