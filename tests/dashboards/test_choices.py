"""What a reader chose is what they see, or the page says where it is not."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from pathlib import Path

import pytest

from dashboards.app import build
from dashboards.blocks import block
from dashboards.formats import Formats
from dashboards.pages import PAGES
from dashboards.periods import Period, periods_of
from dashboards.published import Published
from dashboards.reading import Reading
from dashboards.specs import Page
from dashboards.texts import Texts, _catalogue
from dashboards.view import View
from tests.support.figures import STATEMENTS, publish

_QUARTERS = """insert into marts.kpi_sales_monthly by name
    select 'quarter' as period_grain, quarter::date as period_start,
    (quarter + interval 3 month)::date as period_end, 100 as won_revenue, 1 as won_deals,
    false as is_suppressed
    from range(date '2026-07-01', date '2027-04-01', interval 3 month) as q(quarter)"""
_CAMPAIGN_MONTHS = """create table marts.kpi_campaign_monthly as select 'month' as period_grain,
    month::date as period_start, (month + interval 1 month)::date as period_end,
    case when month(month) <> 3 then 20 end as sent, month(month) / 12 as open_rate,
    case when month(month) <> 3 then month(month) / 24 end as click_rate,
    case when month(month) = 3 then 'click_rate sent' end as suppressed_figures,
    false as is_suppressed
    from range(date '2025-01-01', date '2026-11-01', interval 1 month) as m(month)"""
_MODELS = """create table marts.kpi_attribution_monthly as select date '2026-09-01' as period_start,
    channel, attribution_model, 5.0::double as attributed_conversions, false as is_suppressed
    from (values ('email', 'linear'), ('email', 'last_touch')) as v(channel, attribution_model)"""
_DAYS = """create table marts.kpi_campaign_daily as select 'mail/1' as campaign_id,
    date '2026-10-01' as day, 40 as human_openers, false as is_suppressed"""
_RETENTION = """create table marts.kpi_revenue_retention_monthly as select month::date as period_start,
    3 + month(month) as new_customers, false as is_suppressed
    from range(date '2026-08-01', date '2026-10-01', interval 1 month) as m(month)"""
_SELLERS = """create table marts.kpi_sales_rep_monthly as select 'quarter' as period_grain,
    date '2026-07-01' as period_start, date '2026-10-01' as period_end, 'abcdefgh2345' as user_key,
    'Seller 06' as staff_alias, 4 as won_deals, false as is_suppressed"""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return publish(
        tmp_path_factory.mktemp("choices"),
        [*STATEMENTS, """insert into marts.kpi_definitions values
         ('kpi_campaign', 'cost', 'costs of a campaign', 'reporting currency', '')""", _QUARTERS, _CAMPAIGN_MONTHS, _SELLERS, _MODELS, _RETENTION, _DAYS,
         """create table marts.kpi_campaign as select 'mail/1' as campaign_id, 'Spring' as
         campaign_name, 'email' as channel, 'leads' as objective, timestamptz '2026-03-01' as
         starts_at, 120000 as sent, 100000 as delivered, null::bigint as human_openers,
         1000000::decimal(18, 4) as cost, 'human_openers' as suppressed_figures,
         false as is_suppressed
         union all select 'mail/2', 'Small', 'social', 'leads', timestamptz '2026-04-01', 10, 9, 8,
         6191.15, null, false"""],
    )  # fmt: skip


@pytest.fixture(scope="module")
def client(published: Published):
    return build(published).test_client()


def _page(identity: str) -> Page:
    return next(page for page in PAGES if page.identity == identity)


def _block(text: str, identity: str) -> str:
    return text.split(f'data-block="{identity}"')[1].split("</section>")[0]


def test_block_that_cannot_follow_a_filter_says_so_and_no_other_does(client) -> None:
    text = client.get("/campaigns?channel=social&objective=leads").text
    note = "Channel, Objective: this choice does not apply here"
    for identity in ("campaign_series", "campaign_spend", "campaign_months"):
        assert note in _block(text, identity)
    for identity in ("campaign_list", "campaign_rates"):
        assert "does not apply" not in _block(text, identity)
    assert "does not apply" not in client.get("/campaigns").text
    # a choice of another page does not count on this one, so nothing is to be said of it
    assert "does not apply" not in _block(client.get("/sales?channel=social").text, "forecast")


def test_signals_say_that_they_are_of_now_whatever_the_period(client) -> None:
    text = client.get("/?period=2026-09").text
    assert "Period: this choice does not apply here" in _block(text, "signals")
    assert "does not apply" not in _block(client.get("/").text, "signals")


def test_picker_has_only_values_of_its_page(published: Published) -> None:
    client = build(published).test_client()
    assert 'value="social"' in client.get("/campaigns").text
    assert 'value="Offer"' not in client.get("/campaigns").text


def test_periods_to_come_are_not_offered_and_not_understood(client, published: Published) -> None:
    keys = periods_of(published.snapshot())
    assert "2026-Q4" in keys
    assert "2027-Q1" not in keys
    assert "left out of the address: period" in client.get("/?period=2027-Q1").text


def test_running_period_says_that_it_is_not_over_and_its_comparison_is_whole(client) -> None:
    text = client.get("/?period=2026-Q4").text
    assert "Q4 2026 is not over: its figures run up to 24 Nov 2026." in text
    assert "previous, whole" in text
    text = client.get("/?period=2026-Q3").text
    assert "is not over" not in text
    assert "whole" not in text


def test_print_and_pictures_say_what_they_are_of(client) -> None:
    text = client.get("/campaigns?channel=social&period=2026-09").text
    says = re.search(r'<p class="printed">([^<]+)</p>', text)
    assert says
    assert says[1].startswith("Period: Sept 2026 · ")
    assert "Channel: social · Figures as of 24 Nov 2026" in says[1]
    # a chart compares nothing
    wanted = '"subtitle": "Period: Sept 2026 · Channel: social · Figures as of'
    assert wanted in text.replace("\\u00b7", "·")


def test_hidden_point_is_hidden_in_the_table_of_its_chart_too(client) -> None:
    table = _block(client.get("/campaigns?period=2026-05").text, "campaign_series")
    march = re.search(r"Mar 2026</th>(.*?)</tr>", table)
    assert march
    plain = [re.sub("<[^>]+>", "", cell) for cell in march[1].split("</td>")]
    # the conversion rate is not hidden; there is nothing to compute it from
    assert plain[:3] == ["25.0%", "●hidden", "–"]


def test_chart_of_zeros_is_a_chart(published: Published) -> None:
    reading = Reading(published.snapshot(), View(), Texts("en"), _page("overview"))
    zeros = next(part for part in reading.page.parts if part.title == "tickets")
    assert block(zeros, reading)["is_all_hidden"] is False


@pytest.mark.parametrize(
    ("first_month", "grain", "start", "key", "texts"),
    [
        (1, "quarter", date(2026, 4, 1), "2026-Q2", ["Q2 2026", "K2 2026"]),
        (1, "year", date(2026, 1, 1), "2026", ["2026", "2026"]),
        (4, "quarter", date(2026, 4, 1), "FY2027-Q1", ["Q1 FY 2027", "K1 boekjaar 2027"]),
        (4, "quarter", date(2027, 1, 1), "FY2027-Q4", ["Q4 FY 2027", "K4 boekjaar 2027"]),
        (4, "year", date(2026, 4, 1), "FY2027", ["FY 2027", "Boekjaar 2027"]),
        (12, "quarter", date(2026, 9, 1), "FY2026-Q4", ["Q4 FY 2026", "K4 boekjaar 2026"]),
        (4, "month", date(2026, 4, 1), "2026-04", ["Apr 2026", "apr 2026"]),
    ],
)
def test_quarters_and_years_are_named_after_the_fiscal_year(
    first_month: int, grain: str, start: date, key: str, texts: list[str]
) -> None:
    assert Period(grain, start, None, first_month).key == key
    written = [
        Formats(Texts(language), "Europe/Amsterdam", "EUR", first_month).period(grain, start)
        for language in ("en", "nl")
    ]
    assert written == texts


def test_column_is_written_in_one_unit() -> None:
    formats = Formats(Texts("en"), "Europe/Amsterdam", "EUR")
    assert formats.figure(30, "minutes", 300) == "0.5 hrs"
    assert formats.figure(300, "minutes", 300) == "5 hrs"
    assert formats.figure(30, "minutes", 30_000) == "0.02 days"
    assert formats.figure(6_191.15, "money", 176_191) == "€6,191"
    assert [formats.suffix(u) for u in ("hours", "money")] == ["\xa0hrs", ""]


def test_money_of_a_list_is_written_alike(client) -> None:
    cells = _block(client.get("/campaigns").text, "campaign_list")
    assert "€1,000,000" in cells
    assert "€6,191<" in cells


@pytest.mark.parametrize(
    ("address", "columns"),
    [
        ("/export/quality/publication.csv", {"Table", "Rows", "Hidden figures"}),
        ("/export/campaign/funnel.csv?campaign=mail/1", {"sent", "human_openers"}),
        ("/export/campaigns/campaign_series.csv", {"period_start", "open_rate"}),
        ("/export/overview/sales_figures.csv?period=2026-09", {"won_revenue"}),
    ],
)
def test_every_block_with_figures_can_be_exported(client, address: str, columns: set[str]) -> None:
    answer = client.get(address)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert rows
    assert columns <= set(rows[0])
    identity = address.split("/")[3].split(".")[0]
    page = address.split("/")[2]
    path = _page(page).path + ("?campaign=mail/1" if page == "campaign" else "")
    assert f'href="/export/{page}/{identity}.csv' in client.get(path).text


def test_key_of_a_colleague_is_on_no_page_and_in_no_file(client) -> None:
    for address in ("/sales?period=2026-Q3", "/export/sales/sellers.csv?period=2026-Q3"):
        text = client.get(address).text
        assert "06" in text
        assert "abcdefgh2345" not in text


def test_empty_part_of_a_page_without_pickers_asks_for_no_other_choice(client) -> None:
    text = client.get("/privacy").text
    assert "Choose another period" not in text


def test_hidden_figures_are_no_stops_of_the_keyboard(client) -> None:
    text = client.get("/campaign?campaign=mail/1").text
    assert '<span class="hidden" title="Hidden' in text
    stops = re.findall(r"<(\w+)[^>]*tabindex=\"0\"", text)
    assert set(stops) <= {"div"}  # what scrolls


def test_colleagues_are_called_after_what_they_do_in_the_language_of_the_reader(
    published: Published,
) -> None:
    said = {}
    for lang in ("en", "nl"):
        texts = Texts(lang)
        reading = Reading(published.snapshot(), View(), texts, _page("sales"))
        said[lang] = [
            reading.alias(table, "abcdefgh2345")
            for table in ("kpi_sales_rep_monthly", "kpi_support_agent_monthly")
        ]
    assert said == {"en": ["Seller 06", "Agent 06"], "nl": ["Verkoper 06", "Medewerker 06"]}


@pytest.mark.parametrize("word", [
    "ragged_row", "required", "type", "held", "in_time", "same_person", "special_category",
    "order_lines", "phone", "meeting", "children", "health", "no_word", "withheld", "EMAIL",
])  # fmt: skip
def test_codes_are_said_in_words(word: str) -> None:
    english, dutch = Texts("en").value(word), Texts("nl").value(word)
    assert "_" not in english + dutch
    assert dutch not in {word, "onthouden", "geen woord"}


def test_every_figure_of_a_page_has_a_dutch_name(repository: Path) -> None:
    known = _catalogue("nl")["columns"]
    shown = {column for page in PAGES for part in page.parts for column in part.columns}
    macro = (repository / "dbt_project" / "macros" / "trends.sql").read_text("utf-8")
    series = set(re.findall(r"\('kpi_\w+', '(\w+)'", macro))
    assert len(series) > 20
    assert (shown | series) - set(known) == set()


def test_one_campaign_has_its_audience_and_its_channel_under_each_model(client) -> None:
    text = client.get("/campaign?campaign=mail/1").text
    assert "120,000" in _block(text, "audience")
    assert "published under one model" in _block(text, "cost")
    models = _block(text, "channel_models")
    assert re.findall(r">(linear|last touch)<", models) == ["last touch", "linear"]
    assert "social" not in models
    assert "linear" not in _block(client.get("/campaign?campaign=mail/2").text, "channel_models")


def test_figures_by_month_have_cards_in_a_month_only(client) -> None:
    cards = _block(client.get("/customers?period=2026-09").text, "customer_figures")
    assert re.search(r'new_customers">\s*12', cards)
    assert "against previous (11)" in cards
    opened = client.get("/customers").text
    assert "Newest: Oct 2026" in opened
    cards = _block(client.get("/customers?period=2026-Q3").text, "customer_figures")
    assert "These figures are by month. Choose a month above" in cards


def test_all_time_is_compared_with_nothing(client) -> None:
    assert "no figure" not in _block(client.get("/campaigns").text, "campaign_figures")


def test_days_of_a_campaign_are_drawn_whatever_period_other_pages_open_with(client) -> None:
    text = client.get("/campaign?campaign=mail/1").text
    assert "1 Oct 2026" in _block(text, "timeline")
    assert "does not apply" not in _block(text, "channel_models")
