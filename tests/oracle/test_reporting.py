"""Another zone, another currency, another fiscal year: the figures follow, as the oracle's do."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.oracle import rules
from tests.oracle.project import Project, Rows, compiled
from tests.oracle.strategies import AS_OF, crm
from tests.oracle.strategies import sales as sales_part
from tests.oracle.test_sales import TABLES, faults_of

ZONE, CURRENCY, FISCAL_START = "America/New_York", "USD", 4


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project of a deployment in New York whose year begins in April."""
    base = tmp_path_factory.getbasetemp()
    return compiled(
        base.parent if base.name.startswith("popen-") else base,
        reporting_timezone=ZONE,
        reporting_currency=CURRENCY,
        fiscal_year_start_month=FISCAL_START,
    )


@pytest.fixture
def _told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "ZONE", ZoneInfo(ZONE))
    monkeypatch.setattr(rules, "CURRENCY", CURRENCY)
    monkeypatch.setattr(rules, "FISCAL_START", FISCAL_START)


@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(rows=crm(sales_part))
@pytest.mark.usefixtures("_told")
def test_sales_follow_the_settings(elsewhere: Project, rows: Rows) -> None:
    assert not faults_of(rows, elsewhere.run(rows, AS_OF, *TABLES), AS_OF)


@pytest.mark.usefixtures("_told")
def test_calendar_knows_the_fiscal_year(elsewhere: Project) -> None:
    days = {row["date_day"]: row for row in elsewhere.run({}, AS_OF, "dim_date")["dim_date"]}
    assert days[date(2026, 3, 31)]["fiscal_year"] == 2026
    assert days[date(2026, 4, 1)]["fiscal_year"] == 2027
    months = (days[date(2026, 3, 31)]["fiscal_month"], days[date(2026, 4, 1)]["fiscal_month"])
    assert months == (12, 1)
    assert days[date(2024, 2, 29)]["fiscal_quarter_start"] == date(2024, 1, 1)
    for day, row in days.items():
        assert row["fiscal_year_start"] == rules.start_of("year", day)
        assert row["fiscal_quarter_start"] == rules.start_of("quarter", day)
        assert row["calendar_year"] == day.year
    ordered = sorted(days)
    assert ordered == [ordered[0] + timedelta(days=n) for n in range(len(ordered))]


def test_a_year_that_begins_in_january_is_the_calendar_year(project: Project) -> None:
    for row in project.run({}, AS_OF, "dim_date")["dim_date"]:
        assert row["fiscal_year"] == row["calendar_year"]
        assert row["fiscal_quarter_start"] == row["quarter_start"]
