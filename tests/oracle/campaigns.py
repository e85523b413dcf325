"""Campaign KPIs, once more: sends, responses, conversions, spend, arms, from source rows.

Source: the KPI definitions and docs/decisions/0021, 0073 to 0075.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from tests.oracle.attribution import tracked
from tests.oracle.persons import Rows, of_persons
from tests.oracle.rules import GRAINS, Rates, Row, local_day, ratio, start_of, total
from tests.oracle.sales import deals

WINDOW = timedelta(days=30)
_VOID = {"cancelled", "canceled", "void", "refunded", "returned"}
_FAILING = {"bounce_hard", "bounce_soft", "dropped"}
_RESPONSES = {"open", "click", "unsubscribe", "complaint"}
Key = tuple[Any, ...]


def month_of(instant: datetime) -> date:
    """First day of the local month."""
    return start_of("month", local_day(instant))


def events(rows: Rows) -> list[Row]:
    """Campaign events, with who or what a recipient is and whether a machine made them."""
    found = [
        row | {"recipient": row["customer_key"] or row["record_key"], "machine": False}
        for row in of_persons(rows, "campaign_events")
    ]
    scanned = _scanned(found)
    for row in found:
        if row["event_type"] in ("open", "click"):
            agent = row.get("user_agent_class")
            row["machine"] = agent in ("privacy_proxy", "bot") or row["record_key"] in scanned
    return found


def _scanned(found: Sequence[Row]) -> set[str]:
    """Clicks that are among five or more of one recipient within a second."""
    clicks = defaultdict(list)
    for row in found:
        if row["event_type"] == "click" and row["customer_key"]:
            clicks[row["campaign_id"], row["customer_key"]].append(row)
    return {
        row["record_key"]
        for mine in clicks.values()
        for first in mine
        for burst in [
            [r for r in mine if timedelta(0) <= r["occurred_at"] - first["occurred_at"] <= timedelta(seconds=1)]
        ]
        if len(burst) >= 5
        for row in burst
    }  # fmt: skip


def revenue(rows: Rows) -> list[Row]:
    """Orders that stand, and won deals that have no order: whose, when, amount and margin."""
    rates = Rates(rows.get("exchange_rates", ()))
    orders = of_persons(rows, "orders")
    found = [
        {
            "key": ("order", row["record_key"]), "person": row["customer_key"],
            "account": row.get("account_key"), "at": row["ordered_at"],
            "amount": rates.convert(row["amount"], row["currency"], local_day(row["ordered_at"])),
            "margin": rates.convert(row.get("margin"), row["currency"], local_day(row["ordered_at"])),
        }
        for row in orders
        if (row["status"] or "").lower() not in _VOID
    ]  # fmt: skip
    ordered = {row.get("deal_id") for row in orders}
    found += [
        {
            "key": ("deal", deal["record_key"]), "person": deal["customer_key"],
            "account": deal["account_key"], "at": deal["closed_at"],
            "amount": deal["converted"], "margin": None,
        }
        for deal in deals(rows)
        if deal["outcome"] == "won" and deal["closed_at"] and deal["record_key"] not in ordered
    ]  # fmt: skip
    return found


class Sends:
    """Per campaign and recipient: the sends in order, what became of each, and the responses."""

    def __init__(self, rows: Rows) -> None:
        self.events = events(rows)
        self.revenue = revenue(rows)
        self.bought: dict[str | None, list[Row]] = defaultdict(list)
        for bought in self.revenue:
            self.bought[bought["person"]].append(bought)
        by_recipient: dict[Key, list[Row]] = defaultdict(list)
        for row in self.events:
            by_recipient[row["campaign_id"], row["recipient"]].append(row)
        self.rows = [fact for key, mine in by_recipient.items() for fact in self._facts(key, mine)]

    def _facts(self, key: Key, mine: list[Row]) -> list[Row]:
        """One row per month of the send, with the sets that the figures count."""
        sends = sorted(
            (row for row in mine if row["event_type"] == "sent"),
            key=lambda row: (row["occurred_at"], row["record_key"]),
        )
        outcomes = self._outcomes(mine)
        found: dict[date, Row] = {}

        def fact(month: date) -> Row:
            return found.setdefault(
                month,
                {"campaign": key[0], "recipient": key[1], "month": month,
                 "known": mine[0]["customer_key"] is not None, "sent": 0, "failed": 0, "bounced": 0,
                 "responses": [], "converted": False},
            )  # fmt: skip

        for number, send in enumerate(sends):
            at = fact(month_of(send["occurred_at"]))
            outcome = outcomes[number] if number < len(outcomes) else ""
            at["sent"] += 1
            at["failed"] += outcome != ""
            at["bounced"] += outcome == "bounced"
            at["converted"] |= self._converts(key, mine, send)
        for row in mine:
            if row["event_type"] in _RESPONSES:
                before = [s for s in sends if s["occurred_at"] <= row["occurred_at"]]
                placed = before[-1] if before else sends[0] if sends else row
                fact(month_of(placed["occurred_at"]))["responses"].append(row)
        return list(found.values())

    def _converts(self, key: Key, mine: list[Row], send: Row) -> bool:
        if send["customer_key"] is None:
            return False
        instants = [r["at"] for r in self.bought.get(send["customer_key"], ())]
        instants += [r["occurred_at"] for r in mine if r["event_type"] == "conversion"]
        return any(send["occurred_at"] <= at < send["occurred_at"] + WINDOW for at in instants)

    @staticmethod
    def _outcomes(mine: list[Row]) -> list[str]:
        """Of each send: bounced, dropped or nothing; what came before the first send is no matter."""
        ordered = sorted(
            (r for r in mine if r["event_type"] in _FAILING | {"sent", "delivered"}),
            key=lambda r: (r["occurred_at"], r["event_type"] != "sent", r["record_key"]),
        )
        attempts: list[list[Row]] = []
        for row in ordered:
            if row["event_type"] == "sent":
                attempts.append([])
            elif attempts:
                attempts[-1].append(row)
        return [_outcome(attempt) for attempt in attempts]


def _outcome(attempt: Sequence[Row]) -> str:
    kinds = {row["event_type"] for row in attempt}
    softs = [row["occurred_at"] for row in attempt if row["event_type"] == "bounce_soft"]
    arrived = [row["occurred_at"] for row in attempt if row["event_type"] == "delivered"]
    if "bounce_hard" in kinds:
        return "bounced"
    drops = [row["occurred_at"] for row in attempt if row["event_type"] == "dropped"]
    if drops and not (arrived and min(arrived) < min(drops)):
        return "dropped"
    if softs and not (arrived and max(arrived) >= max(softs)):
        return "bounced"
    return ""


def _is_opener(fact: Row) -> bool:
    return any(r["event_type"] in ("open", "click") and not r["machine"] for r in fact["responses"])


def _is_responder(fact: Row) -> bool:
    return any(r["event_type"] in ("open", "click") for r in fact["responses"])


def _is_clicker(fact: Row) -> bool:
    return any(r["event_type"] == "click" and not r["machine"] for r in fact["responses"])


def _did(kind: str) -> Callable[[Row], bool]:
    return lambda fact: any(r["event_type"] == kind for r in fact["responses"])


def _by_machine(kind: str) -> Callable[[Row], bool]:
    return lambda fact: any(r["event_type"] == kind and r["machine"] for r in fact["responses"])


def _human_open(fact: Row) -> bool:
    return any(r["event_type"] == "open" and not r["machine"] for r in fact["responses"])


HAS: dict[str, Callable[[Row], bool]] = {
    "sent": lambda f: f["sent"] > 0,
    "delivered": lambda f: f["sent"] > f["failed"],
    "bounced": lambda f: f["bounced"] > 0,
    "human_openers": _is_opener,
    "human_clickers": _is_clicker,
    "open_rate_raw": _is_responder,
    "unsubscribers": _did("unsubscribe"),
    "complainers": _did("complaint"),
    "converters": lambda f: f["converted"],
    "opens": _did("open"),
    "clicks": _did("click"),
    "machine_opens": _by_machine("open"),
    "machine_clicks": _by_machine("click"),
}
"""Who a figure is about."""

DIFFERENCES: dict[tuple[str, str], Callable[[Row], bool]] = {
    ("sent", "delivered"): lambda f: f["failed"] > 0,
    ("opens", "machine_opens"): _human_open,
    ("clicks", "machine_clicks"): _is_clicker,
    **{
        (whole, part): (lambda f, w=whole, p=part: HAS[w](f) and not HAS[p](f))
        for whole, part in [
            ("human_openers", "human_clickers"), ("open_rate_raw", "human_openers"),
            ("open_rate_raw", "human_clickers"), ("sent", "bounced"),
            *[(w, p) for w in ("sent", "delivered")
              for p in ("human_openers", "human_clickers", "open_rate_raw", "unsubscribers",
                        "complainers", "converters")],
        ]
    },
}  # fmt: skip
"""Whom the difference of two figures of one row is about, where one counts part of the other."""


def merged(facts: Sequence[Row]) -> list[Row]:
    """A recipient of a campaign once, whatever the months."""
    found: dict[Key, Row] = {}
    for fact in facts:
        key = (fact["campaign"], fact["recipient"])
        if key not in found:
            found[key] = fact | {"responses": list(fact["responses"])}
            continue
        mine = found[key]
        for name in ("sent", "failed", "bounced"):
            mine[name] += fact[name]
        mine["responses"] += fact["responses"]
        mine["converted"] |= fact["converted"]
    return list(found.values())


def counts(facts: Sequence[Row]) -> Row:
    """Every count and rate of a set of recipients."""

    def responses(kind: str, machine_only: bool = False) -> int:
        return sum(
            r["event_type"] == kind and (r["machine"] or not machine_only)
            for f in facts
            for r in f["responses"]
        )

    def who(name: str) -> int:
        return sum(HAS[name](f) for f in facts)

    sent = sum(f["sent"] for f in facts)
    delivered, bounced = sent - sum(f["failed"] for f in facts), sum(f["bounced"] for f in facts)
    openers, clickers = who("human_openers"), who("human_clickers")
    return {
        "sent": sent, "delivered": delivered, "bounced": bounced,
        "opens": responses("open"), "clicks": responses("click"),
        "machine_opens": responses("open", True), "machine_clicks": responses("click", True),
        "human_openers": openers, "human_clickers": clickers,
        "unsubscribers": who("unsubscribers"), "complainers": who("complainers"),
        "converters": who("converters"),
        **ratio("delivery_rate", delivered, sent), **ratio("bounce_rate", bounced, sent),
        **ratio("open_rate", openers, delivered), **ratio("click_rate", clickers, delivered),
        **ratio("open_rate_raw", who("open_rate_raw"), delivered),
        **ratio("click_to_open_rate", clickers, openers),
        **ratio("unsubscribe_rate", who("unsubscribers"), delivered),
        **ratio("complaint_rate", who("complainers"), delivered),
        **ratio("conversion_rate", who("converters"), delivered),
    }  # fmt: skip


def credited(rows: Rows, sends: Sends, as_of: datetime) -> list[Row]:
    """Revenue with the campaign of the newest human click in the window before it."""
    is_tracked = tracked(rows, as_of)
    clicks = defaultdict(list)
    for row in sends.events:
        if row["event_type"] == "click" and not row["machine"] and is_tracked(row):
            clicks[row["customer_key"]].append(row)
    found = []
    for event in sends.revenue:
        before = [
            c for c in clicks.get(event["person"], ())
            if c["occurred_at"] <= event["at"] < c["occurred_at"] + WINDOW
        ]  # fmt: skip
        if before:
            last = max(before, key=lambda c: (c["occurred_at"], c["record_key"]))
            found.append(event | {"campaign": last["campaign_id"]})
    return found


def money(cost: Decimal | None, converters: int, won: Sequence[Row]) -> Row:
    """What was spent and what is attributed; spend without a conversion stays."""
    amounts = [r["amount"] for r in won if r["amount"] is not None]
    margins = [r["margin"] for r in won]
    earned = (total(amounts) if amounts else None) if won else Decimal(0)
    margin = None if None in margins else total(margins)

    def less_cost(value: Decimal | None) -> Decimal | None:
        return None if value is None or cost is None else value - cost

    return {
        "cost": cost, "attributed_conversions": len(won), "attributed_revenue": earned,
        "attributed_margin": margin, "roi_basis": "revenue" if margin is None else "margin",
        "attribution_model": "last_touch",
        "excluded_revenue_rate_missing": len(won) - len(amounts),
        **ratio("cost_per_conversion", cost, converters), **ratio("roi", less_cost(margin), cost),
        **ratio("roi_revenue", less_cost(earned), cost), **ratio("roas", earned, cost),
    }  # fmt: skip


def spend(rows: Rows, chosen: Callable[[Row], bool]) -> tuple[Decimal | None, int]:
    """The sum of costs, unknown where one has no rate; and how many have none."""
    rates = Rates(rows.get("exchange_rates", ()))
    amounts = [
        rates.convert(row["amount"], row["currency"], row["cost_date"])
        for row in rows.get("costs", ())
        if chosen(row)
    ]
    missing = amounts.count(None)
    return (total(amounts) if amounts and not missing else None), missing


class Assigned(NamedTuple):
    """One person of an arm."""

    is_held_out: bool
    has_bought: bool
    revenue: Decimal


def assigned(rows: Rows, campaign: Row, sends: Sends) -> tuple[dict[str, Assigned], int]:
    """Who is in one arm of a campaign, and how many are in both."""
    by_person: dict[str, list[Row]] = defaultdict(list)
    for member in of_persons(rows, "campaign_members"):
        if member["campaign_id"] == campaign["record_key"] and member["customer_key"]:
            by_person[member["customer_key"]].append(member)
    first_sent = min(
        (e["occurred_at"] for e in sends.events
         if e["event_type"] == "sent" and e["campaign_id"] == campaign["record_key"]),
        default=None,
    )  # fmt: skip
    found: dict[str, Assigned] = {}
    for person, mine in by_person.items():
        held = {bool(member["is_holdout"]) for member in mine}
        if len(held) == 2:
            continue
        added = min((m["added_at"] for m in mine if m["added_at"]), default=None)
        starts = campaign["starts_at"]
        begin = added if added and starts and added > starts else starts or added or first_sent
        bought = [
            r for r in sends.bought.get(person, ())
            if begin is not None and begin <= r["at"] < begin + WINDOW
        ]  # fmt: skip
        known = [r["amount"] for r in bought if r["amount"] is not None]
        found[person] = Assigned(held.pop(), bool(bought), total(known))
    return found, len(by_person) - len(found)


def arms(rows: Rows, campaign: Row, sends: Sends) -> Row:
    """Both arms by assignment, what they bought in one window, and Newcombe's interval."""
    people, in_both = assigned(rows, campaign, sends)
    treated = [one for one in people.values() if not one.is_held_out]
    held_out = [one for one in people.values() if one.is_held_out]
    members = [
        m
        for m in of_persons(rows, "campaign_members")
        if m["campaign_id"] == campaign["record_key"]
    ]
    found: Row = {
        "treatment_persons": len(treated), "holdout_persons": len(held_out),
        "excluded_member_unknown": sum(m["customer_key"] is None for m in members),
        "excluded_member_in_both_arms": in_both,
    }  # fmt: skip
    for name, side in (("treatment", treated), ("holdout", held_out)):
        converted = sum(one.has_bought for one in side) if people else None
        earned = total(one.revenue for one in side) if people else None
        found |= ratio(f"{name}_conversion_rate", converted, len(side))
        found |= ratio(f"revenue_per_person_{name}", earned, len(side))
    found |= newcombe(
        found["treatment_conversion_rate_numerator"], len(treated),
        found["holdout_conversion_rate_numerator"], len(held_out),
    )  # fmt: skip
    one, other = found["revenue_per_person_treatment"], found["revenue_per_person_holdout"]
    found["incremental_revenue_per_person"] = None if None in (one, other) else one - other
    return found


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """The 95 % score interval of a proportion."""
    z = 1.959963984540054
    share = successes / trials
    middle = share + z * z / (2 * trials)
    half = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return (middle - half) / (1 + z * z / trials), (middle + half) / (1 + z * z / trials)


