"""An attacker on models of lifetime value and on bands of it: nothing is told about fewer than ten.

Who is counted comes from the source rows: who had bought by the start of a month, who twice, who
half a year before, and who of these came back. Every count of every month shown is taken from
every other one that holds it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import polars as pl
import pytest

from pipelines.analytics.clv import MODEL_SCHEMA, fit_models
from tests.oracle import clv, segments
from tests.oracle.attacker import Told, attack
from tests.oracle.project import Project, Rows, compiled
from tests.oracle.rules import Row, end_of, local_day, start_of
from tests.oracle.segments import Cell

K = 10
AS_OF = datetime(2026, 10, 20, 9, tzinfo=UTC)
CUSTOMERS = (130, 900, 1800)
RECORDED_UNTIL = (datetime(2030, 1, 1, tzinfo=UTC), datetime(2025, 10, 1, tzinfo=UTC))
"""Until when most margins are known."""
MONTHS = [datetime(2026, month, 3, 9, tzinfo=UTC) for month in range(1, 11)]


def shop(seed: int) -> Rows:
    """Customers of two years who come in waves, so that some months bring few or nobody new."""
    dice = Random(seed)
    orders = []
    for number in range(CUSTOMERS[seed % 3]):
        first = datetime(2024, 9, 1, tzinfo=UTC) + timedelta(days=dice.randrange(760))
        for place in range(dice.choice((1, 1, 2, 3, 6))):
            at = first + timedelta(days=place * dice.choice((0, 9, 40, 120)))
            orders.append(
                {"record_key": f"o{number}-{place}", "customer_key": f"p{number}", "ordered_at": at,
                 "amount": Decimal(9), "currency": None, "status": None,
                 "margin": Decimal(dice.randrange(1, 9))
                 if dice.random() < (0.7 if at < RECORDED_UNTIL[seed % 2] else 0.03) else None}
            )  # fmt: skip
    keys = sorted({str(order["customer_key"]) for order in orders})
    return {
        "subjects": [{"subject_key": key, "kind": "contact"} for key in keys],
        "contacts": [{"customer_key": key} for key in keys],
        "orders": orders,
    }


def models(rows: Rows, few: int) -> list[Row]:
    """The models of the months, each fitted in its own, knowing those before it."""
    known = pl.DataFrame(schema=MODEL_SCHEMA)
    for as_of in MONTHS:
        told = clv.histories(rows, as_of)
        frame = pl.DataFrame(
            [{"snapshot": name, "customer_key": who, **row} for (name, who), row in told.items()],
            infer_schema_length=None,
        )
        known = pl.concat([known, fit_models(frame, known, few)])
    return known.rows(named=True)


def told_of_models(rows: Rows, shown: Sequence[Row]) -> Iterator[Told]:
    bought = clv.purchases(rows, MONTHS[-1])
    for model in shown:
        end: date = model["fitted_on"]
        held = end - timedelta(days=182)
        sets = defaultdict[str, set[str]](set)
        for person, days in bought.items():
            before = [day for day in days if day < end]
            early = [day for day in before if day < held]
            if before:
                sets["customers"].add(person)
            if len(before) > 1:
                sets["repeat_customers"].add(person)
            if early and model["holdout_customers"] is not None:
                sets["holdout_customers"].add(person)
                if len(early) < len(before):
                    sets["holdout_buyers"].add(person)
                margins = [m for day in before if day >= held for m in days[day]]
                if model["actual_margin"] is not None and any(margins):
                    sets["holdout_margin"].add(person)
        for name, persons in sets.items():
            parts = frozenset((person,) for person in persons)
            assert name == "holdout_margin" or model[name] == len(persons)
            figure = "margin" if name == "holdout_margin" else "customers"
            yield Told(figure, {"month": end, "figure": name}, parts)


def _attacked(seed: int, few: int) -> tuple[list[str], int]:
    """What is given away, and how many months show a model."""
    rows = shop(seed)
    shown = [model for model in models(rows, few) if not model["is_suppressed"]]
    return attack(told_of_models(rows, shown), K), len(shown)


@pytest.mark.parametrize("seed", [1, 2, 5])
def test_models_tell_about_nobody(seed: int) -> None:
    found, shown = _attacked(seed, K)
    assert not found
    assert shown


def test_attacker_finds_models_where_nothing_is_hidden() -> None:
    found, _ = _attacked(5, 1)
    assert {line.split(":")[0] for line in found} == {"customers", "margin"}
    assert any("holdout_customers less" in line and "figure customers" in line for line in found)


@pytest.fixture(scope="module")
def hiding(tmp_path_factory: pytest.TempPathFactory) -> Project:
    base = tmp_path_factory.getbasetemp()
    return compiled(
        base.parent if base.name.startswith("popen-") else base, small_cell_k=K
    )  # fmt: skip


def banded(rows: Rows, as_of: datetime, model: Row) -> dict[Cell, set[str]]:
    """Who is in each band of value: of this month as of now, of the one before as of its end."""
    now = start_of("month", local_day(as_of))
    found: dict[Cell, set[str]] = defaultdict(set)
    for month, at in ((now, "now"), (start_of("month", now - timedelta(days=1)), "month")):
        worth = {who: row["clv"] for (who,), row in clv.values(rows, as_of, model, at).items()}
        ranked = sorted(worth.values())
        for person, value in worth.items():
            band = 1 + 5 * bisect_left(ranked, value) // len(ranked)
            found[month, "clv_band", f"band_{band}"].add(person)
    return found


def told_of_segments(rows: Rows, tables: Rows, as_of: datetime) -> Iterator[Told]:
    """Customers, and whose orders and value there are, of the months that have bands."""
    (model,) = tables["sealed_customer_clv_models"]
    bands = banded(rows, as_of, model)
    bought = clv.purchases(rows, as_of)
    members = segments.members(rows, as_of) | bands
    months = {month for month, _, _ in bands}
    for row in tables["kpi_customer_segments_monthly"]:
        cell = (row["period_start"], row["segment_kind"], row["segment"])
        if cell[0] not in months:
            continue
        where = dict(zip(("month", "kind", "segment"), cell, strict=True))
        until = min(end_of("month", cell[0]), local_day(as_of) + timedelta(days=1))
        year = [until - timedelta(days=365), until]
        lately = {p for p in members[cell] if any(year[0] <= d < year[1] for d in bought[p])}
        if row["customers"] is not None:
            assert row["customers"] == len(members[cell])
            yield Told("customers", where, frozenset((p,) for p in members[cell]))
        # What persons bought in a year differs by month: a figure of its own for each.
        if row["orders_365_days"] is not None:
            yield Told(f"orders {cell[0]}", where, frozenset((p,) for p in lately))
        if row["clv"] is not None:
            yield Told(f"value {cell[0]}", where, frozenset((p,) for p in members[cell]))


def _of_segments(project: Project, seed: int) -> list[Told]:
    rows = shop(seed)
    return list(
        told_of_segments(
            rows,
            project.run(rows, AS_OF, "kpi_customer_segments_monthly", "sealed_customer_clv_models"),
            AS_OF,
        )
    )


@pytest.mark.parametrize("seed", [0, 6, 12])
def test_bands_and_segments_tell_about_nobody(hiding: Project, seed: int) -> None:
    told = _of_segments(hiding, seed)
    assert not attack(told, K)
    assert any(one.where["kind"] == "clv_band" for one in told)


def test_attacker_finds_bands_where_nothing_is_hidden(project: Project) -> None:
    found = attack(_of_segments(project, 0), K)
    assert any("clv_band" in line and " less " in line for line in found)
    assert any("clv_band" not in line and " less " not in line for line in found)
