"""Contact moments (calls, e-mails, meetings, notes) and consents."""

from __future__ import annotations

import numpy as np

from pipelines.sample.people import Person
from pipelines.sample.randomness import pick, pick_weighted
from pipelines.sample.sales import employed
from pipelines.sample.seasons import awake, dutch_text, dutch_texts
from pipelines.sample.work import Work

_KINDS = (
    (("telefoon", "note"), 0.38), (("email_in", "mail_in"), 0.2), (("email_uit", "mail_out"), 0.18),
    (("bezoek", "meeting"), 0.08), (("chat", "customer_reply"), 0.05), (("formulier", "ticket"), 0.04),
    (("sociaal", ""), 0.02), (("notitie", "note"), 0.05),
)  # fmt: skip
_CODES = {"email_in": "email", "email_uit": "email"}
_DIRECTIONS = {
    "email_in": "in",
    "email_uit": "uit",
    "notitie": "intern",
    "formulier": "in",
    "sociaal": "in",
}


def write_interactions(work: Work) -> None:
    """Write ten contact moments for each person on average, more for the lively; 70 % with a text."""
    numbers, chance = work.arrays("interactions"), work.plain("interactions")
    size = len(work.people) * 10
    weights = np.array([p.liveliness if p.crm_id else 0.02 for p in work.people]) + 0.02
    who = np.sort(work.draw_people(numbers, size, weights))
    instants = work.plan.seasons.draw(numbers, work.starts[who])
    seconds = (numbers.lognormal(5.4, 0.8, size)).astype(np.int64).tolist()
    times = dutch_texts(instants)
    rows = []
    for at, place in enumerate(who.tolist()):
        person: Person = work.people[place]
        kind, sort_of_text = pick_weighted(chance, _KINDS)
        key = work.key("CM", at)
        company = person.company
        subject = body = ""
        if sort_of_text.startswith("mail"):
            text = work.writer.write("mail_subject", person)
            subject = work.truth.text("crm", "interactions", key, "subject", text)
        if sort_of_text and chance.random() < 0.75:
            known = company.name if company and not company.is_sole_trader else ""
            text = work.writer.write(sort_of_text, person, known)
            body = work.truth.text("crm", "interactions", key, "body", text)
        deals, tickets = work.deals_of.get(place, ()), work.tickets_of.get(place, ())
        about = chance.random()
        deal = pick(chance, deals)[0] if deals and about < 0.25 else ""
        ticket = pick(chance, tickets)[0] if tickets and about > 0.88 else ""
        staff = work.agents if ticket else work.sellers
        rows.append(
            (key, person.crm_id, company.account_id if company else "",
             employed(chance, staff, int(instants[at])).user_id, ticket, deal, _CODES.get(kind, kind),
             _DIRECTIONS.get(kind) or ("in" if about < 0.5 else "uit"), times[at],
             str(seconds[at]) if kind in ("telefoon", "bezoek") else "", subject, body)
        )  # fmt: skip
    work.files.write("contactmomenten", rows)


def write_consents(work: Work) -> None:
    """Write the consents of the block: newsletter and tracking given, refused, withdrawn."""
    chance = work.plain("consents")
    rows: list[tuple[str, ...]] = []
    for place, person in enumerate(work.people):
        at = int(work.starts[place])
        for purpose, given in (("marketing", 0.72), ("tracking", 0.55)):
            way = chance.random()
            if way < given:
                _note(work, rows, person, purpose, "given", at)
                withdrawn = work.withdrawn.get(place) if purpose == "marketing" else None
                if withdrawn is None and chance.random() < 0.05:
                    withdrawn = (
                        at + int(chance.random() * max(1, work.plan.seasons.end - at - 2)) + 1
                    )
                if withdrawn is not None:
                    _note(work, rows, person, purpose, "withdrawn", withdrawn)
            elif way < given + 0.12:
                _note(work, rows, person, purpose, "refused", at)
            elif way < given + 0.15:
                _note(work, rows, person, purpose, "pending", at)
    work.files.write("toestemmingen", rows)


def _note(
    work: Work, rows: list[tuple[str, ...]], person: Person, purpose: str, status: str, at: int
) -> None:
    key = work.key("TS", len(rows))
    text = work.writer.write("evidence", person)
    rows.append(
        (key, person.crm_id, "" if person.crm_id else person.email, purpose, "email" if purpose == "marketing" else "web",
         "consent", status, dutch_text(awake(at)), "2024-2" if at % 2 else "2025-1",
         work.truth.text("crm", "consents", key, "evidence", text))
    )  # fmt: skip
