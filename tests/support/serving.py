"""The dashboards behind their real server, on a port of this machine, for a while."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import waitress
from pydantic import SecretStr

from dashboards.access import Access
from dashboards.app import build
from dashboards.published import Published
from pipelines.common.settings import Home, Settings
from pipelines.vault.keyring import FileKey


@contextmanager
def served(published: Published, access: Access | None = None) -> Iterator[str]:
    """A published file, served; gives the address."""
    server = waitress.create_server(build(published, access), host="127.0.0.1", port=0, threads=4)

    def run() -> None:
        with suppress(OSError):  # it waits on what is closed below
            server.run()

    threading.Thread(target=run, daemon=True).start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()


@contextmanager
def served_home(settings: Settings) -> Iterator[str]:
    """What a home has published, served; gives the address."""
    home = Home.of(settings)
    key = SecretStr(FileKey(home.keys / "dashboards.key").read().hex())
    with served(Published(home, key, settings)) as address:
        yield address
