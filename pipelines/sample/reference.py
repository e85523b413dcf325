"""Small tables that belong to no block: staff, products, stages, targets, rates, costs, policies."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Final

from pipelines.sample.campaign_plan import Campaign
from pipelines.sample.files import Files, write_workbook
from pipelines.sample.layout import FILES
from pipelines.sample.organisations import Staff
from pipelines.sample.plan import Plan
from pipelines.sample.randomness import plain_stream
from pipelines.sample.scenes import PRODUCT_NAMES
from pipelines.sample.seasons import DAY, dutch_text, iso_date, utc_text
from pipelines.sample.truth import Truth

STAGES: Final = {
    "nieuw": (
        ("Kennismaking", 0.1, False, False), ("Inventarisatie", 0.25, False, False),
        ("Offerte", 0.5, True, False), ("Onderhandeling", 0.75, True, False),
        ("Gewonnen", 1.0, True, True), ("Verloren", 0.0, True, True),
    ),
    "verlenging": (
        ("Gesprek", 0.4, True, False), ("Offerte", 0.7, True, False),
        ("Gewonnen", 1.0, True, True), ("Verloren", 0.0, True, True),
    ),
}  # fmt: skip
"""Pipeline to its stages: name, probability, qualified, closed."""
PRIORITIES: Final = ("laag", "normaal", "hoog", "urgent")
_TARGETS = {
    "first_response": (1440, 480, 240, 60),
    "next_reply": (1440, 960, 480, 120),
    "resolution": (7200, 4320, 2880, 960),
}


def sku(at: int) -> str:
    """The key of a product by its place."""
    return f"SKU-{at + 1:03d}"


def product_price(at: int) -> float:
    """List price in EUR of the product at a place."""
    return round(9.95 + (at * 7919 % 97) * 4.5, 2)


def decimal_comma(value: float) -> str:
    """``1234,50``."""
    return f"{value:.2f}".replace(".", ",")


def write_reference(
    out: Path, plan: Plan, files: Files, truth: Truth, staff: list[Staff], campaigns: list[Campaign]
) -> None:
    """Write every table that is whole in each delivery."""
    _write_staff(files, truth, staff)
    _write_catalogue(files)
    _write_campaigns(plan, files, campaigns)
    _write_planning(out, plan, files, staff)
    policies = [
        ("standaard", metric, priority, minutes, "NL kantooruren",
         utc_text(plan.history.seasons.first), None)
        for metric, targets in _TARGETS.items()
        for priority, minutes in zip(PRIORITIES, targets, strict=True)
    ]  # fmt: skip
    files.write("sla_policies", policies)


def _write_staff(files: Files, truth: Truth, staff: list[Staff]) -> None:
    for member in staff:
        truth.staff(member)
        truth.person("crm", "users", member.user_id, member.user_id)
    files.write(
        "medewerkers",
        [
            (m.user_id, m.name.full, m.email, m.team, m.role, m.manager, m.region,
             dutch_text(m.hired), dutch_text(m.left))
            for m in staff
        ],
    )  # fmt: skip


def _write_catalogue(files: Files) -> None:
    files.write(
        "fasen",
        [
            (
                pipeline,
                stage,
                at + 1,
                decimal_comma(probability),
                "J" if qualified else "N",
                "J" if closed else "N",
            )
            for pipeline, stages in STAGES.items()
            for at, (stage, probability, qualified, closed) in enumerate(stages)
        ],
    )
    files.write(
        "products",
        [
            (sku(at), name, ("pakketten", "kleding", "kantoor", "diensten")[at % 4],
             f"{product_price(at):.2f}", f"{product_price(at) * 0.6:.2f}", "EUR")
            for at, name in enumerate(PRODUCT_NAMES)
        ],
    )  # fmt: skip


def _write_campaigns(plan: Plan, files: Files, campaigns: list[Campaign]) -> None:
    files.write(
        "campaigns",
        [
            (c.campaign_id, c.name, c.channel, "completed" if c.ends < plan.seasons.end else "active",
             c.objective, utc_text(c.starts), utc_text(c.ends), f"{c.budget}.00", c.currency)
            for c in campaigns
        ],
    )  # fmt: skip
    files.write(
        "costs",
        [
            (f"{c.campaign_id}-{part}", "marketing", c.campaign_id,
             iso_date(min(c.starts + part * 9 * DAY, plan.seasons.end - DAY)),
             f"{c.budget * share * plan.scale**0.5:.2f}", c.currency)
            for c in campaigns
            for part, share in enumerate((0.5, 0.3, 0.15))
        ],
    )  # fmt: skip


def _months(plan: Plan) -> list[date]:
    """First day of every month that the plan touches."""
    month, months = plan.start.replace(day=1), []
    while month < plan.until:
        months.append(month)
        month = (month + timedelta(days=32)).replace(day=1)
    return months


def _write_planning(out: Path, plan: Plan, files: Files, staff: list[Staff]) -> None:
    chance = plain_stream(plan.seed, "planning", int(plan.is_later))
    sellers = [m for m in staff if m.team == "verkoop" and m.role == "verkoper"]
    targets = []
    quarters = [m for m in _months(plan.history) if m.month % 3 == 1]
    for seller in sellers:
        for quarter in quarters:
            end = (quarter + timedelta(days=95)).replace(day=1)
            day = (quarter - date(1970, 1, 1)).days * DAY
            if seller.hired <= day and (seller.left is None or seller.left > day):
                amount = 1_000 * (30 + 5 * (int(seller.user_id[1:]) % 7))
                targets.append(
                    (
                        f"{seller.user_id}-{quarter:%Y%m}",
                        seller.user_id,
                        quarter,
                        end,
                        amount,
                        "EUR",
                    )
                )
    place = files.place(FILES["targets"])
    write_workbook(out / place, FILES["targets"].columns, targets)
    files.rows[place] += len(targets)
    rates, rate = [], {"USD": 0.92, "GBP": 1.16}
    first = plan.start if plan.is_later else plan.start.replace(day=1)
    for day in range(0, (plan.until - first).days, 1 if plan.is_later else 7):
        for currency in rate:
            rate[currency] *= 1 + chance.gauss(0, 0.004)
            rates.append(
                ((first + timedelta(days=day)).isoformat(), currency, f"{rate[currency]:.5f}")
            )
    files.write("exchange_rates", rates)
    costs = [
        (
            f"S{m:%Y%m}-{int(plan.is_later)}",
            "sales",
            m.isoformat(),
            f"{len(sellers) * (4_200 + chance.random() * 600):.2f}",
            "EUR",
        )
        for m in _months(plan)
        if m >= plan.start
    ]
    files.write("sales_costs", costs)
