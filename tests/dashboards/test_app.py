"""The dashboards over a published file that a test wrote; no browser, the WSGI client."""

from __future__ import annotations

import csv
import io
import itertools
import re
from pathlib import Path

import openpyxl
import pytest
from pydantic import SecretStr

from dashboards.access import Access, hashed, load, require_reachable
from dashboards.app import build
from dashboards.pages import PAGES
from dashboards.periods import periods_of
from dashboards.published import Published
from dashboards.reading import Reading
from dashboards.sessions import MOST_ATTEMPTS
from dashboards.texts import Texts, _catalogue
from dashboards.view import View, values_of
from pipelines.common.errors import KeyWrongError, NotAllowedError, PolicyError, UsageError
from pipelines.common.settings import Home, Settings
from pipelines.common.sheets import guarded
from pipelines.warehouse.connection import attach, open_instance
from tests.support.figures import HOSTILE, KEY, STATEMENTS, cheaply_hashed, publish

PATHS = [page.path for page in PAGES]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return publish(tmp_path_factory.mktemp("published"))


@pytest.fixture(scope="module")
def client(published: Published):
    return build(published).test_client()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("lang", ["nl", "en"])
def test_page_answers_with_nothing_from_elsewhere(client, path: str, lang: str) -> None:
    answer = client.get(f"{path}?lang={lang}")
    assert answer.status_code == 200
    assert f'<html lang="{lang}"' in answer.text
    loaded = re.findall(r'(?:src|href|action)="([^"]+)"', answer.text)
    assert loaded
    assert not [a for a in loaded if "//" in a]
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy


def test_catalogues_have_words_for_every_page_and_part() -> None:
    english, dutch = _catalogue("en"), _catalogue("nl")
    for kind in ("pages", "blocks", "texts", "errors"):
        assert english[kind].keys() == dutch[kind].keys()
    assert {part.title for page in PAGES for part in page.parts} <= english["blocks"].keys()


def test_card_equals_the_published_cell_and_its_comparisons(client) -> None:
    text = client.get("/?period=2026-05&lang=nl").text
    card = re.search(r'data-figure="kpi_sales_monthly.won_revenue">([^<]+)<', text)
    assert card
    assert card[1].strip() == "€\xa07.026,00"
    assert "vorig jaar (€\xa07.025,00)" in text


def test_hidden_figure_says_why_and_definitions_are_there(client) -> None:
    text = client.get("/?period=2026-03").text
    assert "Hidden: it is about fewer than 10 people" in text
    assert 'title="won / (won + lost)"' in text
    text = client.get("/?period=2026-03&lang=nl").text
    assert 'title="gewonnen / (gewonnen + verloren)"' in text
    assert 'title="sum of won amounts"' in text  # where Dutch is not published


def test_filter_keeps_rows_and_stands_in_links(client) -> None:
    text = client.get("/campaigns?channel=email&period=2026-10&lang=nl").text
    assert "1–17 van 17" in text  # every second of 33, and the small one
    assert 'href="/sales?lang=nl&amp;period=2026-10&amp;channel=email"' in text


def test_sorting_and_paging(client) -> None:
    text = client.get("/campaigns?period=2026-10&sort=kpi_campaign:-sent").text
    first = re.search(r"<tbody><tr><td.*?</tr>", text, re.DOTALL)
    assert first
    assert "mail/M029" in first[0]
    text = client.get("/campaigns?period=2026-10&rows=kpi_campaign:25").text
    assert "26–34 of 34" in text


def test_hostile_names_stay_text(client) -> None:
    text = client.get("/campaigns?period=2026-10").text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text
    assert len(text) < 150_000


