"""The dashboards as one WSGI application; pages are made by the server, charts by the browser.

No page loads anything from elsewhere: scripts and styles come from here and from packages.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import secrets
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Flask, Response, g, redirect, render_template, request, session
from markupsafe import Markup
from werkzeug.exceptions import HTTPException, SecurityError

from dashboards import access as accesses
from dashboards import exports
from dashboards.access import Access
from dashboards.blocks import block, laid_out
from dashboards.last_run import last_run
from dashboards.pages import PAGES, pages_for
from dashboards.published import Published
from dashboards.reading import Reading
from dashboards.sessions import Attempts, Line, Sessions
from dashboards.specs import Page, Part, Role
from dashboards.texts import LANGUAGES, Texts
from dashboards.view import DIMENSIONS, LONGEST, View, values_of
from pipelines.common.clock import now
from pipelines.common.errors import KlantkluisError, UsageError
from pipelines.common.log import log_event

THREADS = 8
_REFUSED = {400: "bad_request", 405: "not_so", 413: "too_large", 414: "too_large", 431: "too_large"}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""The browser itself refuses what a library would load; it draws with styles in elements."""


def build(published: Published, access: Access | None = None) -> Flask:
    """The WSGI application.

    Args:
        published: Where figures are read; need not have been published yet.
        access: Who may look; by default whoever reaches it.
    """
    access = access or Access()
    app = Flask(__name__, static_folder="assets", static_url_path="/assets")
    app.config.update(
        SECRET_KEY=secrets.token_bytes(32),  # a restart signs everybody out
        SESSION_COOKIE_HTTPONLY=True,
        # a link in a mail opens the page; other sites' forms are refused in ``enter``
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=access.is_https and not access.is_open,
        MAX_CONTENT_LENGTH=10_000,
        SEND_FILE_MAX_AGE_DEFAULT=3_600,
    )
    if access.is_open:  # a foreign name that resolves to this machine is refused
        app.config["TRUSTED_HOSTS"] = ["127.0.0.1", "localhost", "[::1]"]
    app.jinja_env.filters["json_script"] = _json_script
    app.jinja_env.globals["versioned"] = _versioned
    desk = _Desk(published, access)
    app.before_request(desk.enter)
    app.after_request(_closed)
    if access.is_https and not access.is_open:
        app.after_request(_https_only)
    for page in PAGES:
        app.add_url_rule(page.path, page.identity, lambda page=page: desk.show(page))
    app.add_url_rule("/export/<identity>/<part>.<kind>", "export", desk.export)
    app.add_url_rule("/sign-in", "sign_in", desk.sign_in, methods=["GET", "POST"])
    app.add_url_rule("/sign-out", "sign_out", desk.sign_out, methods=["POST"])
    app.add_url_rule("/plotly.js", "plotly", _plotly)
    app.register_error_handler(KlantkluisError, desk.fail)
    app.register_error_handler(HTTPException, desk.refuse)
    app.register_error_handler(Exception, desk.crash)
    return app


def serve(
    published: Published, host: str, port: int, access: Access, ready: Callable[[], None]
) -> None:
    """Serve until interrupted.

    Args:
        published: Where figures are read.
        host: Address to listen on.
        port: TCP port.
        access: Who may look.
        ready: Called once the port is ours.

    Raises:
        NotAllowedError: Others would reach it without signing in.
        UsageError: Something else listens there, or the address is not of this machine.
    """
    import waitress

    accesses.require_reachable(access, host)
    logging.getLogger("klantkluis").addHandler(logging.StreamHandler())  # the operator sees faults
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # readers may wait a moment
    app = build(published, access)
    try:
        server = waitress.create_server(app, host=host, port=port, threads=THREADS, ident=None)
    except OSError:
        raise UsageError(
            "something listens on this port already, or the address is not of this machine",
            code="port_in_use",
            where={"port": str(port)},
            todo="choose another with --port",
        ) from None
    ready()
    server.run()


