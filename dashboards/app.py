"""The dashboards as one WSGI application, served on this machine only.

No page loads anything from elsewhere: scripts, styles and fonts come out of the packages.
"""

from __future__ import annotations

from typing import Any

import vizro.models as vm
from vizro import Vizro

from dashboards import campaigns, sales
from dashboards.published import Published
from pipelines.common.errors import StorageError

HOST = "127.0.0.1"
PAGES = (sales, campaigns)
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""The browser itself refuses what a library would load from elsewhere."""


def pages(published: Published) -> list[vm.Page]:
    """The pages whose table is published, in order.

    Args:
        published: Where figures are read.

    Raises:
        StorageError: Nothing that a page shows has been published yet.
    """
    tables = published.tables()
    found = [module.page(published) for module in PAGES if module.TABLE in tables]
    if not found:
        raise StorageError(
            "nothing that the dashboards show has been published yet",
            code="not_published",
            where={"store": "dashboards"},
            todo="run klantkluis run",
        )
    return found


def build(published: Published) -> Any:
    """The Flask application; once per process, as Dash keeps its application process-wide.

    Args:
        published: Where figures are read; must have been published.

    Raises:
        StorageError: Nothing that a page shows has been published yet.
    """
    dashboard = vm.Dashboard(title="Klantkluis", pages=pages(published))
    server = Vizro(serve_locally=True).build(dashboard).dash.server
    server.after_request(_closed)
    return server


def serve(published: Published, port: int) -> None:
    """Serve until interrupted, on the loopback address.

    Args:
        published: Where figures are read.
        port: TCP port.
    """
    import waitress

    waitress.serve(build(published), host=HOST, port=port, threads=4, _quiet=True, ident=None)


def _closed(response: Any) -> Any:
    response.headers.update(_HEADERS)
    return response
