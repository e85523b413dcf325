"""An attacker who knows who is in every cell: what is shown of customers tells about k or nobody.

Looked at: every cell, every pair of cells of a month and of two months in a row, what is left of a
whole, and for retention every pair of months that are shown, whatever is hidden between them.
"""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest

from tests.oracle import segments
from tests.oracle.project import Project, Rows, compiled
from tests.oracle.rules import end_of, midnight

K = 5
AS_OF = datetime(2026, 4, 12, 9, 30, tzinfo=UTC)
FIRST = datetime(2025, 11, 3, 9, tzinfo=UTC)
_COMPANIES = tuple(f"company{n}" for n in range(4))
_SOLE_TRADERS = tuple(f"sole{n}" for n in range(8))


@pytest.fixture(scope="module")
def hiding(tmp_path_factory: pytest.TempPathFactory) -> Project:
    base = tmp_path_factory.getbasetemp()
    return compiled(base.parent if base.name.startswith("popen-") else base, small_cell_k=K)


def _crm(seed: int) -> Rows:
    """Persons who buy and subscribe over half a year, few enough for small cells everywhere."""
    dice, gaps = random.Random(seed), random.Random(seed)
    unknown = gaps.choice([0.02, 0.3, 0.9])
    people = [f"p{n}" for n in range(dice.choice([20, 45, 80]))]
    weeks = 23

    def known(amount: int) -> Decimal | None:
        return None if gaps.random() < unknown else Decimal(amount)

    def some(share: float) -> datetime:
        return FIRST + timedelta(weeks=weeks * share * dice.random(), hours=dice.randrange(100))

    orders = [
        {"record_key": f"o{p}{n}", "customer_key": p, "ordered_at": some(0.98), "amount": known(9),
         "margin": known(dice.randrange(1, 9)), "currency": None, "status": None}
        for p in people for n in range(dice.choice([0, 1, 1, 2, 5]))
    ]  # fmt: skip
    orders += [
        {"record_key": f"a{account}{n}", "account_key": account, "customer_key": None,
         "ordered_at": some(0.98), "amount": Decimal(9), "margin": None, "currency": None, "status": None}
        for account in (*_COMPANIES, *_SOLE_TRADERS) for n in range(dice.choice([0, 1, 2]))
    ]  # fmt: skip
    subscriptions = []
    for p in people:
        start = some(0.5) if dice.random() < 0.8 else FIRST - timedelta(days=90)
        end = start + timedelta(days=dice.randrange(20, 400)) if dice.random() < 0.4 else None
        for n in range(dice.choice([0, 1, 1, 2])):
            subscriptions.append(
                {"record_key": f"s{p}{n}", "customer_key": p, "ended_at": end,
                 "started_at": start + timedelta(days=60 * n),
                 "currency": "USD" if gaps.random() < unknown / 2 else None,
                 "amount_per_month": Decimal(dice.randrange(5, 9))}
            )  # fmt: skip
    return {
        "subjects": [
            {"subject_key": p, "kind": "contact", "subject_bucket": 1, "staff_alias": None}
            for p in people
        ]
        + [
            {"subject_key": a, "kind": "account", "subject_bucket": 1, "staff_alias": None}
            for a in (*_COMPANIES, *_SOLE_TRADERS)
        ],
        "accounts": [{"account_key": a, "name": "Firma", "size_class": "10-49"} for a in _COMPANIES]
        + [{"account_key": a, "name": None, "size_class": "zzp"} for a in _SOLE_TRADERS],
        "contacts": [{"customer_key": p} for p in people],
        "orders": orders,
        "subscriptions": subscriptions,
    }


def _is_small(persons: int) -> bool:
    return 0 < persons < K


