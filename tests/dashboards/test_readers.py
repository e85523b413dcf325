"""What a reader without a manual would stumble over: names, units, defaults, filters that show."""

from __future__ import annotations

import html
import logging
import re
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from dashboards.app import build
from dashboards.blocks import block, laid_out
from dashboards.formats import Formats, unit_of
from dashboards.pages import PAGES
from dashboards.periods import newest, periods_of
from dashboards.published import Published, Snapshot, Table
from dashboards.reading import Reading
from dashboards.texts import Texts
from dashboards.view import View
from tests.support.figures import STATEMENTS, publish

_CAMPAIGNS = """create table marts.kpi_campaign as select * from (values
    ('mail/1', 'Spring', 'email', timestamptz '2026-03-01', 500, false),
    ('mail/2', 'Spring', 'social', timestamptz '2026-09-01', 400, false),
    ('mail/3', 'Later', 'social', timestamptz '2026-12-01', null, true))
    as v(campaign_id, campaign_name, channel, starts_at, sent, is_suppressed)"""


_COHORTS = """create table marts.kpi_cohorts_monthly as
    select (month + to_months(since::integer))::date as period_start, month::date as cohort_start,
    case when since <> 2 then since end as months_since, 40 as cohort_customers,
    case when since <> 2 then 1.0 / (1 + since) end as retention_rate, since = 2 as is_suppressed
    from range(date '2026-01-01', date '2026-06-01', interval 1 month) as m(month),
    range(4) as s(since)"""
_ATTRIBUTION = """create table marts.kpi_attribution_monthly as
    select month::date as period_start, channel, attribution_model, 10 * month(month) + place as
    attributed_revenue, false as is_suppressed
    from range(date '2026-01-01', date '2026-06-01', interval 1 month) as m(month),
    (values ('email', 1), ('search', 2)) as c(channel, place),
    (values ('first_touch'), ('shapley')) as a(attribution_model)"""
_DAYS = """create table marts.kpi_campaign_daily as select 'mail/2' as campaign_id,
    date '2026-09-01' as period_start, day::date as day, 20 as human_openers,
    case when day > date '2026-09-02' then null else 12 end as human_clickers,
    case when day > date '2026-09-02' then 'human_clickers' end as suppressed_figures,
    false as is_suppressed
    from range(date '2026-09-01', date '2026-09-04', interval 1 day) as d(day)"""


_SIGNALS = [
    """create table marts.kpi_signals as select * from (values
    ('campaign_pays', 'opportunity', 'kpi_campaign', 'roas', 'mail/2', date '2020-01-01',
     2.5::double, 1.0::double, 100::decimal(38, 4), 3),
    ('unusual_figure', 'threat', 'kpi_sales_monthly', 'win_rate', '', date '2026-05-01',
     0.25::double, 0.5::double, null, 1)) as v(signal_kind, direction, table_name, kpi, slice,
    period_start, figure, compared_with, size_money, priority)""",
    """create table marts.kpi_correlations as select 'kpi_sales_monthly.win_rate' as figure,
    'kpi_support_monthly.csat' as other_figure, date '2025-01-01' as period_start, 14 as months,
    0.7::double as correlation, true as is_notable""",
    """insert into marts.kpi_definitions values
    ('kpi_signals', 'figure', 'the evidence', 'as the figure', ''),
    ('kpi_signals', 'compared_with', 'held against', 'as the figure', ''),
    ('kpi_campaign', 'roas', 'revenue / cost', 'ratio', '')""",
]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return publish(
        tmp_path_factory.mktemp("readers"),
        [*STATEMENTS, _CAMPAIGNS, _COHORTS, _ATTRIBUTION, _DAYS, *_SIGNALS],
    )


@pytest.fixture(scope="module")
def client(published: Published):
    return build(published).test_client()


def _reading(published: Published, identity: str, **choices: str) -> Reading:
    page = next(page for page in PAGES if page.identity == identity)
    return Reading(published.snapshot(), View(**choices), Texts("en"), page)


def test_one_campaign_opens_with_the_one_sent_last(client) -> None:
    text = client.get("/campaign").text
    assert "<h1>One campaign: Spring</h1>" in text
    assert re.search(r'data-figure="kpi_campaign.sent">\s*400', text)


