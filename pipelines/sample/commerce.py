"""Orders with their lines, and subscriptions."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np

from pipelines.sample.randomness import pick
from pipelines.sample.reference import product_price, sku
from pipelines.sample.seasons import DAY, to_utc, utc_text
from pipelines.sample.slots import PRODUCT_NAMES
from pipelines.sample.work import Purchase, Work

_STATUS = ("betaald", "betaald", "betaald", "betaald", "betaald", "betaald", "openstaand", "geannuleerd")


def write_orders(work: Work) -> None:
    """Write an order for everything bought, 0.4 more for each person, two lines for each."""
    numbers, chance = work.arrays("orders"), work.plain("orders")
    who = numbers.integers(0, len(work.people), round(len(work.people) * 0.4))
    times = work.plan.seasons.draw(numbers, work.starts[who], consumer=True)
    for place, at in zip(who.tolist(), times.tolist(), strict=True):
        amount = round(chance.lognormvariate(4.3, 0.7), 2)
        work.purchases.append(Purchase(work.people[place], None, "", at, amount, "EUR"))
    end = work.plan.seasons.end
    instants = to_utc(np.array([min(p.at, end - 1) for p in work.purchases], dtype=np.int64)).tolist()
    orders: list[tuple[object, ...]] = []
    lines: list[tuple[object, ...]] = []
    for at, (bought, instant) in enumerate(zip(work.purchases, instants, strict=True)):
        key = work.key("O", at)
        shop = bought.person.shop_id if bought.person and not bought.deal_id else ""
        crm = bought.person.crm_id if bought.person and not shop else ""
        margin = round(bought.amount * (0.25 + chance.random() * 0.3), 2)
        orders.append(
            (key, shop or None, crm or None, bought.company.account_id if bought.company else None,
             bought.deal_id or None, datetime.fromtimestamp(instant, UTC), _cents(bought.amount),
             _cents(margin), bought.currency, pick(chance, _STATUS))
        )  # fmt: skip
        left = bought.amount
        for last in (False, True) if chance.random() < 0.8 else (True,):
            product = int(chance.random() * len(PRODUCT_NAMES))
            quantity = 1 + int(chance.random() ** 3 * 5)
            total = left if last else left * chance.random() * 0.8
            left -= total
            price = total / quantity
            lines.append(
                (work.key("OL", len(lines)), key, sku(product), quantity, _cents(price), _cents(price * 0.62))
            )  # fmt: skip
    work.files.write("orders", orders)
    work.files.write("order_lines", lines)


def _cents(amount: float) -> Decimal:
    return Decimal(round(amount * 100)).scaleb(-2)


def write_subscriptions(work: Work) -> None:
    """Write 0.25 subscriptions for each person; about a third have ended."""
    numbers, chance = work.arrays("subscriptions"), work.plain("subscriptions")
    who = numbers.integers(0, len(work.people), round(len(work.people) * 0.25))
    started = work.plan.seasons.draw(numbers, work.starts[who])
    rows = []
    for at, (place, begin) in enumerate(zip(who.tolist(), started.tolist(), strict=True)):
        person, product = work.people[place], int(chance.random() * 3)
        over = begin + int((60 + chance.random() * 900) * DAY)
        rows.append(
            (work.key("SUB", at), person.shop_id, person.crm_id if not person.shop_id else "",
             person.company.account_id if person.company and not person.shop_id else "", sku(product),
             utc_text(begin) or "",
             (utc_text(over) or "") if over < work.plan.seasons.end and chance.random() < 0.6 else "",
             f"{product_price(product) / 4:.2f}", "EUR")
        )  # fmt: skip
    work.files.write("subscriptions", rows)
