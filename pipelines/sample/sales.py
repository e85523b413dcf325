"""Deals with the changes that led to them, leads and tasks."""

from __future__ import annotations

from random import Random

import numpy as np

from pipelines.sample.organisations import Staff
from pipelines.sample.randomness import pick, pick_weighted
from pipelines.sample.reference import STAGES, decimal_comma, sku
from pipelines.sample.scenes import PRODUCT_NAMES
from pipelines.sample.seasons import DAY, at_work, awake, dutch_text, dutch_texts
from pipelines.sample.work import Purchase, Work

_REASONS = ("prijs", "concurrent", "geen budget", "timing", "geen reactie")
_CURRENCIES = (("EUR", 0.9), ("USD", 0.06), ("GBP", 0.04))


def employed(chance: Random, staff: list[Staff], at: int) -> Staff:
    """Somebody who was there at that instant; anybody when nobody was."""
    for _ in range(4):
        member = pick(chance, staff)
        if member.hired <= at and (member.left is None or member.left > at):
            return member
    return staff[0]


def write_deals(work: Work) -> None:
    """Write 0.8 deals for each person, their changes, and note what was won.

    Six in ten of those that closed were won. One in ten has no organisation, one in twelve no
    contact, one in two hundred a closing before its creation.
    """
    numbers, chance = work.arrays("deals"), work.plain("deals")
    size = round(len(work.people) * 0.8)
    known = np.array([float(bool(p.crm_id)) for p in work.people])
    who = work.draw_people(numbers, size, known)
    created = work.plan.seasons.draw(numbers, work.starts[who])
    deals: list[tuple[str, ...]] = []
    changes: list[tuple[str, ...]] = []
    for at in range(size):
        _make_deal(work, chance, at, int(who[at]), int(created[at]), deals, changes)
    work.files.write("kansen", deals)
    work.files.write("kanswijzigingen", changes)