def test_campaign_is_called_by_its_name_and_linked_by_its_key(client) -> None:
    text = client.get("/campaigns").text
    assert 'href="/campaign?campaign=mail%2F1">Spring</a>' in text
    assert text.index("Later</a>") < text.index("Spring</a>")  # newest first


def test_filter_counts_only_on_pages_that_show_it(published: Published) -> None:
    choices = {"channel": "email", "campaign": "mail/2"}
    assert _reading(published, "campaign", **choices).chosen.channel == ""
    assert _reading(published, "campaigns", **choices).chosen.campaign == ""
    assert _reading(published, "campaigns", **choices).chosen.channel == "email"


def test_list_of_campaigns_opens_with_all_and_keeps_to_a_period(client) -> None:
    assert "1–3 of 3" in client.get("/campaigns").text
    # nothing else has December, so no page can ask for it; September is one of sales
    assert "1–1 of 1" in client.get("/campaigns?period=2026-09").text


def test_year_is_compared_with_the_year_before_once(published: Published) -> None:
    month = _reading(published, "overview", period="2026-05")
    assert [name for name, _ in month.comparisons()] == ["previous", "last year"]
    month.period = type(month.period)("year", month.period.start, month.period.end)
    assert len([p for _, p in month.comparisons()]) == 1


@pytest.mark.parametrize(
    ("value", "unit", "english", "dutch"),
    [
        (12.5, "minutes", "12.5 mins", "12,5 min"),
        (1_222.9, "minutes", "20.4 hrs", "20,4 uur"),
        (30_000, "minutes", "20.8 days", "20,8 dagen"),
        (Decimal("1234.5"), "money", "€1,234.50", "€\xa01.234,50"),
        (Decimal("1234567.8"), "money", "€1,234,568", "€\xa01.234.568"),
        (Decimal("310.2"), "money per day", "€310.20 a day", "€\xa0310,20 per dag"),
        (-0.973, "return", "-97%", "-97%"),
        (1.335, "times", "1.34×", "1,34×"),
        (0.031, "rate difference", "+3.1 points", "+3,1 procentpunt"),
        (True, "number", "yes", "ja"),
        (False, "number", "no", "nee"),
    ],
)
def test_figure_has_its_unit_in_both_languages(value, unit, english: str, dutch: str) -> None:
    shown = [Formats(Texts(t), "Europe/Amsterdam", "EUR").figure(value, unit) for t in ("en", "nl")]
    assert shown == [english, dutch]


@pytest.mark.parametrize(
    ("column", "defined", "unit"),
    [("quota_attainment", "ratio", "rate"), ("roi", "ratio", "return"), ("roas", "ratio", "times"), ("cost", "reporting currency", "money"),
     ("pipeline_velocity", "reporting currency per day", "money per day"), ("x_rate", "", "rate"),
     ("survey_score_mean", "score", "number"), ("sales_cycle_days_median", "", "days")],
)  # fmt: skip
def test_unit_comes_from_the_definition_and_then_from_the_name(column, defined, unit) -> None:
    assert unit_of(column, defined) == unit


def test_page_opens_with_a_period_in_which_most_of_it_can_be_shown() -> None:
    def table(name: str, *hidden: str) -> Table:
        rows = [
            {"period_grain": grain, "period_start": start, "period_end": end,
             "is_suppressed": grain in hidden}
            for grain, start, end in (
                ("month", date(2026, 10, 1), date(2026, 11, 1)),
                ("quarter", date(2026, 7, 1), date(2026, 10, 1)),
                ("year", date(2025, 1, 1), date(2026, 1, 1)),
            )
        ]  # fmt: skip
        return Table(name, tuple(rows[0]), tuple(rows))

    tables = [table("a", "month", "quarter"), table("b", "month"), table("c")]
    snapshot = Snapshot({t.name: t for t in tables}, metadata={"as_of": datetime(2026, 11, 5)})  # noqa: DTZ001
    periods = periods_of(snapshot)
    assert newest(snapshot, periods).key == "2026-Q3"
    assert newest(snapshot, periods, frozenset({"a"})).key == "2025"
    assert newest(snapshot, periods, frozenset({"c"})).key == "2026-10"
    assert newest(snapshot, periods, frozenset({"not published"})).key == "2026-Q3"


def test_chart_without_a_neighbour_takes_the_whole_row() -> None:
    kinds = ["chart", "chart", "grid", "chart", "grid", "chart", "chart", "chart"]
    blocks = laid_out([{"kind": kind} for kind in kinds])
    assert [bool(b.get("is_wide")) for b in blocks] == [
        False, False, False, True, False, False, False, True,
    ]  # fmt: skip