@pytest.mark.parametrize("seed", [1, 7, 16, 25, 26, 31, 33, 56])
def test_nothing_shown_tells_about_few(hiding: Project, seed: int) -> None:
    rows = _crm(seed)
    tables = hiding.run(
        rows, AS_OF, "kpi_customer_segments_monthly", "kpi_cohorts_monthly",
        "kpi_revenue_retention_monthly",
    )  # fmt: skip
    assert not _segment_leaks(rows, tables["kpi_customer_segments_monthly"])
    assert not _cohort_leaks(rows, tables["kpi_cohorts_monthly"])
    assert not _retention_leaks(rows, tables["kpi_revenue_retention_monthly"])


def test_the_attacker_finds_what_is_not_hidden(project: Project) -> None:
    # The same attack on figures of which nothing is hidden: it must not come back empty.
    rows = _crm(7)
    tables = project.run(
        rows, AS_OF, "kpi_customer_segments_monthly", "kpi_cohorts_monthly",
        "kpi_revenue_retention_monthly",
    )  # fmt: skip
    found = {
        leak.split()[0] for leak in _segment_leaks(rows, tables["kpi_customer_segments_monthly"])
    }
    assert {"cell", "difference", "orders_365_days", "margin_365_days", "whole"} <= found
    cohorts = _cohort_leaks(rows, tables["kpi_cohorts_monthly"])
    assert {leak.split(" 20")[0] for leak in cohorts} >= {
        f"{figure} {is_known}" for figure in ("amount", "margin") for is_known in (True, False)
    }
    retention = _retention_leaks(rows, tables["kpi_revenue_retention_monthly"])
    assert any("unpriced" in leak for leak in retention)
    assert any(leak.startswith("between") and "USD" in leak for leak in retention)


def test_enough_is_shown(hiding: Project) -> None:
    # Hiding everything would pass the attack.
    tables = hiding.run(
        _crm(56), AS_OF, "kpi_customer_segments_monthly", "kpi_cohorts_monthly",
        "kpi_revenue_retention_monthly",
    )  # fmt: skip
    for table in tables.values():
        assert [row for row in table if not row["is_suppressed"]]


def _segment_leaks(rows: Rows, shown: list[dict[str, Any]]) -> list[str]:
    members = segments.members(rows, AS_OF)
    cells = {
        (row["period_start"], row["segment_kind"], row["segment"]): row["is_suppressed"]
        for row in shown
        if row["segment_kind"] != "clv_band"
    }
    open_cells = [cell for cell, is_hidden in cells.items() if not is_hidden]
    leaks = [f"cell {cell}" for cell in open_cells if _is_small(len(members[cell]))]
    leaks += _contribution_leaks(rows, shown) + _whole_leaks(members, cells)
    for one, other in combinations(open_cells, 2):
        if end_of("month", min(one[0], other[0])) < max(one[0], other[0]):
            continue
        small, big = sorted((members[one], members[other]), key=len)
        if small <= big and _is_small(len(big - small)):
            leaks.append(f"difference {one} {other}")
    hidden: dict[tuple[date, str], list[set[str]]] = defaultdict(list)
    for cell, is_hidden in cells.items():
        if is_hidden:
            hidden[cell[:2]].append(members[cell])
    for key, sets in hidden.items():
        if len(sets) == 1 or _is_small(len(set().union(*sets))):
            whole = [cell for cell in cells if cell[:2] == key]
            if len(sets) < len(whole):
                leaks.append(f"rest {key}")
    return leaks


def _contribution_leaks(rows: Rows, shown: list[dict[str, Any]]) -> list[str]:
    """Orders about few of a segment, or hidden ones that another kind of segments leaves."""
    return [
        leak
        for figure in ("orders_365_days", "margin_365_days")
        for leak in _figure_leaks(figure, segments.contributors(rows, AS_OF, figure), shown)
    ]


def _figure_leaks(
    figure: str, people: dict[segments.Cell, set[str]], shown: list[dict[str, Any]]
) -> list[str]:
    leaks, hidden, told = [], defaultdict[tuple[date, str], set[str]](set), set()
    for row in shown:
        if row["segment_kind"] == "clv_band":
            continue
        key = (row["period_start"], row["segment_kind"], row["segment"])
        if row[figure] is None:
            hidden[key[:2]] |= people[key]
            continue
        if people[key]:
            told.add(key[0])
        if _is_small(len(people[key])) or _is_small(row["customers"] - len(people[key])):
            leaks.append(f"{figure} {key}")
    return leaks + [
        f"{figure} left {key}"
        for key, some in hidden.items()
        if key[0] in told and _is_small(len(some))
    ]


