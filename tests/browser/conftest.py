"""One server and one browser for all browser tests; skipped where there is no Chromium."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import waitress
from pydantic import SecretStr

from dashboards.app import build
from dashboards.published import Published
from pipelines.common.settings import Home, Settings
from pipelines.vault.keyring import FileKey
from tests.support.demo import shared_demo
from tests.support.figures import publish


@contextmanager
def _served(published: Published) -> Iterator[str]:
    server = waitress.create_server(build(published), host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the dashboards are served from a file that a test wrote."""
    with _served(publish(tmp_path_factory.mktemp("published"))) as address:
        yield address


@pytest.fixture(scope="session")
def demo_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the demo's own publication is served."""
    with served_home(shared_demo(tmp_path_factory.getbasetemp()).settings) as address:
        yield address


@contextmanager
def served_home(settings: Settings) -> Iterator[str]:
    """What a home has published, served for a while."""
    home = Home.of(settings)
    key = SecretStr(FileKey(home.keys / "dashboards.key").read().hex())
    with _served(Published(home, key, settings)) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The system's Chromium."""
    found = next((p for n in ("chromium", "chromium-browser") if (p := shutil.which(n))), None)
    if found is None:
        pytest.skip("no Chromium on this machine")
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()
