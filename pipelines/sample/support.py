"""Tickets, what happened on them, and how satisfied people were."""

from __future__ import annotations

from random import Random
from typing import Any, NamedTuple

import numpy as np

from pipelines.sample.people import Person
from pipelines.sample.randomness import pick, pick_weighted
from pipelines.sample.reference import PRIORITIES
from pipelines.sample.sales import employed
from pipelines.sample.seasons import DAY, at_work, utc_texts
from pipelines.sample.work import Work

_TOPICS = ("levering", "factuur", "storing", "account", "abonnement", "product", "retour")
_KINDS = ("vraag", "vraag", "storing", "klacht", "wijziging")
_CHANNELS = (("email", 0.45), ("webform", 0.2), ("phone", 0.2), ("chat", 0.15))
_PRIORITY = tuple(zip(PRIORITIES, (0.25, 0.5, 0.18, 0.07), strict=True))
_HOURS = {"laag": 9.0, "normaal": 5.0, "hoog": 2.5, "urgent": 0.6}
_COMMENTED = ("public_reply", "internal_note", "customer_reply")
_WRITTEN = {
    "public_reply": "reply",
    "internal_note": "internal",
    "customer_reply": "customer_reply",
}


class _Step(NamedTuple):
    kind: str
    at: int
    actor: str
    tier: str


def write_tickets(work: Work) -> None:
    """Write 1.5 tickets for each person, four events for each, surveys for three in ten.

    A ticket names its person by the CRM's id, by the help desk's own (tickets of the portal), or
    only in its text.
    """
    numbers, chance = work.arrays("tickets"), work.plain("tickets")
    size = round(len(work.people) * 1.5)
    weights = np.array([p.liveliness for p in work.people]) + 0.1
    who = work.draw_people(numbers, size, weights)
    created = work.plan.seasons.draw(numbers, work.starts[who], consumer=True)
    tickets: list[list[Any]] = []
    events: list[list[Any]] = []
    surveys: list[list[Any]] = []
    for at, (place, instant) in enumerate(zip(who.tolist(), created.tolist(), strict=True)):
        _make_ticket(work, chance, work.key("TK", at), place, instant, tickets, events, surveys)
    _to_utc(tickets, (12, 13, 14, 15))
    _to_utc(events, (5,))
    _to_utc(surveys, (4, 5))
    # Column 1 is the CRM's id, column 2 the help desk's own: such a ticket came in by the portal.
    work.files.write("tickets", [t[:2] + t[3:] for t in tickets if t[2] is None])
    work.files.write(
        "portal_tickets", [t[:1] + t[2:3] + t[4:] for t in tickets if t[2] is not None]
    )
    work.files.write("ticket_events", events)
    work.files.write("surveys", [s[:3] + s[4:] for s in surveys if s[3] is None])
    work.files.write("portal_surveys", [s[:2] + s[3:] for s in surveys if s[3] is not None])


def _to_utc(rows: list[list[Any]], columns: tuple[int, ...]) -> None:
    """Turn local seconds into UTC text, in place and all at once."""
    for column in columns:
        filled = [row for row in rows if row[column] is not None]
        texts = utc_texts(np.array([row[column] for row in filled], dtype=np.int64))
        for row, text in zip(filled, texts, strict=True):
            row[column] = text


def _make_ticket(
    work: Work, chance: Random, key: str, place: int, created: int,
    tickets: list[list[Any]], events: list[list[Any]], surveys: list[list[Any]],
) -> None:  # fmt: skip
    end = work.plan.seasons.end
    person: Person = work.people[place]
    priority = pick_weighted(chance, _PRIORITY)
    steps, status = _history(chance, created, _HOURS[priority], end)
    agent = employed(chance, work.agents, created)
    assigned = len(steps) > 1
    answers = [s.at for s in steps if s.kind == "public_reply" and s.actor == "agent"]
    solved = [s.at for s in steps if s.kind == "solved"] if status in ("solved", "closed") else []
    closed = [s.at for s in steps if s.kind == "closed"]
    named = chance.random()
    requester = person.requester_id or None
    crm = person.crm_id if not requester and person.crm_id and named < 0.92 else None
    by = (crm, requester)
    company = person.company.account_id if person.company and crm else None
    subject = work.truth.text(
        "tickets", "tickets", key, "subject", work.writer.write("ticket_subject", person)
    )
    body = work.truth.text(
        "tickets", "tickets", key, "body", work.writer.write("ticket", person, _company(person))
    )
    tickets.append(
        [key, *by, company, agent.user_id if assigned else None, pick_weighted(chance, _CHANNELS),
         pick(chance, _KINDS), pick(chance, _TOPICS), priority, status, subject, body, created,
         answers[0] if answers else None, solved[-1] if solved else None, closed[-1] if closed else None,
         "standaard"]
    )  # fmt: skip
    work.tickets_of.setdefault(place, []).append((key, created))
    for step in steps:
        event = work.key("TE", len(events))
        text = None
        if step.kind in _COMMENTED and step.actor != "bot":
            text = work.truth.text(
                "tickets",
                "ticket_events",
                event,
                "body",
                work.writer.write(_WRITTEN[step.kind], person),
            )
        elif step.actor == "bot":
            text = "We hebben uw bericht ontvangen en reageren zo snel mogelijk."
        agent_id = agent.user_id if step.actor == "agent" else None
        events.append([event, key, step.kind, step.actor, agent_id, step.at, text, step.tier])
    if solved and chance.random() < 0.45:
        _ask(work, chance, key, by, solved[-1], person, surveys)


