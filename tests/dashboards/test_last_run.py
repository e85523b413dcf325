"""A run that did not publish is told on every page; what its checks found stands on one."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboards.app import build
from dashboards.last_run import LastRun, last_run
from dashboards.published import Published
from pipelines.quality.last_run import write_last_run
from pipelines.quality.results import CheckResult
from tests.support.figures import publish

AS_OF = datetime(2026, 11, 20, tzinfo=UTC)
GOOD = CheckResult("figures_keep_contract", "marts.kpi_campaign", "", 0)
BAD = CheckResult("figures_keep_contract", "marts.kpi_sales_monthly", "win_rate", 3)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    return publish(tmp_path_factory.mktemp("last-run"))


def test_failing_check_is_told_on_every_page_and_named_on_one(published: Published) -> None:
    write_last_run(published.home, AS_OF, [GOOD, BAD], is_published=False)
    client = build(published).test_client()
    for path in ("/", "/sales", "/quality"):
        assert "published nothing, for one check fails" in client.get(path).text
    text = client.get("/quality?lang=nl").text
    assert "faalt in marts.kpi_sales_monthly win_rate" in text
    assert "marts.kpi_campaign" not in text.split('data-block="publication"')[0]


def test_run_that_published_is_no_note(published: Published) -> None:
    write_last_run(published.home, AS_OF, [GOOD], is_published=True)
    client = build(published).test_client()
    assert "published nothing" not in client.get("/").text
    text = client.get("/quality").text
    assert "<td>holds</td>" in text
    assert "fails in" not in text


def test_run_that_broke_off_before_its_checks_is_told(published: Published) -> None:
    write_last_run(published.home, AS_OF, [], is_published=False)
    assert "Look at klantkluis status" in build(published).test_client().get("/").text


@pytest.mark.parametrize("text", ["", "{", "[]", '{"checks": 3}', '{"is_published": true}'])
def test_file_that_says_nothing_is_no_fault(
    published: Published, text: str, tmp_path: Path
) -> None:
    (published.home.reports / "last_run.json").write_text(text)
    assert last_run(published.home) == LastRun()
    assert build(published).test_client().get("/quality").status_code == 200