class _Desk:
    """Answers requests."""

    def __init__(self, published: Published, access: Access) -> None:
        self.published, self.access = published, access
        self.attempts, self.line, self.sessions = Attempts(), Line(), Sessions()

    def enter(self) -> Any:
        g.view = View.of(request.args.to_dict(flat=False))
        g.texts = Texts(g.view.lang or self.published.settings.lang)
        proxy = self.access.proxy
        header = request.headers.get(proxy.header) if proxy else None
        g.name = self.access.vouched(request.remote_addr, header) or self.sessions.name(
            session.get("number"), now()
        )
        g.roles = self.access.roles(g.name)
        if request.method == "POST" and _is_of_another_site():
            return self._notice(g.texts("other_site"), "", 403)
        is_free = request.endpoint in {"sign_in", "static", "plotly"}
        if g.roles or is_free:
            return None
        return redirect(_sign_in_address(request.path, request.args.to_dict(flat=False)))

    def show(self, page: Page) -> Any:
        if not page.roles & g.roles:
            return self._notice(g.texts("not_allowed"), "", 403)
        run = last_run(self.published.home)
        reading = Reading(self.published.snapshot(), g.view, g.texts, page, run)
        if page.needs and not getattr(reading.view, page.needs):
            empty = {"kind": "empty", "id": page.needs, "title": g.texts.page(page.identity)}
            return self._page(
                reading, blocks=[empty | {"what": g.texts("choose_campaign"), "todo": ""}]
            )
        parts = [part for part in page.parts if part.roles & g.roles]
        return self._page(reading, blocks=laid_out([block(p, reading) for p in parts]))

    def export(self, identity: str, part: str, kind: str) -> Any:
        found = _part(identity, part, g.roles)
        if found is None or kind not in exports.KINDS:
            return self._notice(g.texts("not_found"), "", 404)
        run = last_run(self.published.home)
        reading = Reading(self.published.snapshot(), g.view, g.texts, found[0], run)
        table = found[1].table
        written = exports.export(found[1], reading, kind)
        answer = Response(written, content_type=exports.KINDS[kind])
        name = f"{table or part}{f'-{reading.period.key}' if found[0].has_period else ''}.{kind}"
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer

    def sign_in(self) -> Any:
        if self.access.is_open:
            return redirect("/")
        if request.method == "GET":
            return self._sign_in_page()
        name = request.form.get("name", "")[:200]
        password = request.form.get("password", "")[: accesses.LONGEST]
        with self.line.turn() as has_place:
            if not has_place:
                return self._sign_in_page("sign_in_busy"), 503, {"Retry-After": "2"}
            if not self.attempts.begin(name, now()):
                return self._sign_in_page("sign_in_wait"), 429
            if not accesses.is_right(self.access, name, password):
                return self._sign_in_page("sign_in_failed"), 401
        self.attempts.was_right(name)
        session.clear()
        session["number"] = self.sessions.begin(name, now())
        return redirect(_back(request.args.get("next", "")) or f"/{g.view.query()}")

    def sign_out(self) -> Any:
        self.sessions.end(session.get("number"))
        session.clear()
        return redirect(f"/sign-in{View(lang=g.view.lang, theme=g.view.theme).query()}")

    def fail(self, error: KlantkluisError) -> Any:
        self._ready()
        what, todo = g.texts.error(error.code)
        if lacking := error.where.get("lacking"):
            what = f"{what}. {g.texts('lacking', names=lacking)}"
        return self._notice(what, todo, 503)

    def refuse(self, error: HTTPException) -> Any:
        if error.code is None or error.code < 400:
            return error
        self._ready()
        key = (
            "host_refused"
            if isinstance(error, SecurityError)
            else _REFUSED.get(error.code, "not_found")
        )
        return self._notice(g.texts(key), "", error.code)

    def crash(self, error: Exception) -> Any:
        """A fault of ours: a page and the kind of it in the log, no value and no traceback."""
        log_event("dashboard_failed", level=logging.ERROR, code=type(error).__name__)
        self._ready()
        what, todo = g.texts.error("other")
        return self._notice(what, todo, 500)

    def _ready(self) -> None:
        if "texts" not in g:  # refused before it was read
            g.view, g.texts, g.name, g.roles = View(), Texts("en"), None, frozenset()

    def _sign_in_page(self, failed: str = "") -> str:
        target = request.args.get("next", "")
        address = _sign_in_address(target, {"lang": g.view.lang, "theme": g.view.theme})
        return render_template(
            "sign_in.html", texts=g.texts, view=g.view, address=address,
            failed=g.texts(failed) if failed else "",
        )  # fmt: skip

    def _notice(self, what: str, todo: str, status: int) -> Any:
        return render_template(
            "notice.html", texts=g.texts, view=g.view, what=what, todo=todo, pages=(), page=None,
            name=g.name,
        ), status  # fmt: skip

    def _page(self, reading: Reading, **fields: Any) -> str:
        texts: Texts = g.texts
        page = reading.page
        return render_template(
            "page.html", texts=texts, view=reading.view, reading=reading, page=page,
            pages=pages_for(g.roles), name=None if self.access.is_open else g.name,
            other=next(lang for lang in LANGUAGES if lang != texts.language),
            filters={name: found for name in page.filters if (found := _choices(reading, name))},
            plotly=version("plotly"), stale=reading.stale_days(now()), **fields,
        )  # fmt: skip


