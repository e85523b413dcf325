"""Signing in: a link leads where it says, no other site gets in, and passwords wait their turn."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboards import sessions as kept
from dashboards.access import Access
from dashboards.app import build
from dashboards.published import Published
from dashboards.sessions import IN_LINE, LASTS, MOST_ATTEMPTS, Attempts, Line, Sessions
from tests.support.figures import cheaply_hashed, publish

NOW = datetime(2026, 11, 24, tzinfo=UTC)
WORDS = {"name": "anna", "password": "right and long"}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return publish(tmp_path_factory.mktemp("signing-in"))


@pytest.fixture(scope="module")
def access() -> Access:
    user = {"password": cheaply_hashed(WORDS["password"]), "roles": ["marketer"]}
    return Access.model_validate({"users": {"anna": user}, "is_https": False})


@pytest.fixture
def client(published: Published, access: Access):
    return build(published, access).test_client()


def test_link_leads_to_its_view_in_its_language_after_signing_in(client) -> None:
    link = "/campaigns?lang=nl&period=2026-10&channel=social"
    form = client.get(link)
    assert form.status_code == 302
    page = client.get(form.headers["Location"])
    assert "Aanmelden" in page.text
    wrong = client.post(form.headers["Location"], data={"name": "anna", "password": "no"})
    assert "klopt niet" in wrong.text
    assert "next=%2Fcampaigns" in wrong.text  # a wrong password does not lose the way
    answer = client.post(form.headers["Location"], data=WORDS)
    assert answer.headers["Location"] == link
    assert client.get(link).status_code == 200


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/%2Fevil.example", "javascript:x",
     "/campaigns/../..//evil.example", "\n//evil.example", "/sign-out", "/assets/app.js", " /", "/@x"],
)  # fmt: skip
def test_nobody_is_led_elsewhere(client, target: str) -> None:
    answer = client.post("/sign-in", query_string={"next": target}, data=WORDS)
    assert answer.headers["Location"] == "/"


def test_only_what_is_understood_of_a_view_is_kept(client) -> None:
    target = "/campaigns?period=2026&next=//evil.example&x=%0d%0aSet-Cookie:a"
    answer = client.post("/sign-in", query_string={"next": target}, data=WORDS)
    assert answer.headers["Location"] == "/campaigns?period=2026"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 302),
        ({"Origin": "http://localhost"}, 302),
        ({}, 302),
    ],
)
def test_form_of_another_site_signs_nobody_in_or_out(client, headers, status: int) -> None:
    assert client.post("/sign-in", data=WORDS, headers=headers).status_code == status
    client.post("/sign-in", data=WORDS)
    assert client.post("/sign-out", headers=headers).status_code == status
    assert client.get("/").status_code == (200 if status == 403 else 302)


def test_signing_out_keeps_the_language(client) -> None:
    client.post("/sign-in?lang=nl", data=WORDS)
    assert 'action="/sign-out?lang=nl"' in client.get("/?lang=nl").text
    assert client.post("/sign-out?lang=nl").headers["Location"] == "/sign-in?lang=nl"


def test_sessions_end_by_themselves_and_when_told() -> None:
    sessions = Sessions()
    number = sessions.begin("anna", NOW)
    assert sessions.name(number, NOW + LASTS - timedelta(seconds=1)) == "anna"
    assert sessions.name(number, NOW + LASTS) is None
    sessions.end(number)
    assert sessions.name(number, NOW) is None
    assert sessions.name(None, NOW) is None


def test_whoever_signs_in_signs_nobody_out_before_there_are_too_many(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(kept, "MOST_SESSIONS", 10)
    sessions = Sessions()
    numbers = [sessions.begin(f"user{n}", NOW) for n in range(10)]
    assert all(sessions.name(number, NOW) for number in numbers)
    newest = sessions.begin("user10", NOW)
    assert [sessions.name(n, NOW) for n in (numbers[0], numbers[1], newest)] == [
        None, "user1", "user10",
    ]  # fmt: skip


def test_many_tries_at_once_are_not_more_than_one_by_one() -> None:
    attempts, start = Attempts(), threading.Barrier(20)
    allowed: list[bool] = []

    def attempt() -> None:
        start.wait()
        allowed.append(attempts.begin("anna", NOW))

    tries = [threading.Thread(target=attempt) for _ in range(20)]
    for one in tries:
        one.start()
    for one in tries:
        one.join()
    assert sum(allowed) == MOST_ATTEMPTS
    attempts.was_right("anna")
    assert attempts.begin("anna", NOW)


def test_one_password_is_looked_at_at_a_time_and_few_wait(
    published: Published, access: Access, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking, go_on = threading.Semaphore(0), threading.Event()
    at_once: list[int] = []
    now_looking = 0

    def slowly(*_: object) -> bool:
        nonlocal now_looking
        now_looking += 1
        at_once.append(now_looking)
        looking.release()
        go_on.wait(60)
        now_looking -= 1
        return False

    monkeypatch.setattr("dashboards.app.accesses.is_right", slowly)
    app = build(published, access)
    answers: list[int] = []

    def post(name: str) -> None:
        answer = app.test_client().post("/sign-in", data={"name": name, "password": "x"})
        answers.append(answer.status_code)
        waiting.release()

    waiting = threading.Semaphore(0)
    tries = [threading.Thread(target=post, args=(f"n{place}",)) for place in range(12)]
    for one in tries:
        one.start()
    looking.acquire()
    for _ in range(12 - IN_LINE):  # all others are sent away while the first is still looked at
        waiting.acquire()
    assert answers == [503] * (12 - IN_LINE)
    go_on.set()
    for one in tries:
        one.join()
    assert sorted(answers) == [401] * IN_LINE + [503] * (12 - IN_LINE)
    assert max(at_once) == 1


def test_place_in_line_is_given_back_after_a_fault() -> None:
    line = Line()
    for _ in range(IN_LINE + 1):
        with pytest.raises(RuntimeError), line.turn() as has_place:
            assert has_place
            raise RuntimeError


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/nowhere", 404, "There is no such page"),
        ("/campaigns", 405, "does not take what was sent"),
        ("/sign-in", 413, "too large"),
    ],
)
def test_refusals_say_what_is_wrong(published: Published, access, path, status: int, says) -> None:
    client = build(published, access).test_client()
    client.post("/sign-in", data=WORDS)
    answer = client.post(path, data={"name": "x" * 20_000} if status == 413 else {})
    assert answer.status_code == status
    assert says in answer.text


def test_foreign_name_and_a_home_that_is_gone_are_told(
    published: Published, tmp_path: Path
) -> None:
    client = build(published).test_client()
    answer = client.get("/", headers={"Host": "evil.example"})
    assert answer.status_code == 400
    assert "do not answer to this name" in answer.text
    gone = publish(tmp_path)
    gone.home.root.rename(tmp_path / "elsewhere")
    answer = build(gone).test_client().get("/")
    assert answer.status_code == 503
    assert "The home is not there any more" in answer.text
