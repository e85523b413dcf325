"""Every support figure of the models against the oracle."""

from __future__ import annotations

from datetime import timedelta
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
_REPLY = ("public_reply", "agent")


def expected(rows: Rows, as_of: Any) -> dict[str, Any]:
    """By table the rows of the oracle, and what names a row."""
    period = ["period_grain", "period_start"]
    return {
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


def faults_of(rows: Rows, tables: Rows, as_of: Any) -> dict[str, list[str]]:
    """What differs, by table."""
    found = {name: differences(tables[name], *told) for name, told in expected(rows, as_of).items()}
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


def _of_march(project: Project, *stories: list[tuple[str, str]]) -> Any:
    """The month of tickets that were created in March, one for each list of events and actors."""
    at = AS_OF.replace(month=3, day=2)
    rows = {
        "tickets": [{"record_key": f"t{n}", "created_at": at} for n in range(len(stories))],
        "ticket_events": [
            {"record_key": f"t{n}e{step}", "ticket_id": f"t{n}", "event_type": kind,
             "actor_type": actor, "occurred_at": at + timedelta(hours=step)}
            for n, story in enumerate(stories)
            for step, (kind, actor) in enumerate(story)
        ],
    }  # fmt: skip
    months = project.run(rows, AS_OF, "kpi_support_monthly")["kpi_support_monthly"]
    (march,) = [row for row in months if row["period_grain"] == "month"]
    return march


def test_unanswered_tickets_are_counted(project: Project) -> None:
    # Known mistake of others: a package counts tickets with fewer than zero replies, so always none.
    march = _of_march(project, [], [("created", "customer")], [("created", "customer"), _REPLY])
    assert (march["tickets_created"], march["tickets_unanswered"]) == (3, 2)


def test_automatic_answer_is_no_response(project: Project) -> None:
    # Known mistake of others: they take the robot's message for the first response of a ticket that waits for people.
    march = _of_march(project, [("created", "customer"), ("public_reply", "bot")])
    assert march["tickets_unanswered"] == 1
    assert march["first_response_tickets"] == 0
    assert march["first_response_minutes_median"] is None


def test_nothing_solved_gives_no_rate_and_no_error(project: Project) -> None:
    march = _of_march(project, [("created", "customer"), _REPLY])
    assert march["first_contact_resolution_rate_denominator"] == 0
    assert march["first_contact_resolution_rate"] is None
    assert march["reopen_rate"] is None