def _choices(reading: Reading, name: str) -> list[tuple[str, str]]:
    """What a page can choose by: values of its own tables, and what came with the address."""
    column = DIMENSIONS[name]
    tables = frozenset(part.table for part in reading.page.parts)
    values = {*values_of(reading.snapshot, column, tables)}
    if values and (chosen := getattr(reading.view, name)):
        values.add(chosen)
    return sorted(
        ((v, reading.label(column, v)) for v in values), key=lambda one: one[1].casefold()
    )


def _is_of_another_site() -> bool:
    """Whether the browser says that a form was sent from a page that is not ours.

    Source: OWASP, Cross-Site Request Forgery Prevention, Fetch Metadata. Under our referrer policy
    a browser names no origin for a form, so one without fetch metadata is held by the cookie alone.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("Origin", "null")
    return origin != "null" and urlsplit(origin).netloc != request.host


def _sign_in_address(target: str, parameters: dict[str, Any]) -> str:
    """The page to sign in, in the reader's language, and where to go on from there."""
    view = View.of(parameters)
    address = target if "?" in target else target + view.query()
    chosen = {"lang": view.lang, "theme": view.theme, "next": _back(address)}
    query = urlencode({name: text for name, text in chosen.items() if text and text != "/"})
    return f"/sign-in?{query}" if query else "/sign-in"


def _back(target: str) -> str:
    """A page of ours with a view, written anew from what is understood; else nothing."""
    path, _, query = target.partition("?")
    if path not in {page.path for page in PAGES} or len(query) > LONGEST:
        return ""
    return path + View.of(parse_qs(query)).query()


def _part(identity: str, title: str, roles: frozenset[Role]) -> tuple[Page, Part] | None:
    return next(
        (
            (page, part)
            for page in pages_for(roles)
            for part in page.parts
            if page.identity == identity and part.title == title and part.roles & roles
        ),
        None,
    )  # fmt: skip


def _json_script(value: Any) -> Markup:
    text = json.dumps(value, ensure_ascii=True, allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))  # noqa: S704 - nothing in it ends a script


@lru_cache(maxsize=8)
def _versioned(name: str) -> str:
    """The address of a file of ours, another one when its text is."""
    text = (Path(__file__).parent / "assets" / name).read_bytes()
    return f"/assets/{name}?v={hashlib.sha256(text).hexdigest()[:12]}"


def _plotly() -> Response:
    is_packed = bool(request.accept_encodings["gzip"])
    answer = Response(_plotly_script(is_packed), mimetype="text/javascript")
    if is_packed:
        answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Vary"] = "Accept-Encoding"
    # its address has the version
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer


@lru_cache(maxsize=2)
def _plotly_script(is_packed: bool) -> bytes:
    spec = find_spec("plotly")
    assert spec is not None
    assert spec.origin is not None
    script = (Path(spec.origin).parent / "package_data" / "plotly.min.js").read_bytes()
    return gzip.compress(script, 6, mtime=0) if is_packed else script


def _https_only(response: Response) -> Response:
    response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response


def _closed(response: Response) -> Response:
    response.headers.update(_HEADERS)
    if request.endpoint not in {"static", "plotly"}:
        response.headers["Cache-Control"] = "no-store"
    return response
