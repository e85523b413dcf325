"""Support KPIs by month, topic, agent and day, from the tickets of :mod:`tests.oracle.support`.

Source: the KPI definitions and docs/decisions/0021, 0077 and 0079.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from tests.oracle.persons import of_persons
from tests.oracle.rules import (
    GRAINS,
    local_day,
    midnight,
    percentile,
    ratio,
    start_of,
)  # fmt: skip
from tests.oracle.support import tickets

Row = dict[str, Any]
Rows = Mapping[str, Sequence[Row]]
Key = tuple[Any, ...]
REASONS = (
    "resolved_before_first_response", "first_response_before_creation",
    "resolved_before_creation", "creation_missing",
)  # fmt: skip


def counted(rows: Rows, as_of: datetime) -> list[Row]:
    """Whatever counts somewhere: its role, the instant that places it, and what it is."""
    found: list[Row] = []
    every = tickets(rows, as_of)
    for ticket in every:
        found.append({"role": "created", "at": ticket["created"], "ticket": ticket})
        if ticket["solved"]:
            found.append({"role": "resolved", "at": ticket["solved"], "ticket": ticket})
        if ticket["fully"]:
            found.append({"role": "fully", "at": ticket["fully"], "ticket": ticket})
        found += [
            {"role": "opened", "at": cycle["opened"], "ticket": ticket, "cycle": cycle}
            for cycle in ticket["cycles"]
        ]
    by_key = {ticket["record_key"]: ticket for ticket in every}
    for survey in of_persons(rows, "surveys"):
        ticket = by_key.get(survey["ticket_id"], {})
        common = {"ticket": ticket, "survey": survey}
        found.append({"role": "asked", "at": survey["asked_at"], **common})
        if is_answered(survey):
            found.append({"role": "answered", "at": survey["answered_at"], **common})
    return found


def is_answered(survey: Row) -> bool:
    """Whether it says anything at all."""
    return any(survey[part] is not None for part in ("answered_at", "score", "satisfied"))


def is_satisfied(survey: Row) -> bool | None:
    """By its own word, else four or five out of five."""
    if survey["satisfied"] is not None or survey["score"] is None:
        return survey["satisfied"]  # type: ignore[no-any-return]
    return bool(survey["score"] >= 4)


def figures(some: Sequence[Row], *, is_all: bool) -> Row:
    """Every figure of what counts in one period."""

    def of(role: str) -> list[Row]:
        return [row for row in some if row["role"] == role]

    created = [row["ticket"] for row in of("created")]
    solved = [row["ticket"] for row in of("resolved")]
    cycles = [row["cycle"] for row in of("opened")]
    waits = [cycle["waits"].get("next_reply", (None, None)) for cycle in cycles]
    outcomes = [outcome for cycle in cycles for outcome in cycle["outcomes"].values()]
    first = [ticket["first_contact"] for ticket in solved]
    asked = [row["survey"] for row in of("asked")]
    answered = [row["survey"] for row in of("answered")]
    words = [word for s in answered if (word := is_satisfied(s)) is not None]
    scores = [s["score"] for s in answered if s["score"] is not None]
    left_out = [t for row in of("created") if row["at"] or is_all for t in [row["ticket"]]]
    if not is_all:
        left_out += [
            t for t in solved if t["reason"] == REASONS[0] and t["created"] is None
        ]  # fmt: skip
    found: Row = {
        "tickets_created": len(created),
        "tickets_undated": sum(ticket["created"] is None for ticket in created),
        "tickets_resolved": len(solved),
        "tickets_unanswered": sum(t["response"] is None and not t["cancelled"] for t in created),
        "first_response_tickets": sum(t["response_minutes"] is not None for t in created),
        "next_reply_cycles": sum(wait is not None for wait, _ in waits),
        "next_reply_minutes_median": percentile([wait for wait, _ in waits], 0.5),
        "next_reply_minutes_median_business": percentile([wait for _, wait in waits], 0.5),
        "resolution_hours_median": percentile([t["first_hours"] for t in solved], 0.5),
        "resolution_hours_median_business": percentile(
            [t["first_business_hours"] for t in solved], 0.5
        ),
        "full_resolution_hours_median": percentile(
            [row["ticket"]["full_hours"] for row in of("fully")], 0.5
        ),
        **ratio("sla_attainment", outcomes.count("met"), len(outcomes)),
        **ratio("reopen_rate", sum(ticket["reopened"] for ticket in solved), len(solved)),
        **ratio("escalation_rate", sum(cycle["moves"] > 0 for cycle in cycles), len(cycles)),
        **ratio(
            "first_contact_resolution_rate",
            first.count("resolved"), first.count("resolved") + first.count("not_resolved"),
        ),
        "first_contact_undecided": first.count("undecided"),
        "excluded_first_contact_unknown": first.count("unknown"),
        **ratio("csat", sum(words), len(words)),
        **ratio("csat_response_rate", sum(map(is_answered, asked)), len(asked)),
        **ratio("survey_score_mean", sum(scores) if scores else None, len(scores)),
        **{f"excluded_{reason}": sum(t["reason"] == reason for t in left_out) for reason in REASONS},
        "excluded_rows": sum(t["reason"] is not None for t in left_out),
    }  # fmt: skip
    for suffix, column in (("", "response_minutes"), ("_business", "response_business")):
        for name, share in (("median", 0.5), ("p90", 0.9)):
            found[f"first_response_minutes_{name}{suffix}"] = percentile(
                [ticket[column] for ticket in created], share
            )
    return found


def periods(
    rows: Rows, as_of: datetime, by: Callable[[Row], Key | None] = lambda _: ()
) -> dict[Key, Row]:
    """By grain and start, and over all time; ``by`` cuts them further, or leaves a row out."""
    found: dict[Key, list[Row]] = {}
    for row in counted(rows, as_of):
        cut = by(row)
        if cut is None:
            continue
        found.setdefault(("all", None, *cut), []).append(row)
        for grain in GRAINS if row["at"] else ():
            found.setdefault((grain, start_of(grain, local_day(row["at"])), *cut), []).append(row)
    return {key: figures(some, is_all=key[0] == "all") for key, some in found.items()}


def monthly(rows: Rows, as_of: datetime) -> dict[Key, Row]:
    """What kpi_support_monthly says."""
    return periods(rows, as_of)


def by_topic(rows: Rows, as_of: datetime) -> dict[Key, Row]:
    """What kpi_support_topics_monthly says, of months only."""
    found = periods(rows, as_of, lambda row: (row["ticket"].get("topic") or "unknown",))
    return {key[1:]: row for key, row in found.items() if key[0] == "month"}


def by_agent(rows: Rows, as_of: datetime) -> dict[Key, Row]:
    """What kpi_support_agent_monthly says: everybody of the staff over all time."""

    def agent(row: Row) -> Key | None:
        key = row["ticket"].get("user_key")
        return (key,) if key else None

    nothing = figures((), is_all=True)
    staff = {
        ("all", None, row["subject_key"]): nothing
        for row in rows.get("subjects", ())
        if row["kind"] == "user"
    }
    return staff | periods(rows, as_of, agent)


def daily(rows: Rows, as_of: datetime) -> dict[Key, Row]:
    """What kpi_support_daily says, from the first ticket to the day of the run."""
    placed: dict[date, list[Row]] = {}
    for row in counted(rows, as_of):
        if row["at"] and row["role"] in ("created", "resolved", "opened"):
            placed.setdefault(local_day(row["at"]), []).append(row)
    if not placed:
        return {}
    cycles = [
        row["cycle"] for some in placed.values() for row in some if row["role"] == "opened"
    ]  # fmt: skip
    found: dict[Key, Row] = {}
    day, last = min(placed), local_day(as_of)
    while day <= last:
        some = figures(placed.get(day, ()), is_all=False)
        end = midnight(day + timedelta(days=1))
        ages = [
            (end - cycle["opened"]) / timedelta(days=1)
            for cycle in cycles
            if cycle["reason"] is None
            and cycle["opened"] < end
            and (cycle["ended"] is None or cycle["ended"] >= end)
        ]
        names = (
            "tickets_created", "tickets_resolved", "tickets_unanswered",
            "first_response_minutes_median", "resolution_hours_median",
        )  # fmt: skip
        found[(day,)] = {name: some[name] for name in names} | {
            "month_start": start_of("month", day),
            "backlog": len(ages) if end <= as_of else None,
            "backlog_age_days_median": percentile(ages, 0.5) if end <= as_of else None,
            "excluded_rows": sum(
                row["role"] == "opened" and row["cycle"]["reason"] is not None
                for row in placed.get(day, ())
            ),
        }
        day += timedelta(days=1)
    return found
