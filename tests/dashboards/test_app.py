"""The dashboards over a published file that a test wrote; no browser, the WSGI client."""

from __future__ import annotations

import re
from pathlib import Path

import dash
import pytest
from pydantic import SecretStr
from vizro import Vizro
from vizro.managers import data_manager

from dashboards.app import build, pages
from dashboards.published import Published
from pipelines.common.errors import KeyWrongError, StorageError, UsageError
from pipelines.common.settings import Home, Settings
from pipelines.warehouse.connection import attach, open_instance

KEY = SecretStr("0" * 64)


def _publish(folder: Path, statements: list[str]) -> Published:
    settings = Settings(home=folder / "home")
    home = Home.of(settings)
    home.spill.mkdir(parents=True)
    with open_instance(home.spill, settings) as connection:
        attach(connection, home.dashboards, KEY, alias="dashboards")
        connection.execute("use dashboards")
        connection.execute("create schema marts")
        for statement in statements:
            connection.execute(statement)
    return Published(home, KEY, settings)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return _publish(
        tmp_path_factory.mktemp("published"),
        [
            """create table marts.kpi_sales_monthly as
            select 'month' as period_grain, date '2026-01-01' as period_start,
            1234.5::decimal(18,4) as won_revenue, 0.5::double as win_rate
            union all select 'year', date '2026-01-01', 99999.5, 0.75""",
            """create table marts.kpi_campaign as select 'crm/C-1' as campaign_id,
            0.25 as open_rate, null::double as click_rate, null::double as conversion_rate,
            0.0 as unsubscribe_rate""",
            "create table marts.dim_customer as select 'abc' as customer_key",
        ],
    )


@pytest.fixture(scope="module")
def client(published: Published):
    return build(published).test_client()


def test_pages_answer_with_nothing_from_elsewhere(client) -> None:
    for path in ("/", "/campaigns"):
        answer = client.get(path)
        assert answer.status_code == 200
        loaded = re.findall(r'(?:src|href)="([^"]+)"', answer.text)
        assert loaded
        assert not [address for address in loaded if "//" in address]
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_layout_and_registry_hold_both_pages(client) -> None:
    assert client.get("/_dash-layout").json
    assert {page["path"] for page in dash.page_registry.values()} >= {"/", "/campaigns"}


def test_charts_draw_the_months_and_read_when_the_page_is_opened(client) -> None:
    months = data_manager["sales_months"].load()
    assert months["won_revenue"].tolist() == [1234.5]
    assert months["period_grain"].tolist() == ["month"]


def test_opened_page_gets_its_figures(client) -> None:
    # what a browser asks for when it shows the page: charts and table by their own callback
    sent = next(
        callback
        for callback in client.get("/_dash-dependencies").json
        if "sales_win_rate.figure" in callback["output"] and not callback["clientside_function"]
    )
    outputs = sent["output"].strip(".").split("...")
    answer = client.post(
        "/_dash-update-component",
        json={
            "output": sent["output"],
            "outputs": [
                dict(zip(("id", "property"), o.rsplit(".", 1), strict=True)) for o in outputs
            ],
            "inputs": [{**i, "value": None} for i in sent["inputs"]],
            "state": [{**s, "value": None} for s in sent["state"]],
            "changedPropIds": [f"{i['id']}.{i['property']}" for i in sent["inputs"]],
        },
    )
    assert answer.status_code == 200
    assert "sales_win_rate" in answer.json["response"]


def test_address_without_page_shows_no_data(client) -> None:
    assert "Spring" not in client.get("/elsewhere").text


def test_figures_of_a_table_that_is_no_kpi_are_refused(published: Published) -> None:
    with pytest.raises(UsageError) as caught:
        published.figures("dim_customer")
    assert caught.value.code == "not_a_kpi"


def test_tables_lists_only_kpis(published: Published) -> None:
    assert published.tables() == ("kpi_campaign", "kpi_sales_monthly")


def test_figures_keep_missing_apart_from_zero(published: Published) -> None:
    figures = published.figures("kpi_campaign")
    assert figures["open_rate"].tolist() == [0.25]
    assert figures["click_rate"].isna().all()


def test_build_before_publication_says_so(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    with pytest.raises(StorageError) as caught:
        build(Published(Home.of(settings), KEY, settings))
    assert caught.value.code == "not_published"


def test_wrong_key_opens_nothing(published: Published) -> None:
    other = Published(published.home, SecretStr("1" * 64), published.settings)
    with pytest.raises(KeyWrongError):
        other.tables()


def test_page_is_left_out_when_its_table_is_not_published(tmp_path: Path) -> None:
    only_sales = _publish(
        tmp_path, ["create table marts.kpi_sales_monthly as select 1 as won_deals"]
    )
    Vizro._reset()  # models are registered process-wide under their ids
    assert [page.id for page in pages(only_sales)] == ["sales"]
