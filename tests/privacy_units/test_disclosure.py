"""Nothing that is decided to be shown tells about few: the attacker on tables made by hypothesis."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.privacy.campaign_figures import CAMPAIGN_FIGURES, ROLES
from pipelines.privacy.disclosure import (
    Cell,
    Condition,
    Decision,
    Figure,
    Period,
    Table,
    decide,
    start_of,
)
from pipelines.warehouse.dbt import PROJECT
from tests.oracle.attacker import Part, Told, attack

K = 3
_MONTHS = (
    date(2025, 11, 1),
    date(2025, 12, 1),
    date(2026, 1, 1),
    date(2026, 2, 1),
    date(2026, 7, 1),
)
FIGURES = (
    Figure("a", Condition(1)),
    Figure("b", Condition(2), {"a": Condition(1, 2)}),
    Figure("c", Condition(4)),
)
Fact = tuple[str, date, int, int]
"""Unit, month, person and roles; b only beside a."""

_facts = st.lists(
    st.tuples(
        st.sampled_from(["u0", "u1", "u2", "u3", "u4"]),
        st.sampled_from(_MONTHS),
        st.integers(0, 11),
        st.sampled_from([1, 1, 1, 3, 3, 5, 7, 4]),
    ),
    max_size=60,
    unique_by=lambda fact: fact[:3],
)


def table_of(facts: list[Fact], **sealed: object) -> Table:
    """The table as the warehouse would count it."""
    merged: dict[tuple[str, int], int] = defaultdict(int)
    for unit, _, person, roles in facts:
        merged[unit, person] |= roles
    units: dict[tuple[str, int], list[int]] = defaultdict(list)
    months: dict[tuple[str, date, int], list[int]] = defaultdict(list)
    for (unit, person), roles in merged.items():
        units[unit, roles].append(person)
    for unit, month, person, roles in facts:
        months[unit, month, roles].append(person)
    return Table(
        FIGURES,
        [Cell(unit, None, roles, len(who)) for (unit, roles), who in units.items()],
        [
            Cell(unit, month, roles, len(who), tuple(who) if len(who) < K else ())
            for (unit, month, roles), who in months.items()
        ],
        K,
        FIGURES[0].about,
        **sealed,  # type: ignore[arg-type]
    )


def told_by(facts: list[Fact], decision: Decision, by_last: bool = False) -> list[Told]:
    """What is shown, with its parts: a person in a unit and a month, of a unit the first or last."""
    found: list[Told] = []
    for unit, shown in decision.units.items():
        merged: dict[int, int] = defaultdict(int)
        first: dict[int, date] = {}
        for _, month, person, roles in sorted(f for f in facts if f[0] == unit):
            merged[person] |= roles
            if person not in first or by_last:
                first[person] = month
        parts = [((p, unit, first[p]), merged[p]) for p in merged]
        found += _told(shown, {"unit": unit}, parts)
    for period, shown in decision.periods.items():
        parts = [
            ((person, unit, month), roles)
            for unit, month, person, roles in facts
            if start_of(period.grain, month) == period.start
        ]
        found += _told(shown, {"grain": period.grain, "start": period.start}, parts)
    return found


def _told(
    shown: set[str], where: dict[str, object], parts: list[tuple[Part, int]]
) -> Iterable[Told]:
    for figure in FIGURES:
        conditions = {figure.name: figure.about} | {
            f"{whole} - {figure.name}": condition
            for whole, condition in figure.differences.items()
            if whole in shown
        }
        if figure.name in shown:
            for name, condition in conditions.items():
                mine = frozenset(part for part, roles in parts if condition.holds(roles))
                yield Told(name, where, mine)  # type: ignore[arg-type]


@settings(max_examples=400, deadline=None, derandomize=True)
@given(_facts)
def test_nothing_shown_tells_about_few(facts: list[Fact]) -> None:
    decision = decide(table_of(facts))
    assert not attack(told_by(facts, decision), K)
    # Somebody who is in a unit in two months counts once in it, in either of them.
    assert not attack(told_by(facts, decision, by_last=True), K)


def _some(unit: str, month: date, count: int, start: int = 0) -> list[Fact]:
    return [(unit, month, start + number, 1) for number in range(count)]


def test_small_unit_takes_the_smallest_of_its_month_with_it() -> None:
    facts = (
        _some("small", _MONTHS[0], 2)
        + _some("next", _MONTHS[0], 4, 10)
        + _some("big", _MONTHS[0], 9, 20)
    )
    shown = decide(table_of(facts))
    assert "a" not in shown.units["small"] | shown.units["next"]
    assert "a" in shown.units["big"]
    assert "a" in shown.periods[Period("month", _MONTHS[0])]
    # Without the helper the month less the big one would be the two of the small one.
    naive = Decision(shown.units | {"next": {"a"}}, shown.periods)
    assert attack(told_by(facts, naive), K)


def test_small_month_takes_another_month_with_it_so_that_all_time_stays() -> None:
    facts = (
        _some("u0", _MONTHS[0], 2) + _some("u1", _MONTHS[3], 5, 10) + _some("u2", _MONTHS[4], 9, 20)
    )
    shown = decide(table_of(facts))
    hidden = {p for p, names in shown.periods.items() if "a" not in names}
    assert Period("month", _MONTHS[0]) in hidden
    assert Period("all", None) not in hidden
    assert "a" in shown.units["u2"]


def test_what_is_sealed_stands_and_the_rest_is_hidden_around_it() -> None:
    facts = _some("small", _MONTHS[0], 2) + _some("next", _MONTHS[0], 4, 10)
    shown = decide(table_of(facts, fixed_units={"next": frozenset({"a"})}))
    assert "a" in shown.units["next"]
    assert "a" not in shown.periods[Period("month", _MONTHS[0])]


def test_periods_are_those_of_the_fiscal_year() -> None:
    facts = _some("u", _MONTHS[1], 4)
    table = table_of(facts, year_start=4)
    assert Period("year", date(2025, 4, 1)) in decide(table).periods
    assert start_of("quarter", date(2026, 1, 1), 2) == date(2025, 11, 1)


@pytest.mark.parametrize("difference", [0, 1, K - 1, K])
def test_part_is_hidden_where_few_make_the_difference(difference: int) -> None:
    facts = [("u", _MONTHS[0], n, 1 if n < difference else 3) for n in range(10 + difference)]
    shown = decide(table_of(facts)).units["u"]
    assert "a" in shown
    assert ("b" in shown) is (difference in (0, K))


def test_roles_are_those_of_the_warehouse() -> None:
    macro = (PROJECT / "macros" / "campaigns.sql").read_text(encoding="utf-8")
    (listed,) = re.findall(r"set roles = \[(.*?)\]", macro, re.DOTALL)
    assert len(re.findall(r"'[^']+'", listed)) == len(ROLES)
    names = (PROJECT / "macros" / "campaign_figures.sql").read_text(encoding="utf-8")
    (hidden,) = re.findall(r"macro campaign_hidden_names.*?return\(\[(.*?)\]", names, re.DOTALL)
    assert set(re.findall(r"'(\w+)'", hidden)) == {figure.name for figure in CAMPAIGN_FIGURES}
    # a seal names a ratio too where only what it divides by is hidden, so none is named like one
    ratios = set(re.findall(r"\('(\w+)', '[^']+', '\w+', \['", names))
    assert "open_rate_raw" in ratios
    assert not ratios & {figure.name for figure in CAMPAIGN_FIGURES}
