"""What each shown figure of the campaign tables adds up, for the attacker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from tests.oracle.attacker import Part, Told
from tests.oracle.attribution import MODELS
from tests.oracle.attribution_months import conversion_paths
from tests.oracle.campaigns import (
    DIFFERENCES,
    HAS,
    Sends,
    assigned,
    credited,
    customer_months,
    merged,
    month_of,
)
from tests.oracle.persons import Rows, natural_accounts, of_persons
from tests.oracle.rules import GRAINS, Row, local_day, start_of

_COLUMN = {"open_rate_raw": "open_rate_raw_numerator"}


def told(rows: Rows, tables: Rows, as_of: datetime) -> list[Told]:
    """Everything that the campaign tables show about persons."""
    sends = Sends(rows)
    won = credited(rows, sends, as_of)
    return [
        *_of_campaigns(tables["kpi_campaign"], sends, won),
        *_of_arms(rows, tables["kpi_campaign"], sends),
        *_of_periods(tables["kpi_campaign_monthly"], sends, won),
        *_of_days(tables["kpi_campaign_daily"], tables["kpi_campaign"], sends),
        *_of_links(tables["kpi_campaign_links"], sends),
        *_of_customers(rows, tables, sends),
        *_of_attribution(rows, tables["kpi_attribution_monthly"], as_of),
    ]


def _person(fact: Row) -> Any:
    return fact["recipient"]


def _parts(facts: Iterable[Row], has: Callable[[Row], bool]) -> frozenset[Part]:
    return frozenset(
        (_person(f), f["recipient"], f["campaign"], f["month"]) for f in facts if has(f)
    )


def _figures(row: Row, facts: Sequence[Row], where: dict[str, Any], once: bool) -> Iterable[Told]:
    """The figures of a row, and the differences of those that are shown beside one another."""

    whole = {fact["recipient"]: fact for fact in merged(facts)} if once else {}

    def parts(has: Callable[[Row], bool]) -> frozenset[Part]:
        found = _parts(facts, has)
        if not once:
            return found
        # Who opened one send of a campaign and not another one has opened it.
        found = frozenset(part for part in found if has(whole[part[1]]))
        first: dict[Part, Part] = {}
        for part in sorted(found, key=lambda p: p[3]):  # a recipient counts once in a campaign
            first.setdefault(part[:3], part)
        return frozenset(first.values())

    def is_shown(name: str) -> bool:
        return row[_COLUMN.get(name, name)] is not None

    for name, has in HAS.items():
        if is_shown(name):
            yield Told(name, where, parts(has))
    for (all_of, some), has in DIFFERENCES.items():
        if is_shown(all_of) and is_shown(some):
            yield Told(f"{all_of} - {some}", where, parts(has))
    if all(map(is_shown, ("sent", "delivered", "bounced"))):
        yield Told("dropped", where, parts(lambda f: f["failed"] > f["bounced"]))


def _won_parts(won: Iterable[Row]) -> frozenset[Part]:
    return frozenset((r["person"], r["key"]) for r in won)


def _around(table: str, month: date | None) -> dict[str, Any]:
    if month is None:
        return {"table": table}
    return {"table": table, **{grain: start_of(grain, month) for grain in GRAINS}}


def _of_campaigns(table: Sequence[Row], sends: Sends, won: Sequence[Row]) -> Iterable[Told]:
    for row in table:
        key = row["campaign_id"]
        facts = [f for f in sends.rows if f["campaign"] == key]
        where = {
            "campaign": key,
            "channel": row["channel"],
            **_around("campaign", row["closing_month"]),
        }
        yield from _figures(row, facts, where, once=True)
        mine = [r for r in won if r["campaign"] == key]
        if row["attributed_conversions"] is not None:
            yield Told("attributed", where, _won_parts(mine))
            if row["converters"] is not None:
                converted = {f["recipient"] for f in facts if f["converted"]}
                rest = converted - {r["person"] for r in mine}
                yield Told("converters - attributed", where, frozenset((p, key) for p in rest))
        if row["attributed_revenue"] is not None:
            yield Told("revenue", where, _won_parts(r for r in mine if r["amount"] is not None))
        if row["excluded_revenue_rate_missing"] is not None:
            yield Told("unrated", where, _won_parts(r for r in mine if r["amount"] is None))


def _of_arms(rows: Rows, table: Sequence[Row], sends: Sends) -> Iterable[Told]:
    """Both arms, and whom the difference of an arm with a figure of the same row is about."""
    campaigns = {row["record_key"]: row for row in rows.get("campaigns", ())}
    for row in table:
        if row["treatment_persons"] is None:
            continue
        key = row["campaign_id"]
        people, _ = assigned(rows, campaigns[key], sends)
        facts = merged([f for f in sends.rows if f["campaign"] == key])
        treated = {p for p, one in people.items() if not one.is_held_out}
        held_out = people.keys() - treated
        bought = {p for p, one in people.items() if one.has_bought}
        arms = {
            "treated": treated, "held out": held_out,
            "treated who bought": treated & bought, "held out who bought": held_out & bought,
            "treated who did not": treated - bought, "held out who did not": held_out - bought,
        }  # fmt: skip
        for name, who in arms.items():
            yield Told(name, {"campaign": key}, frozenset((p, key) for p in who))
        for name, who in {
            "sent": treated,
            "delivered": treated,
            "converters": treated & bought,
        }.items():
            if row[name] is not None:
                other = {f["recipient"] for f in facts if HAS[name](f)} ^ who
                yield Told(f"{name} - arm", {"campaign": key}, frozenset((p, key) for p in other))


def _of_periods(table: Sequence[Row], sends: Sends, won: Sequence[Row]) -> Iterable[Told]:
    for row in table:
        where = {"grain": row["period_grain"], **_around(row["period_grain"], row["period_start"])}
        facts = [f for f in sends.rows if _is_in(row, f["month"])]
        yield from _figures(row, facts, where, once=False)
        if row["attributed_conversions"] is not None:
            mine = [r for r in won if _is_in(row, month_of(r["at"]))]
            yield Told("attributed", where, _won_parts(mine))
            if row["attributed_revenue"] is not None:
                rated = _won_parts(r for r in mine if r["amount"] is not None)
                yield Told("revenue", where, rated)


def _is_in(row: Row, month: date) -> bool:
    grain = row["period_grain"]
    return bool(grain == "all" or start_of(grain, month) == row["period_start"])


def _of_days(table: Sequence[Row], campaigns: Sequence[Row], sends: Sends) -> Iterable[Told]:
    """Days hold the parts of their campaign: its recipients by their first day."""
    kinds = {
        "sent": lambda e: e["event_type"] == "sent",
        "human_openers": lambda e: e["event_type"] in ("open", "click") and not e["machine"],
        "human_clickers": lambda e: e["event_type"] == "click" and not e["machine"],
        "unsubscribers": lambda e: e["event_type"] == "unsubscribe",
    }
    for name, is_one in kinds.items():
        first: dict[Part, date] = {}
        for event in sorted(filter(is_one, sends.events), key=lambda e: e["occurred_at"]):
            who = (event["recipient"], event["recipient"], event["campaign_id"])
            key = (*who, event["record_key"]) if name == "sent" else who
            first.setdefault(key, local_day(event["occurred_at"]))
        wholes: dict[str, set[Part]] = {}
        for part in first:
            wholes.setdefault(str(part[2]), set()).add(part)
        for campaign, parts in wholes.items():
            if any(r[name] is not None for r in campaigns if r["campaign_id"] == campaign):
                yield Told(f"daily {name}", {"campaign": campaign}, frozenset(parts))
            for row in (r for r in table if r["campaign_id"] == campaign):
                if row[name] is not None:
                    mine = frozenset(p for p in parts if first[p] == row["day"])
                    where = {"campaign": campaign, "day": row["day"], "month": row["month_start"]}
                    yield Told(f"daily {name}", where, mine)


def _of_links(table: Sequence[Row], sends: Sends) -> Iterable[Told]:
    clicks = [e for e in sends.events if e["event_type"] == "click" and not e["machine"]]
    for row in table:
        mine = [e for e in clicks if e["campaign_id"] == row["campaign_id"]]
        here = [e for e in mine if (e["url_path"] or "") == row["link"]]
        where = {"campaign": row["campaign_id"], "link": row["link"]}
        if row["human_clickers"] is not None:
            who = {(e["recipient"],) for e in here}
            everybody = {(e["recipient"],) for e in mine}
            yield Told(f"link {row['campaign_id']}", where, frozenset(who))
            yield Told(f"link {row['campaign_id']}", {"all": True}, frozenset(everybody))
        if row["clicks"] is not None:
            parts = frozenset((e["recipient"], e["record_key"]) for e in here)
            whole = frozenset((e["recipient"], e["record_key"]) for e in mine)
            yield Told(f"link clicks {row['campaign_id']}", where, parts)
            yield Told(f"link clicks {row['campaign_id']}", {"all": True}, whole)


def _of_customers(rows: Rows, tables: Rows, sends: Sends) -> Iterable[Told]:
    """Leads with their channels, new customers and who bought, by period."""
    accounts = {r["account"] for r in sends.revenue} - natural_accounts(rows)
    bought = customer_months(sends)
    first = {c: min(m for other, m in bought if other == c) for c, _ in bought}
    scored = {
        row["customer_key"] for row in tables.get("customer_clv", ()) if row["clv"] is not None
    }
    leads = [
        (r["customer_key"] or r["record_key"], r["record_key"], r["source_channel"] or "unknown", month_of(r["created_at"]))
        for r in of_persons(rows, "leads")
    ]  # fmt: skip
    for row in tables["kpi_campaign_monthly"]:
        where = {"grain": row["period_grain"], **_around(row["period_grain"], row["period_start"])}
        if row["leads"] is not None:
            yield Told("leads", where, frozenset(p for p in leads if _is_in(row, p[3])))
        if row["new_customers"] is not None:
            new = [c for c, month in first.items() if _is_in(row, month)]
            yield Told(
                "new customers", where, frozenset((None if c in accounts else c, c) for c in new)
            )
        if row["ltv_to_cac_numerator"] is not None:
            new = [c for c, month in first.items() if _is_in(row, month) and c in scored]
            yield Told("lifetime values", where, frozenset((c, c) for c in new))
        if row["margin_per_customer_denominator"] is not None:
            here = [(c, m) for c, m in bought if _is_in(row, m)]
            yield Told(
                "customers", where, frozenset((None if c in accounts else c, c, m) for c, m in here)
            )
        if row["new_customers"] is not None and row["margin_per_customer_denominator"] is not None:
            back = [(c, m) for c, m in bought if _is_in(row, m) and first[c] != m]
            parts = frozenset((None if c in accounts else c, c, m) for c, m in back)
            yield Told("customers - new customers", where, parts)
    for row in tables["kpi_leads_monthly"]:
        if not row["is_suppressed"]:
            here = [
                p for p in leads if (p[2], p[3]) == (row["source_channel"], row["period_start"])
            ]
            yield Told("leads", {"channel": row["source_channel"], **_around("leads", row["period_start"])},
                       frozenset(here))  # fmt: skip


def _of_attribution(rows: Rows, table: Sequence[Row], as_of: datetime) -> Iterable[Told]:
    """Channels by month and model: whom each tells about, and whom two models of it, or the rest.

    Channels divide one conversion between them, so they are not added up as other slices are; but all
    models divide the same conversions, and what is hidden of one is what the others leave of it.
    """
    credit: dict[tuple[Any, ...], dict[Part, float]] = {}
    unrated: dict[tuple[Any, ...], set[Part]] = {}
    for conversion, path in conversion_paths(rows, as_of):
        month = month_of(conversion["at"])
        part = (conversion["person"], conversion["key"])
        for touch in path:
            for model in MODELS:
                here = credit.setdefault((month, touch["channel"], model), {})
                here[part] = here.get(part, 0.0) + touch[f"credit_{model}"]
            if touch["amount"] is None:
                unrated.setdefault((month, touch["channel"]), set()).add(part)
    shown = {
        (row["period_start"], row["channel"], row["attribution_model"])
        for row in table
        if row["attributed_conversions"] is not None
    }
    for month, channel, model in shown:
        where = {"month": month, "channel": channel, "model": model}
        mine = credit.get((month, channel, model), {})
        yield Told(
            f"credit {channel} {model}", where, frozenset(p for p, c in mine.items() if c > 0)
        )
        for other in MODELS[: MODELS.index(model)]:
            if (month, channel, other) in shown:
                theirs = credit.get((month, channel, other), {})
                moved = frozenset(p for p, c in mine.items() if abs(c - theirs.get(p, 0.0)) > 1e-9)
                yield Told(f"credit {channel} {model} - {other}", where, moved)
        earned = mine.keys() - unrated.get((month, channel), set())
        yield Told(f"revenue {channel} {model}", where, frozenset(p for p in earned if mine[p] > 0))
    for row in table:
        if row["excluded_rows"] is not None:
            key = (row["period_start"], row["channel"])
            where = dict(zip(("month", "channel"), key, strict=True))
            yield Told(f"unrated {row['channel']}", where, frozenset(unrated.get(key, ())))
    for month in {month for month, _, _ in credit}:
        hidden: dict[str, set[Part]] = {model: set() for model in MODELS}
        for (at, channel, model), parts in credit.items():
            if at == month and (at, channel, model) not in shown:
                hidden[model] |= {p for p, c in parts.items() if c > 0}
        if not all(hidden.values()):  # a model of which all is shown tells what all add up to
            for model, rest in hidden.items():
                yield Told(f"credit of hidden channels {model}", {"month": month}, frozenset(rest))