def _company(person: Person) -> str:
    return person.company.name if person.company and not person.company.is_sole_trader else ""


def _history(chance: Random, created: int, hours: float, end: int) -> tuple[list[_Step], str]:
    """Events in order, none at or after ``end``, and the status they leave."""
    at, tier = created, "1"
    planned = [_Step("created", at, "customer", tier)]
    if chance.random() < 0.3:
        planned.append(_Step("public_reply", at + 5, "bot", tier))
    at = at_work(at + 60 + int(chance.expovariate(1.0) * 1_800))
    planned.append(_Step("assigned", at, "agent", tier))
    if chance.random() < 0.02:
        planned.append(_Step("cancelled", at + 600, "customer", tier))
        return _until(planned, end, "cancelled")
    for cycle in range(2 if chance.random() < 0.08 else 1):
        at = _work_on(chance, planned, at, hours, tier)
        if chance.random() < 0.1 and tier == "1":
            tier = "2"
            at += 300
            planned.append(_Step("escalated", at, "agent", tier))
            at = _work_on(chance, planned, at, hours * 1.5, tier)
        planned.append(_Step("solved", at + 60, "agent", tier))
        at += int(DAY * (0.5 + chance.random() * 3))
        if cycle == 0:
            closing = at
        planned.append(_Step("reopened", at, "customer", tier))
    planned.pop()
    at = max(closing, at)
    if chance.random() < 0.8:
        planned.append(_Step("closed", at + 4 * DAY, "bot", tier))
    return _until(planned, end, "closed")


def _work_on(chance: Random, planned: list[_Step], at: int, hours: float, tier: str) -> int:
    """Replies back and forth; gives the instant of the last."""
    if chance.random() < 0.25:
        at += 400
        planned.append(_Step("internal_note", at, "agent", tier))
    rounds = 1 + int(chance.random() ** 4 * 3)
    for turn in range(rounds):
        at = at_work(at + 300 + int(chance.lognormvariate(0.0, 0.9) * hours * 3_600))
        planned.append(_Step("public_reply", at, "agent", tier))
        if turn < rounds - 1 or chance.random() < 0.25:
            if chance.random() < 0.3:
                planned.append(_Step("pending", at + 5, "agent", tier))
            at += 600 + int(chance.expovariate(1.0) * 20_000)
            planned.append(_Step("customer_reply", at, "customer", tier))
    return at


def _until(planned: list[_Step], end: int, final: str) -> tuple[list[_Step], str]:
    steps = [s for s in planned if s.at < end]
    kinds = [s.kind for s in steps]
    if final in kinds:
        return steps, final
    for kind in reversed(kinds):
        if kind in ("solved", "pending"):
            return steps, kind
        if kind in ("reopened", "public_reply", "customer_reply", "assigned"):
            return steps, "open"
    return steps, "new"


def _ask(
    work: Work, chance: Random, ticket: str, by: tuple[str | None, str | None],
    solved: int, person: Person, surveys: list[list[Any]],
) -> None:  # fmt: skip
    asked = solved + 7_200
    if asked >= work.plan.seasons.end:
        return
    key = work.key("SV", len(surveys))
    answered = asked + int(chance.expovariate(1.0) * DAY)
    score = comment = None
    replied = chance.random() < 0.45 and answered < work.plan.seasons.end
    if replied:
        score = pick_weighted(chance, ((5, 0.45), (4, 0.28), (3, 0.12), (2, 0.08), (1, 0.07)))
        if chance.random() < 0.5:
            comment = work.truth.text(
                "tickets", "surveys", key, "comment", work.writer.write("survey", person)
            )
    surveys.append([key, ticket, *by, asked, answered if replied else None, score, comment])