def newcombe(treated: int | None, of: int, held: int | None, out_of: int) -> Row:
    """The difference of two proportions with its interval (Newcombe 1998, method 10)."""
    names = ("incremental_lift", "incremental_lift_lower", "incremental_lift_upper")
    if not of or not out_of or treated is None or held is None:
        return dict.fromkeys(names)
    one, other = treated / of, held / out_of
    low, high = wilson(treated, of)
    other_low, other_high = wilson(held, out_of)
    lift = one - other
    values = (
        lift,
        lift - math.hypot(one - low, other_high - other),
        lift + math.hypot(high - one, other - other_low),
    )
    return dict(zip(names, values, strict=True))


def campaigns(rows: Rows, as_of: datetime) -> dict[Key, Row]:
    """Rows of ``kpi_campaign``."""
    sends = Sends(rows)
    won = credited(rows, sends, as_of)
    found = {}
    for campaign in rows.get("campaigns", ()):
        key = campaign["record_key"]
        cost, missing = spend(rows, lambda row, key=key: row["campaign_id"] == key)
        figures = counts(merged([f for f in sends.rows if f["campaign"] == key]))
        mine = money(cost, figures["converters"], [r for r in won if r["campaign"] == key])
        found[(key,)] = figures | mine | arms(rows, campaign, sends)
        found[(key,)]["excluded_cost_rate_missing"] = missing
        found[(key,)]["excluded_rows"] = sum(
            found[(key,)][f"excluded_{reason}"]
            for reason in ("cost_rate_missing", "revenue_rate_missing", "member_unknown",
                           "member_in_both_arms")
        )  # fmt: skip
    return found


