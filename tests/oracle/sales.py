"""Sales KPIs, once more: deals, stages, leads, tasks, pipeline, quotas and forecasts.

Source: the KPI definitions and docs/decisions/0021 and 0071.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from tests.oracle import rules
from tests.oracle.persons import newest_contacts, of_persons
from tests.oracle.rules import (
    GRAINS,
    Rates,
    days,
    end_of,
    known_total,
    local_day,
    midnight,
    money,
    percentile,
    ratio,
    start_of,
    total,
)  # fmt: skip

Row = dict[str, Any]
Rows = Mapping[str, Sequence[Row]]
Key = tuple[Any, ...]
REASONS = (
    "close_missing", "closed_before_start", "start_missing", "amount_missing", "rate_missing",
)  # fmt: skip


def grouped(rows: Iterable[Row], key: Callable[[Row], Key | None]) -> dict[Key, list[Row]]:
    """Rows by key; those without one are left out."""
    found: dict[Key, list[Row]] = {}
    for row in rows:
        at = key(row)
        if at is not None:
            found.setdefault(at, []).append(row)
    return found


def deals(rows: Rows) -> list[Row]:
    """Deals with amount in the reporting currency, cycle in days and why they are left out."""
    rates = Rates(rows.get("exchange_rates", ()))
    return [_deal(row, rates) for row in of_persons(rows, "deals")]


def _deal(row: Row, rates: Rates) -> Row:
    outcome = row["outcome"] or "open"
    begun, closed = row["engaged_at"] or row["created_at"], row["closed_at"]
    dated = closed or begun
    amount = row["amount"]
    if row["currency"] not in (None, rules.CURRENCY):
        amount = rates.convert(amount, row["currency"], local_day(dated)) if dated else None
    reason = None
    if outcome != "open":
        if closed is None:
            reason = "close_missing"
        elif begun is not None and closed < begun:
            reason = "closed_before_start"
        elif begun is None:
            reason = "start_missing"
        elif row["amount"] is None:
            reason = "amount_missing"
        elif amount is None:
            reason = "rate_missing"
    cycle = None
    if outcome != "open" and closed and begun and closed >= begun:
        cycle = days(begun, closed)
    return row | {
        "outcome": outcome, "converted": amount, "reason": reason, "cycle": cycle,
        "begun": begun, "started": row["created_at"] or row["engaged_at"],
    }  # fmt: skip


def sales_figures(closed: Sequence[Row], created: Sequence[Row]) -> Row:
    """Every figure of a set of deals that closed and a set that were created."""
    won = [deal for deal in closed if deal["outcome"] == "won"]
    lost = [deal for deal in closed if deal["outcome"] == "lost"]
    amounts = [deal["converted"] for deal in won if deal["converted"] is not None]
    all_amounts = [deal["converted"] for deal in closed if deal["converted"] is not None]
    revenue = (total(amounts) if amounts else None) if won else Decimal(0)
    cohort_won = sum(deal["outcome"] == "won" for deal in created)
    found: Row = {
        "won_deals": len(won),
        "lost_deals": len(lost),
        "won_revenue": revenue,
        "cohort_open": sum(deal["outcome"] == "open" for deal in created),
        **ratio("win_rate", len(won), len(closed)),
        **ratio("win_rate_value", revenue, total(all_amounts) if all_amounts else None),
        **ratio("cohort_win_rate", cohort_won, len(created)),
        **ratio("avg_deal_size", total(amounts) if amounts else None, len(amounts)),
    }
    for name, some in (("sales_cycle", won), ("lost_cycle", lost)):
        cycles = [deal["cycle"] for deal in some if deal["cycle"] is not None]
        found |= {
            f"{name}_days_median": percentile(cycles, 0.5),
            f"{name}_days_p25": percentile(cycles, 0.25),
            f"{name}_days_p75": percentile(cycles, 0.75),
            **ratio(f"{name}_days_mean", sum(cycles) if cycles else None, len(cycles)),
        }
    for reason in REASONS:
        found[f"excluded_{reason}"] = sum(deal["reason"] == reason for deal in closed)
    return found | {"excluded_rows": sum(deal["reason"] is not None for deal in closed)}


class History:
    """What a deal was at any instant, as told up to the run."""

    def __init__(self, deal: Row, changes: Sequence[Row], stages: Mapping[Key, Row]) -> None:
        self.deal = deal
        self._changes = sorted(changes, key=lambda c: (c["changed_at"], c["record_key"]))
        self._stages = stages

    def _value(
        self, field: str, read: Callable[[str], Any], known: Callable[[datetime], bool]
    ) -> Any:
        said = [
            (known(change["changed_at"]), value)
            for change in self._changes
            if change["field"] == field and (value := read(change["value"])) is not None
        ]
        before = [value for is_known, value in said if is_known]
        return before[-1] if before else said[0][1] if said else None

    def at(self, known: Callable[[datetime], bool]) -> Row:
        """Stage, amount, day expected and probability, of what was known then."""
        deal = self.deal
        is_open = deal["outcome"] == "open"
        stage = self._value("stage", str, known) or (deal["stage"] if is_open else None)
        amount = self._value("amount", read_amount, known)
        expected = self._value("expected_close_at", read_day, known)
        if expected is None and deal["expected_close_at"]:
            expected = local_day(deal["expected_close_at"])
        kind = self._stages.get((deal["pipeline"], stage))
        own = deal["probability"] if is_open and stage == deal["stage"] else None
        moments = [c["changed_at"] for c in self._changes if known(c["changed_at"])]
        return {
            "stage": stage,
            "amount": deal["amount"] if amount is None else amount,
            "expected": expected,
            "probability": kind["probability"] if kind else own,
            "is_qualified": bool(kind and kind["is_qualified"]),
            "changed_at": moments[-1] if moments else deal["started"],
        }

    def is_open(self, known: Callable[[datetime], bool]) -> bool:
        """Whether it was begun and not decided, of what was known then."""
        deal = self.deal
        return known(deal["started"]) and (
            deal["outcome"] == "open" or not known(deal["closed_at"])
        )


def read_amount(text: str) -> Decimal | None:
    """An amount, or none where the text is no number."""
    with suppress(InvalidOperation):
        return Decimal(text)
    return None


def read_day(text: str) -> date | None:
    """A day, or none where the text is no day."""
    with suppress(ValueError):
        return date.fromisoformat(text[:10])
    return None


def histories(rows: Rows, as_of: datetime) -> list[History]:
    """Of every deal of which it can be said when it was open."""
    stages = {
        (stage["pipeline"], stage["stage"]): stage for stage in rows.get("pipeline_stages", ())
    }
    told = [change for change in rows.get("deal_changes", ()) if change["changed_at"] <= as_of]
    changes = grouped(told, lambda change: (change["deal_id"],))
    return [
        History(deal, changes.get((deal["record_key"],), ()), stages)
        for deal in deals(rows)
        if deal["started"] is not None and deal["started"] <= as_of
        and (
            deal["outcome"] == "open"
            or (deal["closed_at"] is not None and deal["closed_at"] >= deal["started"])
        )
    ]  # fmt: skip


def quota_shares(rows: Rows) -> list[Row]:
    """Quotas by seller, grain and period, prorated by days of the period and of employment."""
    rates = Rates(rows.get("exchange_rates", ()))
    users = {user["user_key"]: user for user in rows.get("users", ())}
    found = []
    for quota in rows.get("quotas", ()):
        begin, end = quota["period_start"], quota["period_end"]
        user = users.get(quota["user_key"], {})
        hired, left = user.get("hired_at"), user.get("left_at")
        first = max(begin, local_day(hired)) if hired else begin
        last = min(end, local_day(left)) if left else end
        amount = rates.convert(quota["amount"], quota["currency"], begin)
        for grain in GRAINS:
            start = start_of(grain, first)
            while start < last and first < last and begin < end:
                until = end_of(grain, start)
                share = (min(last, until) - max(first, start)).days
                found.append(
                    {
                        "grain": grain, "start": start, "user_key": quota["user_key"],
                        "quota": None if amount is None
                        else money(float(amount) * share / (end - begin).days),
                    }
                )  # fmt: skip
                start = until
    return found


def plan_rows(rows: Rows, as_of: datetime) -> tuple[list[Row], list[Row]]:
    """Deals due in a period at its start, and those open and due in it at its end or now."""
    rates = Rates(rows.get("exchange_rates", ()))
    due, open_due = [], []
    for history in histories(rows, as_of):
        deal = history.deal
        starts = {
            (grain, start_of(grain, day))
            for grain in GRAINS
            for day in _days_said(history)
        }  # fmt: skip
        for grain, start in starts:
            until = end_of(grain, start)
            begin_at, end_at = midnight(start), midnight(until)

            def at_start(moment: datetime, begin_at: datetime = begin_at) -> bool:
                return moment <= begin_at

            def at_end(moment: datetime, end_at: datetime = end_at) -> bool:
                return moment < end_at

            was, later = history.at(at_start), history.at(at_end)
            common = {"grain": grain, "start": start, "user_key": deal["user_key"]}
            if begin_at <= as_of and history.is_open(at_start) and _within(was, start, until):
                amount = rates.convert(was["amount"], deal["currency"], start)
                is_known = amount is not None and was["probability"] is not None
                forecast = money(float(amount) * was["probability"]) if is_known else None  # type: ignore[arg-type]
                due.append(
                    common | {"forecast": forecast, "slipped": not _within(later, start, until)}
                )
            if history.is_open(at_end) and _within(later, start, until):
                day = min(until - timedelta(days=1), local_day(as_of))
                amount = rates.convert(later["amount"], deal["currency"], day)
                open_due.append(common | {"amount": amount})
    return due, open_due


def _within(state: Row, start: date, until: date) -> bool:
    return state["expected"] is not None and start <= state["expected"] < until


def _days_said(history: History) -> set[date]:
    said = {
        day
        for change in history._changes
        if change["field"] == "expected_close_at" and (day := read_day(change["value"]))
    }
    own = history.deal["expected_close_at"]
    return said or ({local_day(own)} if own else set())


def plan_figures(
    quotas: Sequence[Row], due: Sequence[Row], open_due: Sequence[Row], won: Decimal | None,
    is_over: bool,
) -> Row:  # fmt: skip
    """Quota, coverage, forecast and slippage of one period."""
    amounts = [quota["quota"] for quota in quotas]
    quota = total(amounts) if amounts and None not in amounts else None
    forecast = known_total(deal["forecast"] for deal in due) if due else None
    has_gap = quota is not None and won is not None and won < quota
    is_judged = is_over and won is not None and won != 0
    accuracy = won - abs(forecast - won) if is_judged and forecast is not None else None  # type: ignore[operator]
    unknown = sum(deal["forecast"] is None for deal in due)
    return {
        "quota": quota,
        **ratio("quota_attainment", won if quota is not None else None, quota),
        **ratio(
            "pipeline_coverage",
            known_total(deal["amount"] for deal in open_due) if has_gap else None,
            quota - won if has_gap else None,  # type: ignore[operator]
        ),
        "forecast": forecast,
        **ratio("forecast_accuracy", accuracy, won if is_judged else None),
        "slippage_rate": sum(deal["slipped"] for deal in due) / len(due) if due else None,
        "excluded_forecast_unknown": unknown
        + sum(deal["amount"] is None for deal in open_due),
    }  # fmt: skip


def monthly(rows: Rows, as_of: datetime, *, by_seller: bool = False) -> dict[Key, Row]:
    """kpi_sales_monthly by grain and start; by seller besides: kpi_sales_rep_monthly."""

    def key(grain: str, start: date | None, row: Row) -> Key | None:
        if not by_seller:
            return (grain, start)
        return (grain, start, row["user_key"]) if row["user_key"] else None

    due, open_due = plan_rows(rows, as_of)
    quotas = quota_shares(rows)
    every = deals(rows)
    closed: dict[Key, list[Row]] = {}
    created: dict[Key, list[Row]] = {}
    for grain in GRAINS:
        for into, moment in ((closed, "closed_at"), (created, "created_at")):
            some = [
                deal for deal in every
                if deal[moment] and (moment == "created_at" or deal["outcome"] != "open")
            ]  # fmt: skip
            into |= grouped(
                some, lambda d, g=grain, m=moment: key(g, start_of(g, local_day(d[m])), d)
            )
    if by_seller:
        decided = [deal for deal in every if deal["outcome"] != "open"]
        closed |= grouped(decided, lambda deal: key("all", None, deal))
        begun = [deal for deal in every if deal["created_at"]]
        created |= grouped(begun, lambda deal: key("all", None, deal))
    planned = [
        grouped(some, lambda row: key(row["grain"], row["start"], row))
        for some in (quotas, due, open_due)
    ]
    keys = {*closed, *created, *(k for some in planned for k in some)}
    if by_seller:
        keys |= {
            ("all", None, row["subject_key"]) for row in rows["subjects"] if row["kind"] == "user"
        }
    found = {}
    for at in keys:
        figures = sales_figures(closed.get(at, ()), created.get(at, ()))
        is_over = at[1] is not None and midnight(end_of(at[0], at[1])) <= as_of
        parts = [some.get(at, ()) for some in planned]
        found[at] = figures | plan_figures(*parts, figures["won_revenue"], is_over)
    return found


def overdue_tasks(rows: Rows, as_of: datetime) -> dict[Key, Row]:
    """Open tasks and those past their deadline, per owner."""
    done = ("completed", "done", "closed", "cancelled", "canceled")
    still = [
        task for task in rows.get("tasks", ())
        if task["completed_at"] is None and (task["status"] or "open").lower() not in done
    ]  # fmt: skip
    found = {
        ("all", None, row["subject_key"]): {"tasks_open": 0, "tasks_overdue": 0}
        for row in rows["subjects"]
        if row["kind"] == "user"
    }
    for (owner,), tasks in grouped(still, lambda t: (t["user_key"],)).items():
        late = [task for task in tasks if task["due_at"] and task["due_at"] < as_of]
        if owner is not None:
            found["all", None, owner] = {"tasks_open": len(tasks), "tasks_overdue": len(late)}
    return found


def leads_monthly(rows: Rows) -> dict[Key, Row]:
    """kpi_leads_monthly by month and source channel."""
    created = {deal["record_key"]: deal["created_at"] for deal in of_persons(rows, "deals")}
    found = {}
    groups = grouped(
        of_persons(rows, "leads"),
        lambda lead: (
            start_of("month", local_day(lead["created_at"])), lead["source_channel"] or "unknown",
        ),
    )  # fmt: skip
    for at, leads in groups.items():
        turned = [lead for lead in leads if lead["converted_at"] or lead["deal_id"] is not None]
        moments = [
            (lead["created_at"], lead["converted_at"] or created.get(lead["deal_id"]))
            for lead in turned
        ]
        times = [days(begin, end) for begin, end in moments if end and end >= begin]
        found[at] = {
            "leads": len(leads),
            **ratio("lead_conversion_rate", len(turned), len(leads)),
            "time_to_convert_days_median": percentile(times, 0.5),
            "time_to_convert_leads": len(times),
            "excluded_rows": len(turned) - len(times),
        }
    return found


def stage_entries(rows: Rows, as_of: datetime) -> list[Row]:
    """Entries of deals into stages, each with what became of it."""
    stages = {
        (stage["pipeline"], stage["stage"]): stage for stage in rows.get("pipeline_stages", ())
    }
    changes = grouped(
        (
            c
            for c in rows.get("deal_changes", ())
            if c["field"] == "stage" and c["changed_at"] <= as_of
        ),
        lambda change: (change["deal_id"],),
    )
    found = []
    for deal in deals(rows):
        told = sorted(
            changes.get((deal["record_key"],), ()), key=lambda c: (c["changed_at"], c["record_key"])
        )
        path: list[tuple[str, datetime | None]] = []
        for change in told:
            if not path or path[-1][0] != change["value"]:
                path.append((change["value"], change["changed_at"]))
        if not told:
            path = [
                (deal["stage"], deal["begun"] if deal["outcome"] == "open" else deal["closed_at"])
            ]
        kinds = [stages.get((deal["pipeline"], stage)) for stage, _ in path]
        closing = [
            kind["is_closed"] if kind
            else deal["outcome"] != "open" and stage == deal["stage"] and place == len(path) - 1
            for place, (kind, (stage, _)) in enumerate(zip(kinds, path, strict=True))
        ]  # fmt: skip
        for place, (stage, entered) in enumerate(path):
            if closing[place]:
                continue
            kind = kinds[place]
            further = any(
                other["position"] > kind["position"]
                for other, is_closing in zip(kinds[place + 1 :], closing[place + 1 :], strict=True)
                if kind and other and not is_closing
            )
            left = path[place + 1][1] if place + 1 < len(path) else None
            if left is None and place + 1 == len(path) and deal["outcome"] != "open":
                left = deal["closed_at"]
            found.append(
                {
                    "deal": deal,
                    "pipeline": deal["pipeline"] or "unknown", "stage": stage, "entered": entered,
                    "advanced": deal["outcome"] == "won" or further,
                    "censored": deal["outcome"] == "open" and not further,
                    "days": days(entered, left) if entered and left and left >= entered else None,
                    "excluded": entered is None or bool(left and left < entered),
                }
            )  # fmt: skip
    return found


def stages_monthly(rows: Rows, as_of: datetime) -> dict[Key, Row]:
    """kpi_pipeline_stages_monthly by month, pipeline and stage."""
    found = {}
    groups = grouped(
        stage_entries(rows, as_of),
        lambda e: (start_of("month", local_day(e["entered"])), e["pipeline"], e["stage"])
        if e["entered"] else None,
    )  # fmt: skip
    for at, entries in groups.items():
        decided = [entry for entry in entries if not entry["censored"]]
        times = [entry["days"] for entry in entries if entry["days"] is not None]
        found[at] = {
            "entries": len(entries),
            **ratio("stage_conversion", sum(e["advanced"] for e in decided), len(decided)),
            "censored": len(entries) - len(decided),
            "days_in_stage_median": percentile(times, 0.5),
            "days_in_stage_entries": len(times),
            "excluded_rows": sum(entry["excluded"] for entry in entries),
        }
    return found


def snapshots(rows: Rows, as_of: datetime, stale_days: int = 60) -> dict[Key, Row]:
    """kpi_pipeline_snapshot by day, level, pipeline and stage."""
    rates = Rates(rows.get("exchange_rates", ()))
    known_histories = histories(rows, as_of)
    every = deals(rows)
    today = local_day(as_of)
    instants = {today: as_of} if today.day != 1 else {}
    month = min(
        (start_of("month", local_day(h.deal["started"])) for h in known_histories), default=today
    )
    while month <= today:
        instants[month] = midnight(month)
        month = end_of("month", month)
    found = {}
    for day, instant in instants.items():

        def known(moment: datetime, instant: datetime = instant) -> bool:
            return moment <= instant

        open_deals = []
        for history in known_histories:
            if history.is_open(known):
                state = history.at(known)
                amount = rates.convert(state["amount"], history.deal["currency"], day)
                pipeline = history.deal["pipeline"] or "unknown"
                open_deals.append(state | {"pipeline": pipeline, "amount": amount})
        groups = grouped(
            open_deals, lambda d, day=day: (day, "stage", d["pipeline"], d["stage"] or "unknown")
        )
        groups |= grouped(open_deals, lambda d, day=day: (day, "pipeline", d["pipeline"], ""))
        for at, some in groups.items():
            found[at] = _snapshot(some, instant, timedelta(days=stale_days))
            numerator = denominator = None
            if at[1] == "pipeline":
                recent = [
                    deal for deal in every
                    if deal["outcome"] != "open" and deal["closed_at"]
                    and instant - timedelta(days=90) <= deal["closed_at"] < instant
                    and (deal["pipeline"] or "unknown") == at[2]
                ]  # fmt: skip
                won = [deal for deal in recent if deal["outcome"] == "won"]
                amounts = [
                    float(deal["converted"]) for deal in won if deal["converted"] is not None
                ]
                denominator = percentile((deal["cycle"] for deal in won), 0.5)
                if recent and amounts:
                    share = len(won) / len(recent)
                    numerator = found[at]["qualified_deals"] * share * sum(amounts) / len(amounts)
            found[at] |= ratio("pipeline_velocity", numerator, denominator)
    return found


def _snapshot(some: Sequence[Row], instant: datetime, stale: timedelta) -> Row:
    weighted = [
        money(float(deal["amount"]) * deal["probability"])
        for deal in some
        if deal["amount"] is not None and deal["probability"] is not None
    ]
    return {
        "open_deals": len(some),
        "stale_deals": sum(deal["changed_at"] + stale < instant for deal in some),
        "qualified_deals": sum(deal["is_qualified"] for deal in some),
        "open_amount": known_total(deal["amount"] for deal in some),
        "weighted_pipeline": total(weighted) if weighted else None,
        "excluded_amount_unknown": sum(deal["amount"] is None for deal in some),
        "excluded_probability_unknown": sum(deal["probability"] is None for deal in some),
        "excluded_rows": len(some) - len(weighted),
    }


def natural_persons(rows: Rows) -> dict[str, bool]:
    """Per person whether it is a customer itself, and not the contact of an account."""
    return {key: row.get("account_key") is None for key, row in newest_contacts(rows).items()}
