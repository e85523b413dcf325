"""The figures of campaigns in order of importance, and whom each pair of them tells about.

The roles of a person in a campaign come from ``dbt_project/macros/campaigns.sql``, in this order;
a test holds the two equal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Final

from pipelines.privacy.disclosure import (
    Cell,
    Condition,
    Decision,
    Figure,
    Period,
    Table,
    decide,
)

ROLES: Final = (
    "sent", "delivered", "failed", "bounced", "dropped", "responded", "opened", "clicked",
    "unsubscribed", "complained", "converted", "attributed", "unrated", "open_event",
    "click_event", "machine_open", "machine_click", "human_open",
)  # fmt: skip
BIT: Final = {role: 1 << place for place, role in enumerate(ROLES)}


def _who(role: str, but_not: str = "") -> Condition:
    return Condition(BIT[role], BIT[but_not] if but_not else 0)


def _of_recipients(name: str, role: str, **differences: Condition) -> Figure:
    """Beside a count of recipients, a figure also tells who of them is not in it."""
    rest = {"sent": _who("sent", role), "delivered": _who("delivered", role)}
    return Figure(name, _who(role), rest | differences)


CAMPAIGN_FIGURES: Final = (
    Figure("sent", _who("sent")),
    Figure("delivered", _who("delivered"), {"sent": _who("failed")}),
    _of_recipients("human_openers", "opened"),
    _of_recipients("human_clickers", "clicked", human_openers=_who("opened", "clicked")),
    _of_recipients("converters", "converted"),
    Figure(
        "attributed_conversions",
        _who("attributed"),
        {"converters": _who("converted", "attributed"), "human_clickers": _who("clicked", "attributed")},
    ),
    Figure("attributed_revenue", _who("attributed", "unrated")),
    _of_recipients("unsubscribers", "unsubscribed"),
    _of_recipients(
        "open_rate_raw_numerator",
        "responded",
        human_openers=_who("responded", "opened"),
        human_clickers=_who("responded", "clicked"),
    ),
    Figure(
        "bounced",
        _who("bounced"),
        {"sent": _who("sent", "bounced"), "delivered": _who("dropped")},
    ),
    _of_recipients("complainers", "complained"),
    Figure("opens", _who("open_event")),
    Figure("machine_opens", _who("machine_open"), {"opens": _who("human_open")}),
    Figure("clicks", _who("click_event")),
    Figure("machine_clicks", _who("machine_click"), {"clicks": _who("clicked")}),
    Figure(
        "excluded_revenue_rate_missing",
        _who("unrated"),
        {"attributed_conversions": _who("attributed", "unrated")},
    ),
)  # fmt: skip

OTHER_FIGURES: Final = {
    "leads": (Figure("leads", Condition(1)),),
    "customers": (
        Figure("new_customers", Condition(1)),
        Figure("ltv_to_cac", Condition(4)),
        Figure("margin_per_customer", Condition(2), {"new_customers": Condition(2, 1)}),
    ),
}
"""Figures of a period about persons of their own, by family; beside new customers, who bought tells
of those who came back. Of a mean lifetime value nothing tells how many it is about."""

HiddenRow = tuple[str | None, str | None, date | None, str]


def hidden_figures(
    patterns: Iterable[tuple[str, date | None, int, int, list[int] | None]],
    month_persons: Iterable[tuple[str, str, date, int, int, list[int] | None, bool]],
    sealed_campaigns: Iterable[tuple[str, date | None, str]],
    sealed_periods: Iterable[tuple[str, date | None, str]],
    k: int,
    year_start: int,
) -> list[HiddenRow]:
    """Which figures of campaigns and of the periods that add them up are hidden.

    Args:
        patterns: Campaign, month (None: all time), roles, how many recipients, and who below ``k``.
        month_persons: Family, unit, month, roles, how many persons, who, whether the unit is shown.
        sealed_campaigns: Campaign, month of its last send, and hidden figures between spaces.
        sealed_periods: Grain, first day and hidden figures of sealed periods.
        k: Fewest persons that something may be about.
        year_start: Month in which a fiscal year begins, 1 to 12.

    Returns:
        Campaign, or grain and first day, and the name of a figure, in order.

    Privacy: hashes of pseudonyms in; names out.
    """
    patterns = list(patterns)
    cells = [
        Cell(campaign, month, roles, count, tuple(who or ()))
        for campaign, month, roles, count, who in patterns
    ]
    last_sends: dict[str, date] = {}
    for campaign, month, roles, *_ in patterns:
        if month and roles & BIT["sent"]:
            last_sends[campaign] = max(month, last_sends.get(campaign, month))
    periods = {Period(grain, start): hidden.split() for grain, start, hidden in sealed_periods}
    names = {figure.name for figure in CAMPAIGN_FIGURES}
    decision = decide(
        Table(
            CAMPAIGN_FIGURES,
            [cell for cell in cells if cell.month is None],
            [cell for cell in cells if cell.month is not None],
            k,
            CAMPAIGN_FIGURES[0].about,
            year_start,
            {
                campaign: frozenset(names.difference(hidden.split()))
                for campaign, month, hidden in sealed_campaigns
                if last_sends.get(campaign) == month
            },
            {p: frozenset(names.difference(hidden)) for p, hidden in periods.items()},
        )
    )
    found: list[HiddenRow] = [
        (campaign, None, None, name)
        for campaign, shown in decision.units.items()
        for name in names - shown
    ]
    found += _hidden_periods(decision, names)
    persons = list(month_persons)
    for family, figures in OTHER_FIGURES.items():
        mine = [row[1:] for row in persons if row[0] == family]
        decision = decide(_other_table(figures, mine, periods, k, year_start))
        found += _hidden_periods(decision, {figure.name for figure in figures})
    return sorted(found, key=lambda row: tuple(str(part) for part in row))


def _other_table(
    figures: Sequence[Figure],
    rows: Sequence[tuple[str, date, int, int, list[int] | None, bool]],
    sealed: Mapping[Period, Sequence[str]],
    k: int,
    year_start: int,
) -> Table:
    names = frozenset(figure.name for figure in figures)
    return Table(
        figures,
        [],
        [Cell(unit, month, roles, n, tuple(who or ())) for unit, month, roles, n, who, _ in rows],
        k,
        figures[-1].about,
        year_start,
        {row[0]: names if row[5] else frozenset[str]() for row in rows},
        {period: names.difference(hidden) for period, hidden in sealed.items()},
    )


def _hidden_periods(decision: Decision, names: set[str]) -> list[HiddenRow]:
    return [
        (None, period.grain, period.start, name)
        for period, shown in decision.periods.items()
        for name in names - shown
    ]