def customer_months(sends: Sends) -> dict[tuple[str, date], list[Decimal | None]]:
    """Margins of what each customer (account, else person) bought, by month."""
    bought: dict[tuple[str, date], list[Decimal | None]] = defaultdict(list)
    for event in sends.revenue:
        customer = event["account"] or event["person"]
        if customer:
            bought[customer, month_of(event["at"])].append(event["margin"])
    return bought


def periods(
    rows: Rows, as_of: datetime, lifetime_values: Mapping[str, Decimal] | None = None
) -> dict[Key, Row]:
    """Rows of ``kpi_campaign_monthly``; lifetime values are those of persons who have one."""
    sends = Sends(rows)
    won = credited(rows, sends, as_of)
    bought = customer_months(sends)
    first = {c: min(m for other, m in bought if other == c) for c, _ in bought}
    leads = [month_of(lead["created_at"]) for lead in of_persons(rows, "leads")]
    spent = [start_of("month", row["cost_date"]) for row in rows.get("costs", ())]
    months = {
        *(f["month"] for f in sends.rows), *(month_of(r["at"]) for r in won), *leads, *spent,
        *(month for _, month in bought),
    }  # fmt: skip
    found: dict[Key, Row] = {}
    for grain in (*GRAINS, "all"):
        for start in {_start(grain, month) for month in months}:
            held = {month for month in months if _start(grain, month) == start}
            found[(grain, start)] = _period(rows, sends, won, bought, first, leads, held)
            worth = [
                value for customer, value in (lifetime_values or {}).items()
                if first.get(customer) in held
            ]  # fmt: skip
            mean = float(total(worth)) / len(worth) if worth else None
            found[(grain, start)] |= ratio("ltv_to_cac", mean, found[(grain, start)]["cac"])
    return found