def _whole_leaks(
    members: dict[segments.Cell, set[str]], cells: dict[segments.Cell, bool]
) -> list[str]:
    """Months, any two, whose segments add up to wholes that differ by few."""
    whole: dict[date, set[str]] = defaultdict(set)
    told = dict[date, bool]()
    for cell in cells:
        whole[cell[0]] |= members[cell]
    for month in whole:
        kinds = {kind for start, kind, _ in cells if start == month}
        told[month] = any(
            not any(hidden for cell, hidden in cells.items() if cell[:2] == (month, kind))
            for kind in kinds
        )
    return [
        f"whole of {one} and {other}"
        for one, other in combinations(sorted(whole), 2)
        if told[one] and told[other] and _is_small(len(whole[one] ^ whole[other]))
    ]


def _cohort_leaks(rows: Rows, shown: list[dict[str, Any]]) -> list[str]:
    buyers = segments.cohort_orders(rows, AS_OF)
    leaks = []
    for row in shown:
        if row["is_suppressed"]:
            continue
        cohort = {
            buyer
            for buyer, months in buyers.items()
            if buyer[1] and min(months) == row["cohort_start"]
        }
        active = {b for b in cohort if row["period_start"] in buyers[b]}
        parts = {"cohort": cohort, "active": active, "not active": cohort - active}
        for figure in ("amount", "margin"):
            for is_known in (True, False):
                parts[f"{figure} {is_known}"] = {
                    b for b in active
                    if any((o[figure] is not None) == is_known for o in buyers[b][row["period_start"]])
                }  # fmt: skip
        leaks += [
            f"{name} {row['cohort_start']} {row['period_start']}"
            for name, part in parts.items()
            if _is_small(len(part))
        ]
    return leaks


def _running(rows: Rows, at: datetime, currency: str | None = None) -> dict[str, list[Decimal]]:
    """Per person the amounts that run: by default those with a rate, which are in the sums."""
    found: dict[str, list[Decimal]] = defaultdict(list)
    for s in rows["subscriptions"]:
        is_running = s["started_at"] <= at and (s["ended_at"] is None or s["ended_at"] > at)
        if is_running and s["currency"] == currency:
            found[s["customer_key"]].append(s["amount_per_month"])
    return {person: sorted(amounts) for person, amounts in found.items()}


def _retention_leaks(rows: Rows, shown: list[dict[str, Any]]) -> list[str]:
    months = [row["period_start"] for row in shown if not row["is_suppressed"]]
    leaks = []
    for month in months:
        was = _running(rows, midnight(month))
        now = _running(rows, midnight(end_of("month", month)))
        parts: dict[str, int] = defaultdict(int)
        for person in was.keys() | now.keys():
            before, after = sum(was.get(person, ())), sum(now.get(person, ()))
            kind = (
                "new"
                if not before
                else "churned"
                if not after
                else (before < after) - (before > after)
            )
            parts[str(kind)] += 1
        unpriced = [
            set(_running(rows, midnight(at), "USD")) for at in (month, end_of("month", month))
        ]
        parts["unpriced"] = len(set.union(*unpriced))
        leaks += [f"{month} {kind}" for kind, count in parts.items() if _is_small(count)]
    for one, other in combinations(months, 2):
        for currency in (None, "USD"):
            first, later = (
                _running(rows, midnight(end_of("month", one)), currency),
                _running(rows, midnight(other), currency),
            )
            changed = {p for p in first.keys() | later.keys() if first.get(p) != later.get(p)}
            if _is_small(len(changed)):
                leaks.append(f"between {one} and {other} {currency}")
    return leaks
