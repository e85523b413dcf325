"""Serves dbt's own documentation on this machine: ``make docs``.

Models, columns, tests, metrics, lineage and the dashboards that show them, made from the project's
text alone: no database is opened and no key is read, so there is nothing of anybody in the pages.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from pipelines.common.errors import BuildError
from pipelines.common.settings import Home, Settings
from pipelines.warehouse import dbt
from pipelines.warehouse.metrics import VARIABLES

HOST: Final = "127.0.0.1"
FILES: Final = ("index.html", "manifest.json", "catalog.json")


def write_docs(folder: Path, settings: Settings) -> Path:
    """Write the pages into a folder.

    Args:
        folder: Where dbt may work; what is returned lies under it.
        settings: Reporting time zone and currency.

    Returns:
        A folder with the three files of the pages, and nothing else.

    Raises:
        BuildError: The project does not parse.
    """
    home = Home(folder / "dbt")
    dbt.write_manifest(home.root, settings, variables=VARIABLES)
    arguments = [
        "docs", "generate", "--no-compile", "--empty-catalog",
        "--vars", dbt._variables(settings, VARIABLES),
    ]  # fmt: skip
    outcome = dbt._invoke(home, dbt.PROJECT, arguments, session=None, write_json=True)
    if not outcome.success:
        raise BuildError("dbt could not describe the project", code="docs_failed")
    pages = folder / "pages"
    pages.mkdir()
    for name in FILES:
        shutil.copy(home.dbt / "target" / name, pages / name)
    return pages


def main() -> None:
    """Write the pages into a folder that vanishes, and serve them until interrupted."""
    parser = argparse.ArgumentParser(prog="make docs", description=__doc__)
    parser.add_argument("--port", type=int, default=8081)
    port = parser.parse_args().port
    with tempfile.TemporaryDirectory() as folder:
        pages = write_docs(Path(folder), Settings())
        handler = partial(SimpleHTTPRequestHandler, directory=str(pages))
        with ThreadingHTTPServer((HOST, port), handler) as server:
            print(f"http://{HOST}:{port}")  # noqa: T201 - the one line of this command
            server.serve_forever()


if __name__ == "__main__":
    main()
