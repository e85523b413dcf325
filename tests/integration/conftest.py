"""The demo home that has run, and a copy of it for tests that change something."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.demo import Demo, shared_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Read only."""
    return shared_demo(tmp_path_factory.getbasetemp())


@pytest.fixture
def own_demo(demo: Demo, tmp_path: Path) -> Demo:
    """A copy to change."""
    return demo.copy(tmp_path)
