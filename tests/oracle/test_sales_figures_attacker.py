"""No figure of a period or seller tells about few, nor what is left when it is taken from another."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from tests.oracle.attacker import Part, Told, attack
from tests.oracle.project import Project, Rows, compiled
from tests.oracle.sales_parts import CLOSED, CREATED, ENTERED, OPEN, told, told_of_pipeline

K = 3
AS_OF = datetime(2026, 4, 12, 9, 30, tzinfo=UTC)
TABLES = ("kpi_sales_monthly", "kpi_sales_rep_monthly")
PIPELINE = ("kpi_pipeline_snapshot", "kpi_pipeline_stages_monthly")
_PERSONS = tuple(f"person{number}" for number in range(9))

# Of these crowds they are always about few, or about nobody.
_NEVER = {
    "closed_before_start", "close_missing", "amount_missing", "rate_missing", "sound",
    "unpriced for other reasons", "revenue of quota",
}  # fmt: skip


def crowd(seed: int) -> Rows:
    """Many deals of few persons with holes in them, so that figures are about every small number."""
    chance = Random(seed)
    found = []
    for number in range((8, 20, 60, 120)[seed % 4]):
        created = datetime(2025, chance.choice((10, 11, 12)), chance.choice((3, 17)), tzinfo=UTC)
        created += timedelta(days=chance.choice((0, 0, 31, 62)))
        outcome = chance.choice(("won", "won", "lost", "open"))
        late = timedelta(days=chance.choice((-2, 9, 30, 30, 30)))
        found.append(
            {"record_key": f"d{number}", "customer_key": chance.choice(_PERSONS),
             "account_key": chance.choice((*("account0", "sole0"), *8 * (None,))),
             "user_key": chance.choice((*3 * ("seller0",), "seller1", "seller2", None)), "pipeline": "new", "stage": "first",
             "amount": chance.choice((None, *map(Decimal, (5, 7, 9, 11)))), "currency": "EUR",
             "probability": None, "created_at": created if chance.random() < 0.9 else None,
             "engaged_at": None, "expected_close_at": created + timedelta(days=40),
             "closed_at": None if outcome == "open" else created + late, "outcome": outcome}
        )  # fmt: skip
    kinds = {**dict.fromkeys(_PERSONS, "contact"), **dict.fromkeys(("account0", "sole0"), "account"),
             **dict.fromkeys(("seller0", "seller1", "seller2"), "user")}  # fmt: skip
    return {
        "subjects": [
            {"subject_key": key, "kind": kind, "subject_bucket": 1} for key, kind in kinds.items()
        ],
        "contacts": [{"customer_key": key} for key in _PERSONS],
        "accounts": [
            {"account_key": "account0", "name": "Firma", "size_class": "10-49"},
            {"account_key": "sole0", "size_class": "zzp"},
        ],
        "users": [{"user_key": key} for key, kind in kinds.items() if kind == "user"],
        "deals": found,
    }


@pytest.fixture(scope="session")
def suppressing(tmp_path_factory: pytest.TempPathFactory) -> Project:
    base = tmp_path_factory.getbasetemp()
    return compiled(base.parent if base.name.startswith("popen-") else base, small_cell_k=K)


def test_figures_of_sales_tell_about_nobody(suppressing: Project) -> None:
    figures: Counter[str] = Counter()
    for seed in range(8):
        rows = crowd(seed)
        tables = suppressing.run(rows, AS_OF, *TABLES)
        parts = told(rows, tables)
        assert not attack(parts, K), seed
        assert not _told_by_sellers(tables)
        figures.update(one.figure for one in parts if one.parts)
    # Hiding everything would pass: all but these are shown about somebody.
    assert {*CLOSED, *CREATED} - set(figures) <= _NEVER


def test_attacker_finds_figures_where_nothing_is_hidden(project: Project) -> None:
    rows = crowd(2)
    found = attack(told(rows, project.run(rows, AS_OF, *TABLES)), K)
    assert {"cohort won", "unpriced", "untimed of won", "start_missing", "lost worth"} <= {
        line.split(":")[0] for line in found
    }
    assert any("sales_rep" in line for line in found)


def staged(seed: int) -> Rows:
    """Such a crowd whose deals stand in three stages of a pipeline; some have a probability."""
    chance, rows = Random(seed), crowd(seed)
    kinds = [("first", 0.1, False), ("second", None, False), ("third", 0.5, True)]
    return rows | {
        "deals": [
            row | {"stage": chance.choice(("first", "first", "second", "third"))}
            for row in rows["deals"]
        ],
        "pipeline_stages": [
            {"pipeline": "new", "stage": stage, "position": place, "probability": probability,
             "is_closed": False, "is_qualified": is_qualified}
            for place, (stage, probability, is_qualified) in enumerate(kinds)
        ],
    }  # fmt: skip


def test_pipeline_tells_about_nobody(suppressing: Project) -> None:
    figures: Counter[str] = Counter()
    for seed in (1, 2, 3, 6, 7):
        rows = staged(seed)
        parts = told_of_pipeline(rows, suppressing.run(rows, AS_OF, *PIPELINE), AS_OF)
        assert not attack(parts, K), seed
        figures.update(one.figure for one in parts if one.parts)
    assert {*OPEN} <= set(figures)
    assert {"advanced", "stopped"} <= set(figures)


def test_attacker_finds_the_pipeline_where_nothing_is_hidden(project: Project) -> None:
    rows = staged(2)
    found = attack(told_of_pipeline(rows, project.run(rows, AS_OF, *PIPELINE), AS_OF), K)
    assert {*OPEN, *ENTERED} - {"open"} <= {line.split(":")[0] for line in found}


def test_two_snapshots_of_one_row_tell_about_nobody(suppressing: Project) -> None:
    dates = 0
    for seed in (1, 3, 7):
        rows = staged(seed)
        tables = suppressing.run(rows, AS_OF, "kpi_pipeline_snapshot")
        assert not _told_by_snapshots(rows, tables), seed
        shown = [row for row in tables["kpi_pipeline_snapshot"] if not row["is_suppressed"]]
        dates += len({row["snapshot_date"] for row in shown})
    assert dates > 5  # hiding everything would pass


def test_attacker_finds_snapshots_where_nothing_is_hidden(project: Project) -> None:
    rows = staged(7)
    found = _told_by_snapshots(rows, project.run(rows, AS_OF, "kpi_pipeline_snapshot"))
    assert any(line.startswith("pipeline") and " less " in line for line in found)
    assert any(line.startswith("stage") and " less " in line for line in found)


def _told_by_snapshots(rows: Rows, tables: Rows) -> list[str]:
    """What a row of the pipeline tells beside the same row of another day, a deal being the same.

    That of a whole pipeline is also what its stages add up to, where all of them are shown.
    """
    tables = tables | {"kpi_pipeline_stages_monthly": []}
    stages = Counter(
        (row["pipeline"], row["snapshot_date"])
        for row in tables["kpi_pipeline_snapshot"]
        if row["level"] == "stage"
    )
    by_row: dict[tuple[Any, ...], list[Told]] = defaultdict(list)
    by_pipeline: dict[tuple[Any, ...], list[frozenset[Part]]] = defaultdict(list)
    for one in told_of_pipeline(rows, tables, AS_OF):
        level, day, pipeline, stage = one.where.values()
        parts = frozenset(part[:2] for part in one.parts)
        by_row[level, pipeline, stage].append(Told(one.figure, {"day": day}, parts))
        if level == "stage":
            by_pipeline[pipeline, day, one.figure].append(parts)
    for (pipeline, day, figure), some in by_pipeline.items():
        if len(some) == stages[pipeline, day]:
            whole = Told(figure, {"day": day}, frozenset[Part]().union(*some))
            by_row["pipeline", pipeline, ""].append(whole)
    return [f"{row[0]} {line}" for row, some in by_row.items() for line in attack(some, K)]


def _told_by_sellers(tables: Rows) -> list[str]:
    """Figures that a period hides and one of its sellers shows."""
    hidden = {
        (row["period_grain"], row["period_start"]): set((row["suppressed_figures"] or "").split())
        for row in tables["kpi_sales_monthly"]
    }
    return [
        name
        for row in tables["kpi_sales_rep_monthly"]
        for name in hidden.get((row["period_grain"], row["period_start"]), ())
        if row[name] is not None
    ]
