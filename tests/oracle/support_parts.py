"""What each shown figure of support adds up, for :mod:`tests.oracle.attacker`.

Parts come from the source rows by way of the oracle, never from the models: one for each ticket,
cycle or survey, with who asked, of an account or not; somebody unknown is a person of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from tests.oracle.attacker import Part, Told
from tests.oracle.rules import local_day, start_of
from tests.oracle.support_kpis import REASONS, Row, Rows, counted, is_answered, is_satisfied

Condition = Callable[[Row], bool]


def _role(role: str, condition: Condition = lambda _: True) -> Condition:
    return lambda row: row["role"] == role and condition(row)


def _ticket(role: str, condition: Condition) -> Condition:
    return _role(role, lambda row: condition(row["ticket"]))


def _cycle(condition: Condition) -> Condition:
    return _role("opened", lambda row: condition(row["cycle"]))


def _survey(role: str, condition: Condition) -> Condition:
    return _role(role, lambda row: condition(row["survey"]))


def _waited(cycle: Row) -> bool:
    return cycle["waits"].get("next_reply", (None, None))[0] is not None


def _judged(outcome: str) -> Condition:
    return _cycle(lambda cycle: outcome in cycle["outcomes"].values())


def _unanswered(ticket: Row) -> bool:
    return ticket["response"] is None and not ticket["cancelled"]


def _timed(ticket: Row) -> bool:
    return ticket["response_minutes"] is not None


ADDED: dict[str, tuple[tuple[str, ...], Condition]] = {
    "created": (("tickets_created",), _role("created")),
    "resolved": (("tickets_resolved",), _role("resolved")),
    "unanswered": (("tickets_unanswered",), _ticket("created", _unanswered)),
    "answered": (
        ("tickets_created", "tickets_unanswered"),
        _ticket("created", lambda t: not _unanswered(t)),
    ),
    "timed": (("first_response_tickets",), _ticket("created", _timed)),
    "neither": (
        ("tickets_created", "tickets_unanswered", "first_response_tickets"),
        _ticket("created", lambda t: not _unanswered(t) and not _timed(t)),
    ),
    "replied": (("next_reply_cycles",), _cycle(_waited)),
    "met": (("sla_attainment_numerator",), _judged("met")),
    "breached": (("sla_attainment_numerator", "sla_attainment_denominator"), _judged("breached")),
    "reopened": (("reopen_rate_numerator",), _ticket("resolved", lambda t: t["reopened"])),
    "stayed": (
        ("reopen_rate_numerator", "reopen_rate_denominator"),
        _ticket("resolved", lambda t: not t["reopened"]),
    ),
    "moved": (("escalation_rate_numerator",), _cycle(lambda c: c["moves"] > 0)),
    "not moved": (
        ("escalation_rate_numerator", "escalation_rate_denominator"),
        _cycle(lambda c: c["moves"] == 0),
    ),
    "later": (
        ("tickets_created", "escalation_rate_denominator"),
        _cycle(lambda c: c["number"] > 1),
    ),
    **{
        f"first contact {outcome}": (
            (column,), _ticket("resolved", lambda t, o=outcome: t["first_contact"] == o)
        )
        for outcome, column in (
            ("resolved", "first_contact_resolution_rate_numerator"),
            ("undecided", "first_contact_undecided"),
            ("unknown", "excluded_first_contact_unknown"),
        )
    },
    "first contact not_resolved": (
        ("first_contact_resolution_rate_numerator", "first_contact_resolution_rate_denominator"),
        _ticket("resolved", lambda t: t["first_contact"] == "not_resolved"),
    ),
    "satisfied": (("csat_numerator",), _survey("answered", lambda s: is_satisfied(s) is True)),
    "dissatisfied": (
        ("csat_numerator", "csat_denominator"),
        _survey("answered", lambda s: is_satisfied(s) is False),
    ),
    "scored": (
        ("survey_score_mean_denominator",),
        _survey("answered", lambda s: s["score"] is not None),
    ),
    "answers": (("csat_response_rate_numerator",), _survey("asked", is_answered)),
    "silent": (
        ("csat_response_rate_numerator", "csat_response_rate_denominator"),
        _survey("asked", lambda s: not is_answered(s)),
    ),
    **{
        reason: (
            (f"excluded_{reason}",),
            _ticket("created", lambda t, r=reason: t["reason"] == r),
        )
        for reason in REASONS
    },
    "sound": (
        ("tickets_created", "excluded_rows", "excluded_creation_missing"),
        _ticket("created", lambda t: t["reason"] is None),
    ),
}  # fmt: skip
MEDIANS: dict[str, Condition] = {
    "first_response_minutes_median": _ticket("created", _timed),
    "next_reply_minutes_median": _cycle(_waited),
    "resolution_hours_median": _ticket("resolved", lambda t: t["first_hours"] is not None),
    "full_resolution_hours_median": _ticket("fully", lambda t: t["full_hours"] is not None),
}
KEYS: dict[str, tuple[str, ...]] = {
    "kpi_support_monthly": ("period_grain", "period_start"),
    "kpi_support_topics_monthly": ("period_start", "topic"),
    "kpi_support_daily": ("day",),
    "kpi_support_agent_monthly": ("period_grain", "period_start", "user_key"),
}


def _places(table: str, row: Row) -> Iterator[tuple[Hashable, ...]]:
    """The keys of a table's rows in which something counts."""
    day: date | None = local_day(row["at"]) if row["at"] else None
    if table in ("kpi_support_monthly", "kpi_support_agent_monthly"):
        agent = (row["ticket"].get("user_key"),) if "agent" in table else ()
        yield ("all", None, *agent)
        for grain in ("month", "quarter", "year") if day else ():
            yield (grain, start_of(grain, day), *agent)  # type: ignore[arg-type]
    elif day is not None:
        topic = row["ticket"].get("topic") or "unknown"
        yield (start_of("month", day), topic) if "topics" in table else (day,)


