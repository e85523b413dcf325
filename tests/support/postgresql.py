"""A PostgreSQL of a test's own: made, started on loopback, stopped by its own process id.

Debian's package `postgresql` has what is needed; no server of the machine is touched.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

USER = "klantkluis"
_NOBODY_RUNS_IT_AS_ROOT = "postgres"


def why_not() -> str | None:
    """Why there can be no server here, or None."""
    if find_spec("psycopg") is None:
        return "psycopg is not installed"
    if _programs() is None:
        return "no PostgreSQL server is installed"
    if os.getuid() == 0 and not _has_user(_NOBODY_RUNS_IT_AS_ROOT):
        return "PostgreSQL does not run as root, and there is no user for it"
    return None


@contextmanager
def server() -> Iterator[str]:
    """A running server with an empty database; gives the URL of it."""
    programs = _programs()
    assert programs is not None
    account = _NOBODY_RUNS_IT_AS_ROOT if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="kk-pg-"))
    password, port = secrets.token_hex(16), _free_port()
    (folder / "password").write_text(password)
    if account:
        for path in (folder, folder / "password"):
            shutil.chown(path, account)
    try:
        subprocess.run(
            [programs / "initdb", "-D", folder / "data", "-U", USER, "--auth=scram-sha-256",
             f"--pwfile={folder / 'password'}", "-E", "UTF8", "--no-sync"],
            user=account, check=True, stdout=subprocess.DEVNULL, cwd=folder, timeout=120,
        )  # fmt: skip
        process = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", "-h", "127.0.0.1", "-p", str(port),
             "-k", folder, "-F"],
            user=account, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
        )  # fmt: skip
        try:
            url = f"postgresql+psycopg://{USER}:{password}@127.0.0.1:{port}/postgres"
            _wait(url, process)
            yield url
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    import psycopg

    for _ in range(300):
        assert process.poll() is None, "the server ended"
        try:
            psycopg.connect(url.replace("+psycopg", ""), connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.2)
        else:
            return
    raise AssertionError("the server does not answer")


def _programs() -> Path | None:
    found = shutil.which("postgres")
    if found:
        return Path(found).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return installed[-1].parent if installed else None


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
