"""Serving: headers on every answer, what each role reaches, a publication while readers read."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from dashboards.access import Access
from dashboards.app import build
from dashboards.pages import PAGES, tables_for
from dashboards.published import Published
from dashboards.specs import EVERYBODY, Role
from tests.support.figures import STATEMENTS, cheaply_hashed, publish

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ANSWERS = [
    ("/", 200), ("/campaigns?lang=nl", 200), ("/export/campaigns/campaign_list.csv", 200),
    ("/assets/style.css", 200), ("/plotly.js", 200), ("/nowhere", 404), ("/sign-in", 302),
]  # fmt: skip


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return publish(tmp_path_factory.mktemp("serving"))


def _signed_in(published: Published, *roles: str):
    access = Access.model_validate(
        {
            "users": {"anna": {"password": cheaply_hashed("right and long"), "roles": list(roles)}},
            "is_https": False,
        }
    )
    client = build(published, access).test_client()
    client.post("/sign-in", data={"name": "anna", "password": "right and long"})
    return client


@pytest.mark.parametrize(("path", "status"), ANSWERS)
def test_every_answer_is_closed(published: Published, path: str, status: int) -> None:
    answer = build(published).test_client().get(path)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self';")
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    is_public = path in {"/assets/style.css", "/plotly.js"}
    assert ("no-store" in answer.headers["Cache-Control"]) is not is_public


def test_browsers_are_told_to_stay_with_https_where_there_is_https(published: Published) -> None:
    users = {"anna": {"password": cheaply_hashed("right and long"), "roles": ["sales"]}}
    for is_https in (True, False):
        access = Access.model_validate({"users": users, "is_https": is_https})
        client = build(published, access).test_client()
        answer = client.post("/sign-in", data={"name": "anna", "password": "right and long"})
        assert ("Strict-Transport-Security" in answer.headers) is is_https
        assert ("Secure" in answer.headers["Set-Cookie"]) is is_https


def test_chart_script_is_packed_for_who_takes_it_so(published: Published) -> None:
    client = build(published).test_client()
    packed = client.get("/plotly.js", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/plotly.js")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert len(packed.data) * 2 < len(plain.data)


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_role_reaches_its_pages_and_tables_and_no_other(published: Published, role: Role) -> None:
    client = _signed_in(published, role)
    for page in PAGES:
        wanted = 200 if role in page.roles else 403
        assert client.get(page.path).status_code == wanted, page.identity
        for part in page.parts:
            if part.table in published.snapshot().tables:
                answer = client.get(f"/export/{page.identity}/{part.title}.csv")
                may = role in page.roles and role in part.roles
                assert answer.status_code == (200 if may else 404), (page.identity, part.title)
    nav = client.get("/").text
    assert [p.identity for p in PAGES if f'<a href="{p.path}"' in nav.split("</nav>")[0]][1:] == [
        p.identity for p in PAGES[1:] if role in p.roles
    ]


def test_only_stewards_reach_the_privacy_desk_and_only_sales_the_sellers() -> None:
    for role in EVERYBODY:
        tables = tables_for(frozenset({role}))
        assert ("kpi_privacy_desk" in tables) is (role == "steward")
        assert ("kpi_sales_rep_monthly" in tables) is (role in {"sales", "steward"})
        assert ("kpi_support_agent_monthly" in tables) is (role in {"support", "steward"})


def test_user_without_a_role_any_more_is_out_at_once(published: Published) -> None:
    client = _signed_in(published, "marketer")
    assert client.get("/").status_code == 200
    with client.session_transaction() as session:
        session["number"] = "of nobody"
    assert client.get("/").headers["Location"] == "/sign-in"


def test_old_figures_are_told(published: Published, monkeypatch: pytest.MonkeyPatch) -> None:
    built = published.snapshot().built_at
    assert built is not None
    client = build(published).test_client()
    monkeypatch.setattr("dashboards.app.now", lambda: built + timedelta(hours=30))
    assert "days old" not in client.get("/").text
    monkeypatch.setattr("dashboards.app.now", lambda: built + timedelta(days=5))
    assert "These figures are 5 days old" in client.get("/").text


def test_publications_under_load_fail_no_request_and_show_at_once(tmp_path: Path) -> None:
    published = publish(tmp_path / "served")
    file = published.home.dashboards
    new = []
    for turn in range(3):
        figures = [
            s.replace("1000 * month(month)", f"{turn + 2}000 * month(month)") for s in STATEMENTS
        ]
        new.append(publish(tmp_path / f"new-{turn}", figures).home.dashboards)
    app = build(published)
    seen: set[str] = set()
    wrong: list[str] = []
    stopped = threading.Event()

    def read() -> None:
        client = app.test_client()
        while not stopped.is_set():
            answer = client.get("/?period=2026-05&lang=en&compare=none")
            text = answer.text.split('kpi_sales_monthly.won_revenue">')[-1][:12].strip()
            seen.add(text.split("<")[0])
            if answer.status_code != 200:
                wrong.append(answer.status)

    readers = [threading.Thread(target=read) for _ in range(6)]
    for reader in readers:
        reader.start()
    client = app.test_client()
    for turn, path in enumerate(new):
        path.replace(file)  # as a publication does
        # whoever asks next, while another opens it, may still see the one before; soon nobody does
        wanted = f"€{(turn + 2) * 5 + 2},026.00"
        asked = (client.get("/?period=2026-05&lang=en").text for _ in range(1_000))
        assert any(wanted in text for text in asked)
    stopped.set()
    for reader in readers:
        reader.join()
    assert wrong == []
    assert seen <= {"€7,026.00", "€12,026.00", "€17,026.00", "€22,026.00"}