def test_chart_has_its_figures_as_a_table(client) -> None:
    text = client.get("/?period=2026-05&lang=en").text
    table = re.search(r'<details class="data">.*?</details>', text, re.DOTALL)
    assert table
    assert re.search(r"May 2026</th><td class=.number.>€7,026.00<", table[0])


def test_cohorts_stand_in_a_matrix_with_hidden_cells(client) -> None:
    text = client.get("/customers?period=2026-05&lang=en").text
    lines = re.findall(
        r'<th scope="row">(\w+ 2026)</th>(.*?)</tr>', text.split('class="shaded"')[1]
    )
    found = {
        month: [re.sub("<[^>]+>", "", c) for c in re.findall(r"<td.*?</td>", cells)]
        for month, cells in lines
    }
    assert found["Jan 2026"] == ["100.0%", "50.0%", "●hidden", "25.0%"]
    assert found["Apr 2026"] == ["100.0%", "50.0%", "", ""]


def test_attribution_stands_by_channel_and_model_of_the_last_month(published: Published) -> None:
    reading = _reading(published, "attribution")
    part = next(p for p in reading.page.parts if p.title == "attribution_models")
    shown = block(part, reading)
    chart = shown["chart"]
    assert shown["title"] == "Attribution under each model: May 2026"
    assert chart["labels"] == ["email", "search"]
    assert [s["name"] for s in chart["series"]] == ["first touch", "Shapley"]
    assert [s["values"] for s in chart["series"]] == [[51, 52], [51, 52]]


def test_figure_that_its_row_names_as_hidden_is_hidden(client, published: Published) -> None:
    reading = _reading(published, "campaign", campaign="mail/2")
    part = next(p for p in reading.page.parts if p.title == "timeline")
    drawn = block(part, reading)
    assert drawn["chart"]["labels"] == ["1 Sept 2026", "2 Sept 2026", "3 Sept 2026"]
    assert drawn["gaps"] == 1
    cells = client.get("/campaign?campaign=mail/2").text.split('t-days"')[-1]
    assert cells.count('class="hidden"') >= 1
    assert "suppressed" not in cells


def _cells(text: str, block_id: str) -> list[list[str]]:
    body = text.split(f'data-block="{block_id}"')[1].split("<tbody>")[1].split("</tbody>")[0]
    return [
        [
            html.unescape(re.sub("<[^>]+>", "", cell)).strip()
            for cell in re.findall("<td.*?</td>", row)
        ]
        for row in body.split("</tr>")[:-1]
    ]


def test_signals_stand_by_priority_in_words_and_in_the_unit_of_their_figure(client) -> None:
    rows = _cells(client.get("/?period=2026-05&lang=en").text, "signals")
    assert rows == [
        ["1", "threat", "unusual figure", "Win rate", "", "25.0%", "50.0%", "–", "–"],
        ["3", "chance", "campaign pays", "ROAS", "Spring", "2.5×", "1×", "€100.00", "–"],
    ]


def test_correlations_name_their_figures_in_the_language_of_the_reader(client) -> None:
    rows = _cells(client.get("/trends?lang=nl").text, "correlations")
    assert rows == [["Scoringspercentage", "CSAT", "14", "0,7", "–", "–", "ja"]]


def test_fault_of_ours_is_a_page_and_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    client = build(publish(tmp_path)).test_client()

    def fail(*_: object) -> None:
        raise RuntimeError("the value of somebody")

    monkeypatch.setattr("dashboards.app.Reading", fail)
    with caplog.at_level(logging.DEBUG):
        answer = client.get("/")
    assert answer.status_code == 500
    assert "cannot be read now" in answer.text
    assert "somebody" not in answer.text + caplog.text
    assert "RuntimeError" in caplog.text


def test_trend_without_a_figure_says_that_a_month_may_be_hidden(published: Published) -> None:
    reading = _reading(published, "trends")
    table = Table("kpi_trends", ("previous_figure",), ({"previous_figure": None},))
    assert reading.cell(table, table.rows[0], "previous_figure").why == "none_why_months"
    table = Table("kpi_sales_monthly", ("won_revenue",), ({"won_revenue": None},))
    assert reading.cell(table, table.rows[0], "won_revenue").why == "none_why"
