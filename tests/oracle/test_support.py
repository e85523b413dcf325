"""Every support figure of the models against the oracle."""

from __future__ import annotations

from typing import Any

from hypothesis import Phase, given, settings

from dbt_project import generate_holidays
from tests.oracle import support, support_kpis
from tests.oracle.project import Project, Rows
from tests.oracle.rules import differences
from tests.oracle.strategies import AS_OF, crm
from tests.oracle.support_rows import support as support_part

TABLES = (
    "fct_tickets", "fct_ticket_cycles", "kpi_support_monthly", "kpi_support_topics_monthly",
    "kpi_support_agent_monthly", "kpi_support_daily",
)  # fmt: skip


def faults_of(rows: Rows, tables: Rows, as_of: Any) -> dict[str, list[str]]:
    """What differs, by table."""
    period = ["period_grain", "period_start"]
    expected: dict[str, Any] = {
        "fct_tickets": (support.ticket_facts(rows, as_of), ["ticket_id"]),
        "fct_ticket_cycles": (support.cycle_facts(rows, as_of), ["ticket_id", "cycle_number"]),
        "kpi_support_monthly": (support_kpis.monthly(rows, as_of), period),
        "kpi_support_topics_monthly": (
            support_kpis.by_topic(rows, as_of), ["period_start", "topic"],
        ),
        "kpi_support_agent_monthly": (
            support_kpis.by_agent(rows, as_of), [*period, "user_key"],
        ),
        "kpi_support_daily": (support_kpis.daily(rows, as_of), ["day"]),
    }  # fmt: skip
    found = {name: differences(tables[name], *told) for name, told in expected.items()}
    return {name: faults[:8] for name, faults in found.items() if faults}


@settings(max_examples=40, deadline=None, derandomize=True, phases=[Phase.generate])
@given(rows=crm(support_part))
def test_support_of_adversarial_crms(project: Project, rows: Rows) -> None:
    # Without shrinking: a failure names table, key and column, which is enough to find it.
    tables = project.run(rows, AS_OF, *TABLES)
    assert not faults_of(rows, tables, AS_OF)


def test_public_holidays_are_those_of_the_library() -> None:
    written = generate_holidays.HOLIDAYS.read_text(encoding="utf-8")
    assert written == generate_holidays.text(), "run python -m dbt_project.generate_holidays"
