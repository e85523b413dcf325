"""The dashboards of the demo home: what the real pipeline published."""

from __future__ import annotations

import pytest

from dashboards.published import Published
from tests.support.demo import Demo, shared_demo


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """Read only."""
    return shared_demo(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session")
def demo_published(demo: Demo) -> Published:
    """The demo's figures, as the server reads them."""
    with demo.deploy() as deployment:
        key = deployment.keyring.role_key("dashboards")
    return Published(demo.home, key, demo.settings)