def told(rows: Rows, tables: dict[str, list[Row]], as_of: datetime) -> list[Told]:
    """Every figure that is shown, with what it adds up."""
    every = [(_part(number, row), row) for number, row in enumerate(counted(rows, as_of))]
    found = []
    for table in tables:
        keys = KEYS[table]
        under: dict[tuple[Hashable, ...], list[tuple[Part, Row]]] = {}
        for part, row in every:
            for place in _places(table, row):
                under.setdefault(place, []).append((part, row))
        for shown in tables[table]:
            place = tuple(shown[key] for key in keys)
            where = {"table": table} | dict(zip(keys, place, strict=True))
            found += _of_row(shown, where, under.get(place, ()))
    return found


def _of_row(shown: Row, where: dict[str, Any], some: Sequence[tuple[Part, Row]]) -> list[Told]:
    found = [
        Told(figure, where, frozenset(part for part, row in some if condition(row)))
        for figure, (columns, condition) in ADDED.items()
        if all(shown.get(column) is not None for column in columns)
    ]
    # A median adds nothing up, so that only the cell itself tells: a figure of its own.
    return found + [
        Told(f"{column} {sorted(map(str, where.values()))}", where,
             frozenset(part for part, row in some if condition(row)))
        for column, condition in MEDIANS.items()
        if shown.get(column) is not None
    ]  # fmt: skip


def _part(number: int, row: Row) -> Part:
    ticket, survey = row["ticket"], row.get("survey", {})
    return (acting(survey, ticket), number)


def acting(*rows: Row) -> Hashable:
    """Who asked: the first that is known, else the row itself."""
    known = [row["customer_key"] for row in rows if row.get("customer_key")]
    return known[0] if known else next(r["record_key"] for r in reversed(rows) if "record_key" in r)