def _start(grain: str, month: date) -> date | None:
    return None if grain == "all" else start_of(grain, month)


def _period(
    rows: Rows, sends: Sends, won: Sequence[Row],
    bought: dict[tuple[str, date], list[Decimal | None]], first: dict[str, date],
    leads: Iterable[date], held: set[date],
) -> Row:  # fmt: skip
    def inside(row: Row) -> bool:
        return start_of("month", row["cost_date"]) in held

    cost, missing = spend(
        rows, lambda r: inside(r) and (r["kind"] == "marketing" or bool(r["campaign_id"]))
    )
    cost_of_sales, _ = spend(rows, inside)
    figures = counts([f for f in sends.rows if f["month"] in held])
    figures |= money(cost, figures["converters"], [r for r in won if month_of(r["at"]) in held])
    margins = [m for (_, month), some in bought.items() if month in held for m in some]
    customers = sum(month in held for _, month in bought)
    new = sum(month in held for month in first.values())
    margin = None if None in margins or not margins else total(margins)
    known = sum(month in held for month in leads)
    cac, per_customer = (
        ratio("cac", cost_of_sales, new),
        ratio("margin_per_customer", margin, customers),
    )
    return figures | cac | per_customer | {
        "leads": known, "new_customers": new, **ratio("cost_per_lead", cost, known),
        **ratio("payback_months", cac["cac"], per_customer["margin_per_customer"]),
        "excluded_cost_rate_missing": missing,
        "excluded_rows": missing + figures["excluded_revenue_rate_missing"],
    }  # fmt: skip


