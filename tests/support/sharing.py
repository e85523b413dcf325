"""Which tests share a worker, so that what they share is made once; and that the longest go first.

pytest-xdist's own groups (``--dist loadgroup``) do nothing under pytest 9.2: they are written into an
attribute of a test that is not read any more. How tests are shared out is its public hook.
"""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import pytest

LONGEST = ("integration", "oracle", "privacy", "browser", "dbt", "dagster", "cli")
BY_MODULE = ("integration", "privacy")
"""All of such a folder share one demo home, which is made under a lock."""


def group_of(nodeid: str) -> str:
    """A folder's tests; of some folders a module's; and each kill by itself, since they are long."""
    path = PurePath(nodeid.split("::", 1)[0])
    if path.stem == "test_kill":
        return nodeid
    return path.stem if path.parent.name in BY_MODULE else path.parent.name


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give a worker whole groups, in the order of the tests."""
    from xdist.scheduler import LoadScopeScheduling

    class Sharing(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    config.option.loadscopereorder = False
    return Sharing(config, log)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The folders that take longest first, so that no worker is left alone with one at the end."""
    items.sort(key=lambda item: _rank(item.path.parent.name))


def _rank(folder: str) -> int:
    return LONGEST.index(folder) if folder in LONGEST else len(LONGEST)