@pytest.mark.parametrize(
    "query",
    ["period=nonsense", "period=2026-13&rows=kpi_campaign:-5", "lang=xx&theme=pink", "a" * 500,
     "campaign=" + "%00" * 20, "sort=kpi_campaign:;drop", "rows=kpi_campaign:99999999999999999",
     "period=%F0%9F%92%A9&channel=<b>", "period=a&period=b"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/", "/campaigns", "/campaign", "/sales"])
def test_nonsense_in_the_address_is_ignored(client, path: str, query: str) -> None:
    answer = client.get(f"{path}?{query}")
    assert answer.status_code == 200
    assert "Traceback" not in answer.text


def test_csv_and_excel_hold_the_chosen_rows_and_no_formula(client) -> None:
    address = "/export/campaigns/campaign_list.{}?period=2026-10&channel=social"
    answer = client.get(address.format("csv"))
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert {row["channel"] for row in rows} == {"social"}
    names = {row["campaign_id"] for row in rows}
    assert HOSTILE[0] in names
    book = openpyxl.load_workbook(io.BytesIO(client.get(address.format("xlsx")).data))
    sheet = book.active
    assert sheet is not None
    assert sheet.max_row == len(rows) + 1
    every = client.get("/export/campaigns/campaign_list.csv?period=2026-10").text
    assert "'=HYPERLINK(1)" in every
    book = openpyxl.load_workbook(
        io.BytesIO(client.get("/export/campaigns/campaign_list.xlsx?period=2026-10").data)
    )
    assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@A1", "\t=1", " =1", "＝1", "\n=1"])
def test_text_that_would_be_a_formula_is_guarded(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize(
    "path", ["/nope", "/export/campaigns/campaign_list.exe", "/export/x/y.csv"]
)
def test_address_without_page_says_so(client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


def test_foreign_name_of_this_machine_is_refused(client) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 400


def test_no_combination_of_choices_shows_other_than_published_cells(published: Published) -> None:
    # what is shown is a published row as it is: nothing is added up, nothing hidden is opened
    snapshot = published.snapshot()
    known = {id(row) for table in snapshot.tables.values() for row in table.rows}
    periods = ["", *periods_of(snapshot)]
    choices = [["", *values_of(snapshot, c)] for c in ("channel", "pipeline")]
    for page, period, channel, pipeline in itertools.product(PAGES, periods, *choices):
        view = View(period=period, channel=channel, pipeline=pipeline)
        reading = Reading(snapshot, view, Texts("en"), page)
        for part in page.parts:
            table = snapshot.tables.get(part.table)
            for row in reading.rows(part) if table else ():
                assert id(row) in known
                if row["is_suppressed"]:
                    assert table is not None
                    assert all(
                        reading.cell(table, row, c).kind == "hidden"
                        for c in ("won_revenue", "open_rate", "sent")
                        if c in table.columns
                    )


def test_before_a_publication_and_after_without_restart(tmp_path: Path) -> None:
    published = publish(tmp_path)
    published.home.dashboards.unlink()
    client = build(published).test_client()
    answer = client.get("/")
    assert answer.status_code == 503
    assert "Nothing has been published yet" in answer.text
    publish(tmp_path)
    assert client.get("/").status_code == 200


def test_wrong_key_and_damaged_file_are_told(tmp_path: Path) -> None:
    published = publish(tmp_path)
    wrong = Published(published.home, SecretStr("1" * 64), published.settings)
    with pytest.raises(KeyWrongError):
        wrong.tables()
    answer = build(wrong).test_client().get("/?lang=nl")
    assert answer.status_code == 503
    assert "De sleutel opent" in answer.text
    published.home.dashboards.write_bytes(b"no database" * 1_000)
    answer = build(published).test_client().get("/")
    assert answer.status_code == 503
    assert "Move dashboards.duckdb out of the home" in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("change", "lacking"),
    [
        # without it months, quarters and years would be taken for one another and added up
        ("alter table marts.kpi_support_monthly drop period_grain", "kpi_support_monthly.period_grain"),
        ("alter table marts.kpi_campaign alter cost type varchar", "kpi_campaign.cost"),
        ("alter table marts.kpi_sales_monthly alter period_start type varchar", "kpi_sales_monthly.period_start"),
        ("drop table marts.metadata", "metadata"),
        ("delete from marts.metadata", "metadata"),
        ("drop table marts.kpi_signals", "kpi_signals"),
    ],
)  # fmt: skip
def test_file_of_another_version_is_refused_with_what_it_lacks(
    published: Published, tmp_path: Path, change: str, lacking: str
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    settings = Settings(home=home)
    (home / "dashboards.duckdb").write_bytes(published.home.dashboards.read_bytes())
    (home / "spill").mkdir()
    with open_instance(home / "spill", settings) as connection:
        attach(connection, home / "dashboards.duckdb", KEY, alias="dashboards")
        connection.execute("use dashboards")
        connection.execute(change)
    client = build(Published(Home.of(settings), KEY, settings)).test_client()
    for path in ("/", "/privacy", "/export/overview/signals.csv"):
        answer = client.get(path)
        assert answer.status_code == 503
        assert "written by another version of Klantkluis" in answer.text
        assert f"It lacks, or has in another form: {lacking}." in answer.text
    assert "Voer klantkluis run uit" in client.get("/?lang=nl").text


def test_whole_number_may_get_decimals_and_tables_may_get_columns(tmp_path: Path) -> None:
    published = publish(
        tmp_path, [*STATEMENTS, "alter table marts.kpi_sales_monthly alter won_deals type double",
                   "alter table marts.kpi_sales_monthly add column new varchar"],
    )  # fmt: skip
    assert build(published).test_client().get("/").status_code == 200


def test_tables_that_are_no_kpi_are_refused(published: Published) -> None:
    with pytest.raises(UsageError) as caught:
        published.table("dim_customer")
    assert caught.value.code == "not_a_kpi"


@pytest.fixture
def access() -> Access:
    return Access.model_validate(
        {
            "users": {
                "anna": {"password": cheaply_hashed("right and long"), "roles": ["marketer"]}
            },
            "is_https": False,
            "proxy": {"header": "X-User", "addresses": ["10.0.0.1"]},
        }
    )


def test_users_sign_in_and_see_the_pages_of_their_roles(published: Published, access) -> None:
    client = build(published, access).test_client()
    assert client.get("/campaigns").headers["Location"] == "/sign-in?next=%2Fcampaigns"
    assert client.get("/export/campaigns/campaign_list.csv").status_code == 302
    assert client.post("/sign-in", data={"name": "anna", "password": "no"}).status_code == 401
    answer = client.post("/sign-in", data={"name": "anna", "password": "right and long"})
    assert answer.status_code == 302
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert client.get("/campaigns").status_code == 200
    assert client.get("/privacy").status_code == 403
    assert client.get("/export/sales/sellers.csv").status_code == 404
    kept = client.get_cookie("session").value
    client.post("/sign-out")
    assert client.get("/campaigns").status_code == 302
    client.set_cookie("session", kept)  # a copy of the cookie is worth nothing any more
    assert client.get("/campaigns").status_code == 302


def test_many_wrong_passwords_close_a_name(published: Published, access) -> None:
    client = build(published, access).test_client()
    for _ in range(MOST_ATTEMPTS):
        assert client.post("/sign-in", data={"name": "anna", "password": "no"}).status_code == 401
    assert (
        client.post("/sign-in", data={"name": "anna", "password": "right and long"}).status_code
        == 429
    )


def test_header_counts_only_from_the_proxy(published: Published, access) -> None:
    client = build(published, access).test_client()
    header = {"X-User": "anna"}
    inside, outside = {"REMOTE_ADDR": "10.0.0.1"}, {"REMOTE_ADDR": "10.0.0.2"}
    assert client.get("/", headers=header, environ_base=inside).status_code == 200
    assert client.get("/", headers=header, environ_base=outside).status_code == 302
    assert client.get("/", headers={"X-User": "x"}, environ_base=inside).status_code == 302


def test_other_machines_are_served_only_to_users(access) -> None:
    require_reachable(Access(), "127.0.0.1")
    require_reachable(access, "0.0.0.0")
    with pytest.raises(NotAllowedError):
        require_reachable(Access(), "0.0.0.0")


@pytest.mark.parametrize(
    ("users", "code"),
    [
        ("{anna: {roles: [king]}}", "dashboards_users_invalid"),
        ("{anna: {roles: [sales], password: open sesame}}", "dashboards_password_no_hash"),
        ("{anna: {roles: [sales]}}", "dashboards_user_without_password"),
        ("{anna: {roles: []}}", "dashboards_user_without_roles"),
    ],
)
def test_configuration_with_which_somebody_could_not_sign_in_is_refused(
    tmp_path: Path, users: str, code: str
) -> None:
    assert load(tmp_path).is_open
    (tmp_path / "dashboards.yaml").write_text(f"users: {users}")
    with pytest.raises(PolicyError) as caught:
        load(tmp_path)
    assert caught.value.code == code
    assert "sesame" not in str(caught.value)
    assert "anna" not in str(caught.value)


def test_users_of_a_proxy_need_no_password(tmp_path: Path) -> None:
    text = "users: {anna: {roles: [sales]}}\nproxy: {header: X-User}"
    (tmp_path / "dashboards.yaml").write_text(text)
    assert set(load(tmp_path).users) == {"anna"}


@pytest.mark.parametrize("word", ["short", "x" * 1_001])
def test_password_of_another_length_gets_no_hash(word: str) -> None:
    with pytest.raises(UsageError) as caught:
        hashed(word)
    assert caught.value.code == "password_length"
    assert word not in str(caught.value)


def test_key_is_no_part_of_what_is_printed(published: Published) -> None:
    assert KEY.get_secret_value() not in repr(published.__dict__)