def days(rows: Rows) -> dict[Key, Row]:
    """Rows of ``kpi_campaign_daily``: sends by day, and the first human doing of each recipient."""
    found: dict[Key, Row] = {}
    firsts: dict[Key, datetime] = {}
    names = ("sent", "human_openers", "human_clickers", "unsubscribers")

    def add(campaign: str, name: str, at: datetime) -> None:
        row = found.setdefault((campaign, local_day(at)), dict.fromkeys(names, 0))
        row[name] += 1

    for row in events(rows):
        kinds = {"unsubscribe": ["unsubscribers"]}.get(row["event_type"], [])
        if row["event_type"] in ("open", "click") and not row["machine"]:
            kinds = ["human_openers"] + ["human_clickers"] * (row["event_type"] == "click")
        if row["event_type"] == "sent":
            add(row["campaign_id"], "sent", row["occurred_at"])
        for kind in kinds:
            key = (row["campaign_id"], kind, row["recipient"])
            firsts[key] = min(firsts.get(key, row["occurred_at"]), row["occurred_at"])
    for (campaign, kind, _), at in firsts.items():
        add(campaign, kind, at)
    return found


def links(rows: Rows) -> dict[Key, Row]:
    """Rows of ``kpi_campaign_links``."""
    clicked: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in events(rows):
        if row["event_type"] == "click" and not row["machine"]:
            clicked[row["campaign_id"]][row["url_path"] or ""].append(row["recipient"])
    return {
        (campaign, link): {"clicks": len(who)}
        | {"human_clickers": len(set(who))}
        | ratio("click_share", len(set(who)), len({p for some in mine.values() for p in some}))
        for campaign, mine in clicked.items()
        for link, who in mine.items()
    }
