"""How the dashboards of a home serve: first paint, filter changes, memory, a publication under load.

The server is the one that ``klantkluis dashboards`` starts, in a process of its own; its readers are
in another, and one of them is a browser where there is a Chromium.
"""

from __future__ import annotations

import http.client
import itertools
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.measure import middle, run_child
from pipelines.common.settings import Settings

READERS = 10
LOOK_SECONDS = 1.0
PATHS = ("/", "/campaigns", "/campaign", "/attribution", "/sales", "/customers", "/support",
         "/trends", "/privacy", "/quality")  # fmt: skip


def measure_dashboards(
    scale: float, settings: Settings, seconds: float, tell: Callable[[str], None]
) -> dict[str, Any]:
    """Serve a home and read it.

    Args:
        scale: Of the sample that is in it.
        settings: Of a home that has published, and of its ledger.
        seconds: How long each crowd of readers reads.
        tell: Takes a line about what is going on.
    """
    home, ledger = settings.home, settings.ledger
    tell("dashboards: a browser alone")
    with served(home) as (port, process):
        found = {"alone": run_child("browse", port=port, turns=2, changes=20)}
        tell(f"dashboards: {READERS} readers, one of them a browser")
        choices = {"port": port, "readers": READERS - 1, "seconds": seconds}
        with crowd(pause=LOOK_SECONDS, **choices) as others:
            found["among"] = run_child("browse", port=port, turns=1, changes=60)
        found["looking"] = others.result
        tell(f"dashboards: {READERS} readers without a pause")
        found["hasty"] = run_child("read", port=port, readers=READERS, seconds=seconds, pause=0)
        tell("dashboards: publications under load")
        with crowd(pause=0, port=port, readers=READERS, seconds=seconds) as others:
            found["publications"] = run_child("republish", home=home, ledger=ledger, turns=3)
        found["republished"] = others.result
        found["server_megabytes"] = _peak_of(process.pid)
    size = (home / "dashboards.duckdb").stat().st_size / 1e6
    return {"scale": scale, "published_megabytes": size, **found}


@contextmanager
def served(home: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The server of a home, until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = Path(sys.executable).with_name("klantkluis")
    words = [str(command), "--home", str(home), "dashboards", "--port", str(port)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL) as process:
        try:
            for _ in range(600):
                if process.poll() is not None:
                    raise SystemExit("the dashboards did not start")
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield port, process
        finally:
            process.terminate()


class crowd:  # noqa: N801 - used as a block
    """Readers in a process of their own while a block runs; ``result`` is there after it."""

    def __init__(self, **choices: Any) -> None:
        self.result: dict[str, Any] = {}
        self._thread = threading.Thread(
            target=lambda: self.result.update(run_child("read", **choices))
        )

    def __enter__(self) -> crowd:
        self._thread.start()
        time.sleep(2)  # they are there before the block begins
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()


def read(port: int, readers: int, seconds: float, pause: float) -> dict[str, Any]:
    """Readers that change filters for some seconds, each over one connection."""
    addresses = _addresses(port)
    spent: list[float] = []
    failed: list[int] = []
    end = time.perf_counter() + seconds

    def one(first: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        for address in itertools.islice(itertools.cycle(addresses), first, None):
            begun = time.perf_counter()
            if begun > end:
                break
            try:
                connection.request("GET", address)
                answer = connection.getresponse()
                answer.read()
                (spent if answer.status == 200 else failed).append(time.perf_counter() - begun)  # type: ignore[arg-type]
            except OSError:
                failed.append(0)
                connection.close()
            time.sleep(pause)
        connection.close()

    threads = [threading.Thread(target=one, args=(7 * n,)) for n in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ordered = sorted(spent)
    return {
        "requests": len(spent), "failed": len(failed), "median_seconds": middle(ordered),
        "p95_seconds": ordered[int(len(ordered) * 0.95)], "longest_seconds": ordered[-1],
    }  # fmt: skip


def republish(home: str, ledger: str | None, turns: int) -> dict[str, Any]:
    """Publish what the warehouse holds, as a run does at its end."""
    from pipelines.runs import Deployment
    from pipelines.warehouse.publication import PublicationKeys, publish

    settings = Settings(home=Path(home), ledger=Path(ledger) if ledger else None)
    spent = []
    with Deployment.open(settings) as deployment:
        keys = (deployment.keyring.role_key(r) for r in ("warehouse", "analyst", "dashboards"))
        names = PublicationKeys(*keys)
        for _ in range(turns):
            begun = time.perf_counter()
            publish(deployment.home, names, settings)
            spent.append(time.perf_counter() - begun)
    return {"publications": turns, "seconds": middle(spent)}


def _addresses(port: int) -> list[str]:
    """Every page under every period that is published and every value of its filters."""
    found = []
    for path in PATHS:
        text = _get(port, path)
        for name in re.findall(r'<select id="(\w+)"', text):
            chosen = text.split(f'<select id="{name}"')[1].split("</select>")[0]
            values = re.findall(r'<option value="([^"]+)"', chosen)
            found += [f"{path}?{name}={value.replace(' ', '%20')}" for value in values[:40]]
    return found or list(PATHS)


def _get(port: int, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    text = answer.read().decode()
    if answer.status != 200:
        raise SystemExit(f"the dashboards answer {answer.status}: run klantkluis run on that home")
    return text


def _peak_of(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(x.split()[1]) / 1024 for x in lines if x.startswith("VmHWM:")), 0.0)
