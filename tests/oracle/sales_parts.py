"""What each shown figure of sales adds up, for :mod:`tests.oracle.attacker`.

Parts come from the source rows by way of the oracle, never from the models: one for each deal, with
the natural person whose money it is about, if any.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.oracle.attacker import Told
from tests.oracle.persons import natural_accounts, payer
from tests.oracle.rules import local_day, midnight, start_of
from tests.oracle.sales import REASONS, Row, Rows, deals, histories, stage_entries

Condition = Callable[[Row], bool]
LATER = ("amount_missing", "rate_missing")
"""Reasons that are given only where there is no other one."""


def _of(outcome: str, condition: Condition = lambda _: True) -> Condition:
    return lambda deal: deal["outcome"] == outcome and condition(deal)


def _has(name: str, wanted: bool = True) -> Condition:
    return lambda deal: (deal[name] is not None) == wanted


# By role of a deal in a period: the columns that tell it, and which deals it is about.
CLOSED: dict[str, tuple[tuple[str, ...], Condition]] = {
    "won": (("won_deals",), _of("won")),
    "lost": (("lost_deals",), _of("lost")),
    "revenue": (("won_revenue",), _of("won", _has("converted"))),
    "revenue of value": (("win_rate_value_numerator",), _of("won", _has("converted"))),
    "revenue of size": (("avg_deal_size_numerator",), _of("won", _has("converted"))),
    "revenue of quota": (("quota_attainment_numerator",), _of("won", _has("converted"))),
    "lost worth": (
        ("win_rate_value_numerator", "win_rate_value_denominator"),
        _of("lost", _has("converted")),
    ),
    "priced": (("avg_deal_size_denominator",), _of("won", _has("converted"))),
    "unpriced": (
        ("won_deals", "avg_deal_size_denominator"),
        _of("won", _has("converted", wanted=False)),
    ),
    **{
        f"{kind} of {outcome}": (columns, _of(outcome, _has("cycle", wanted=kind == "timed")))
        for outcome, name in (("won", "sales_cycle"), ("lost", "lost_cycle"))
        for kind, columns in (
            ("timed", (f"{name}_days_mean_denominator",)),
            ("untimed", (f"{outcome}_deals", f"{name}_days_mean_denominator")),
        )
    },
    **{
        reason: ((f"excluded_{reason}",), lambda deal, r=reason: deal["reason"] == r)
        for reason in REASONS
    },
    "excluded": (("excluded_rows",), _has("reason")),
    "sound": (("win_rate_denominator", "excluded_rows"), _has("reason", wanted=False)),
    "unpriced for other reasons": (
        ("avg_deal_size_denominator", "excluded_rows"),
        _of("won", lambda deal: deal["converted"] is None and deal["reason"] not in LATER),
    ),
}  # fmt: skip
CREATED: dict[str, tuple[tuple[str, ...], Condition]] = {
    "created": (("cohort_win_rate_denominator",), lambda _: True),
    "cohort won": (("cohort_win_rate_numerator",), _of("won")),
    "cohort open": (("cohort_open",), _of("open")),
    "cohort lost": (
        ("cohort_win_rate_numerator", "cohort_win_rate_denominator", "cohort_open"), _of("lost")
    ),
}  # fmt: skip
MEDIANS: dict[str, Condition] = {
    "sales_cycle_days_median": _of("won", _has("cycle")),
    "lost_cycle_days_median": _of("lost", _has("cycle")),
}


def told(rows: Rows, tables: Mapping[str, Sequence[Row]]) -> list[Told]:
    """Every figure of the periods and of their sellers that is shown, with what it adds up."""
    every, natural = deals(rows), natural_accounts(rows)
    parts = {deal["record_key"]: (payer(deal, natural), deal["record_key"]) for deal in every}
    found = []
    for name, shown in ((name, row) for name, table in tables.items() for row in table):
        where = {"table": name, "grain": shown["period_grain"], "start": shown["period_start"],
                 "seller": shown.get("user_key")}  # fmt: skip
        some = [deal for deal in every if where["seller"] in (None, deal["user_key"])]
        closed = [d for d in some if d["outcome"] != "open" and _is_in(d["closed_at"], where)]
        created = [d for d in some if d["created_at"] and _is_in(d["created_at"], where)]

        def add(figure: str, counted: Sequence[Row], condition: Condition) -> Told:
            return Told(figure, where, frozenset(parts[d["record_key"]] for d in counted if condition(d)))  # noqa: B023  # fmt: skip

        found += [
            add(figure, counted, condition)
            for figures, counted in ((CLOSED, closed), (CREATED, created))
            for figure, (columns, condition) in figures.items()
            if all(shown[column] is not None for column in columns)
        ]
        # A median adds nothing up, so that only the cell itself tells: a figure of its own.
        found += [
            add(f"{column} {where}", closed, condition)
            for column, condition in MEDIANS.items()
            if shown[column] is not None
        ]
    return found


def _is_in(at: datetime | None, where: Mapping[str, Any]) -> bool:
    if where["grain"] == "all":
        return True
    return at is not None and start_of(where["grain"], local_day(at)) == where["start"]


_STALE = timedelta(days=60)
OPEN: dict[str, Condition] = {
    "open": lambda _: True,
    "stale": lambda s: s["stale"],
    "fresh": lambda s: not s["stale"],
    "qualified": lambda s: s["is_qualified"],
    "unqualified": lambda s: not s["is_qualified"],
    "priced": _has("amount"),
    "unpriced": _has("amount", wanted=False),
    "likely": _has("probability"),
    "unlikely": _has("probability", wanted=False),
    "weighted": lambda s: s["amount"] is not None and s["probability"] is not None,
    "excluded": lambda s: s["amount"] is None or s["probability"] is None,
}
ENTERED: dict[str, Condition] = {
    "advanced": lambda e: not e["censored"] and e["advanced"],
    "stopped": lambda e: not e["censored"] and not e["advanced"],
    "censored": lambda e: e["censored"],
    "timed": _has("days"),
    "untimed": _has("days", wanted=False),
    "excluded": lambda e: e["excluded"],
    "sound": lambda e: not e["excluded"],
}


def told_of_pipeline(
    rows: Rows, tables: Mapping[str, Sequence[Row]], as_of: datetime
) -> list[Told]:
    """Every figure of snapshots and stages that is shown; deals at two instants are two parts."""
    natural = natural_accounts(rows)
    every, found = histories(rows, as_of), []
    for shown in tables["kpi_pipeline_snapshot"]:
        day = shown["snapshot_date"]
        instant = as_of if day == local_day(as_of) and day.day != 1 else midnight(day)

        def known(moment: datetime, instant: datetime = instant) -> bool:
            return moment <= instant

        some = [
            h.at(known) | {"deal": h.deal}
            for h in every
            if h.is_open(known) and (h.deal["pipeline"] or "unknown") == shown["pipeline"]
        ]
        if shown["level"] == "stage":
            some = [state for state in some if (state["stage"] or "unknown") == shown["stage"]]
        some = [state | {"stale": state["changed_at"] + _STALE < instant} for state in some]
        where = {key: shown[key] for key in ("level", "snapshot_date", "pipeline", "stage")}
        if not shown["is_suppressed"]:
            found += _told(OPEN, some, where, day, natural)
    entries = [entry for entry in stage_entries(rows, as_of) if entry["entered"]]
    for shown in tables["kpi_pipeline_stages_monthly"]:
        where = {key: shown[key] for key in ("period_start", "pipeline", "stage")}
        some = [
            entry
            for entry in entries
            if where
            == {
                "period_start": start_of("month", local_day(entry["entered"])),
                "pipeline": entry["pipeline"], "stage": entry["stage"],
            }
        ]  # fmt: skip
        if not shown["is_suppressed"]:
            found += _told(ENTERED, some, where, "entered", natural)
    return found


def _told(
    figures: Mapping[str, Condition], some: Sequence[Row], where: Mapping[str, Any], kind: Hashable,
    natural: set[str],
) -> list[Told]:  # fmt: skip
    return [
        Told(
            figure, where,
            frozenset(
                (payer(one["deal"], natural), one["deal"]["record_key"], kind)
                for one in some
                if condition(one)
            ),
        )
        for figure, condition in figures.items()
    ]  # fmt: skip