def _make_deal(
    work: Work, chance: Random, at: int, place: int, created: int,
    deals: list[tuple[str, ...]], changes: list[tuple[str, ...]],
) -> None:  # fmt: skip
    end = work.plan.seasons.end
    person, key = work.people[place], work.key("D-", at)
    company = person.company if chance.random() < 0.93 else None
    pipeline = "nieuw" if chance.random() < 0.75 else "verlenging"
    currency = pick_weighted(chance, _CURRENCIES)
    product = int(chance.random() * len(PRODUCT_NAMES))
    amount = round(chance.lognormvariate(8.1 if company else 5.8, 0.9), 2)
    won = chance.random() < (0.58 if pipeline == "nieuw" else 0.7)
    cycle = int(chance.lognormvariate(3.7 if won else 3.4, 0.6) * DAY)
    stale = chance.random() < 0.06
    engaged = at_work(created + int(chance.random() * 4 * DAY))
    closing = at_work(engaged + cycle)
    is_closed = closing < end - 3600 and not stale
    stages = [s[0] for s in STAGES[pipeline][:-2]]
    reached = len(stages) if won else 1 + int(chance.random() * len(stages))
    seller = employed(chance, work.sellers, created)
    log: list[tuple[str, str, int]] = [("owner", seller.user_id, created)]
    entered = [at_work(created + (closing - created) * n // (reached + 1)) for n in range(reached)]
    stage, probability = stages[0], STAGES[pipeline][0][1]
    for n, instant in enumerate(entered):
        if n and instant >= min(closing, end):
            break
        stage, probability = stages[n], STAGES[pipeline][n][1]
        log.append(("stage", stage, instant))
    expected = at_work(created + int((30 + chance.random() * 60) * DAY))
    log.append(("expected_close_at", _iso(expected), created))
    last = min(closing, end - 60)
    if chance.random() < 0.3:
        slipped = min(at_work(created + int((last - created) * 0.6)), last)
        expected = at_work(expected + int(chance.random() * 60 + 10) * DAY)
        log.append(("expected_close_at", _iso(expected), slipped))
    log.append(("amount", f"{amount:.2f}", created))
    if chance.random() < 0.2:
        amount = round(amount * (0.8 + chance.random() * 0.35), 2)
        log.append(
            ("amount", f"{amount:.2f}", min(at_work(created + int((last - created) * 0.7)), last))
        )
    outcome = "open"
    if is_closed:
        outcome = "won" if won else "lost"
        stage, probability = ("Gewonnen", 1.0) if won else ("Verloren", 0.0)
        log += [("stage", stage, closing), ("outcome", outcome, closing)]
        if won and chance.random() < 0.65:
            work.purchases.append(Purchase(person, company, key, closing + 3600, amount, currency))
    closed = closing if is_closed else None
    if closed is not None and chance.random() < 0.005:
        closed = created - 5 * DAY  # typed wrong, lands, and the figures have to leave it out
    work.deals_of.setdefault(place, []).append((key, created))
    first = len(changes)
    for number, (field, value, instant) in enumerate(sorted(log, key=lambda c: c[2])):
        changes.append(
            (
                work.key("", first + number),
                key,
                field,
                value,
                dutch_text(awake(min(instant, end - 60))),
            )
        )
    deals.append(
        (key, company.account_id if company else "", person.crm_id if chance.random() < 0.92 else "",
         seller.user_id, sku(product), pipeline, stage, decimal_comma(amount),
         currency, decimal_comma(probability), dutch_text(created),
         dutch_text(engaged) if engaged < end and chance.random() < 0.9 else "",
         dutch_text(expected), dutch_text(closed),
         {"won": "Gewonnen", "lost": "Verloren", "open": "Lopend"}[outcome],
         pick(chance, _REASONS) if outcome == "lost" else "")
    )  # fmt: skip


def _iso(at: int) -> str:
    return str(np.datetime64(at, "s").astype("datetime64[D]"))


def write_leads(work: Work) -> None:
    """Write 0.6 leads for each person; three in ten of the older ones became a deal."""
    numbers, chance = work.arrays("leads"), work.plain("leads")
    known = np.array([float(bool(p.crm_id)) for p in work.people])
    who = work.draw_people(numbers, round(len(work.people) * 0.6), known)
    created = work.plan.seasons.draw(numbers, work.starts[who])
    rows = []
    for at, (place, instant) in enumerate(zip(who.tolist(), created.tolist(), strict=True)):
        deal = next((d for d in work.deals_of.get(place, ()) if d[1] >= instant), None)
        converted = deal is not None and chance.random() < 0.7
        status = "omgezet" if converted else pick(chance, ("nieuw", "in behandeling", "afgevallen"))
        rows.append(
            (work.key("LD", at), work.people[place].crm_id, work.people[place].source_channel, status,
             str(int(chance.random() * 100)), dutch_text(instant),
             dutch_text(deal[1]) if converted and deal else "", deal[0] if converted and deal else "")
        )  # fmt: skip
    work.files.write("leads", rows)


def write_tasks(work: Work) -> None:
    """Write 1.2 tasks for each person, on deals and tickets; one in ten is overdue."""
    numbers, chance = work.arrays("tasks"), work.plain("tasks")
    size = round(len(work.people) * 1.2)
    who = work.draw_people(numbers, size)
    created = work.plan.seasons.draw(numbers, work.starts[who])
    due = created + (1 + numbers.integers(0, 14, size)) * DAY
    done = np.minimum(
        created + (numbers.exponential(5.0, size) * DAY).astype(np.int64),
        work.plan.seasons.end - 60,
    )
    done = np.array([at_work(t) for t in done.tolist()], dtype=np.int64)
    dates = [dutch_texts(column) for column in (due, done, created)]
    rows = []
    for at, place in enumerate(who.tolist()):
        on_deal = chance.random() < 0.7
        subjects = (work.deals_of if on_deal else work.tickets_of).get(place, ())
        subject = pick(chance, subjects)[0] if subjects else ""
        key = work.key("T", at)
        text = work.writer.write("task", work.people[place])
        open_ = chance.random() < 0.12
        rows.append(
            (key, employed(chance, work.sellers if on_deal else work.agents, int(created[at])).user_id,
             subject if on_deal else "", "" if on_deal else subject,
             work.truth.text("crm", "tasks", key, "title", text), "open" if open_ else "gereed",
             dates[0][at], "" if open_ else dates[1][at], dates[2][at])
        )  # fmt: skip
    work.files.write("taken", rows)
