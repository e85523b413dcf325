"""The dbt project, parsed once per test run and given to each new home: it takes seconds of a build."""

from __future__ import annotations

import fcntl
import shutil
from pathlib import Path

from pipelines.common.settings import Home, Settings
from pipelines.warehouse.dbt import write_manifest

_places: list[Path] = []


def keep_parsed_under(base: Path) -> None:
    """Say where the workers of this run share it."""
    _places[:] = [base.parent if base.name.startswith("popen-") else base]


def know_project(home: Home) -> None:
    """Put the parsed project into a home; dbt takes it up where variables and files are the same."""
    if not _places:
        return
    parsed = Home(_places[-1] / "parsed")
    with (_places[-1] / "parsed.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (parsed.dbt / "done").exists():
            write_manifest(parsed.root, Settings())
            (parsed.dbt / "done").touch()
    target = home.dbt / "target"
    target.mkdir(parents=True, exist_ok=True)
    shutil.copy(parsed.dbt / "target" / "partial_parse.msgpack", target)
