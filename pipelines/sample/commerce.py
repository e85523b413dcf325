"""Orders with their lines, and subscriptions."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from random import Random

import numpy as np

from pipelines.sample.randomness import pick
from pipelines.sample.reference import decimal_comma, product_price, sku
from pipelines.sample.scenes import PRODUCT_NAMES
from pipelines.sample.seasons import DAY, awake, dutch_text, to_utc, utc_text
from pipelines.sample.work import Purchase, Work

_STATUS = (
    "betaald",
    "betaald",
    "betaald",
    "betaald",
    "betaald",
    "betaald",
    "openstaand",
    "geannuleerd",
)


def write_orders(work: Work) -> None:
    """Write an order for everything bought, 0.4 more for each person, two lines for most.

    The shop has orders of its own customers, the CRM invoices for everybody else.
    """
    numbers, chance = work.arrays("orders"), work.plain("orders")
    who = work.draw_people(numbers, round(len(work.people) * 0.4))
    times = work.plan.seasons.draw(numbers, work.starts[who], consumer=True)
    for place, at in zip(who.tolist(), times.tolist(), strict=True):
        amount = round(chance.lognormvariate(4.3, 0.7), 2)
        work.purchases.append(Purchase(work.people[place], None, "", at, amount, "EUR"))
    end = work.plan.seasons.end
    instants = to_utc(
        np.array([min(p.at, end - 1) for p in work.purchases], dtype=np.int64)
    ).tolist()
    orders: list[tuple[object, ...]] = []
    lines: list[tuple[object, ...]] = []
    invoices: list[tuple[str, ...]] = []
    items: list[tuple[str, ...]] = []
    for at, (bought, instant) in enumerate(zip(work.purchases, instants, strict=True)):
        margin = round(bought.amount * (0.25 + chance.random() * 0.3), 2)
        status = pick(chance, _STATUS)
        parts = _parts(chance, bought.amount)
        if bought.person and bought.person.shop_id and not bought.deal_id:
            key = work.key("O", at)
            orders.append(
                (key, bought.person.shop_id, datetime.fromtimestamp(instant, UTC), _cents(bought.amount),
                 _cents(margin), bought.currency, status)
            )  # fmt: skip
            for product, quantity, price in parts:
                line = (work.key("OL", len(lines)), key, sku(product), quantity)
                lines.append((*line, _cents(price), _cents(price * 0.62)))
            continue
        key = work.key("F", at)
        invoices.append(
            (key, bought.person.crm_id if bought.person else "",
             bought.company.account_id if bought.company else "", bought.deal_id,
             dutch_text(awake(min(bought.at, end - 1))), decimal_comma(bought.amount),
             decimal_comma(margin), bought.currency, status)
        )  # fmt: skip
        for product, quantity, price in parts:
            item = (work.key("FR", len(items)), key, sku(product), str(quantity))
            items.append((*item, decimal_comma(price), decimal_comma(price * 0.62)))
    work.files.write("orders", orders)
    work.files.write("order_lines", lines)
    work.files.write("facturen", invoices)
    work.files.write("factuurregels", items)


def _parts(chance: Random, amount: float) -> list[tuple[int, int, float]]:
    """Product, quantity and price of one or two lines that add up to the amount, but for cents."""
    first = amount * chance.random() * 0.8 if chance.random() < 0.8 else 0.0
    parts = []
    for total in (first, amount - first):
        if total > 0:
            quantity = 1 + int(chance.random() ** 3 * 5)
            parts.append((int(chance.random() * len(PRODUCT_NAMES)), quantity, total / quantity))
    return parts


def _cents(amount: float) -> Decimal:
    return Decimal(round(amount * 100)).scaleb(-2)


def write_subscriptions(work: Work) -> None:
    """Write 0.25 subscriptions for each person; about a third have ended."""
    numbers, chance = work.arrays("subscriptions"), work.plain("subscriptions")
    who = work.draw_people(numbers, round(len(work.people) * 0.25))
    started = work.plan.seasons.draw(numbers, work.starts[who])
    subscriptions: list[tuple[str, ...]] = []
    contracts: list[tuple[str, ...]] = []
    for at, (place, begin) in enumerate(zip(who.tolist(), started.tolist(), strict=True)):
        person, product = work.people[place], int(chance.random() * 3)
        over = begin + int((60 + chance.random() * 900) * DAY)
        ended = over if over < work.plan.seasons.end and chance.random() < 0.6 else None
        price = product_price(product) / 4
        if person.shop_id:
            subscriptions.append(
                (work.key("SUB", at), person.shop_id, sku(product), utc_text(begin) or "",
                 utc_text(ended) or "", f"{price:.2f}", "EUR")
            )  # fmt: skip
        else:
            contracts.append(
                (work.key("CT", at), person.crm_id, person.company.account_id if person.company else "",
                 sku(product), dutch_text(begin), dutch_text(ended), decimal_comma(price), "EUR")
            )  # fmt: skip
    work.files.write("subscriptions", subscriptions)
    work.files.write("contracten", contracts)
