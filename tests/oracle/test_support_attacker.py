"""Nothing that support publishes tells about few: the attacker on days, topics, months and years."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from tests.oracle.attacker import attack
from tests.oracle.project import Project, Rows, compiled
from tests.oracle.rules import midnight
from tests.oracle.support import tickets
from tests.oracle.support_parts import KEYS, acting, told

K = 3
AS_OF = datetime(2026, 4, 12, 9, 30, tzinfo=UTC)
_DAYS = tuple(
    datetime(year, month, day, 10, tzinfo=UTC)
    for year, month in ((2025, 11), (2025, 12), (2026, 1), (2026, 2), (2026, 3))
    for day in (3, 4, 17)
)
_PERSONS = tuple(f"person{number}" for number in range(9))
_AGENTS = ("agent0", "agent1", "agent2")
_STORIES: tuple[tuple[str, ...], ...] = (
    (), ("public_reply",), ("public_reply", "solved"), ("public_reply", "solved"),
    ("public_reply", "solved", "reopened", "public_reply", "solved"),
    ("escalated", "public_reply", "public_reply", "solved"), ("solved", "public_reply"),
)  # fmt: skip


_ALL = {
    "sla_policies": ("priority", "calendar", "valid_to"),
    "tickets": (
        "user_key", "priority", "channel", "first_response_at", "resolved_at", "closed_at",
    ),
    "ticket_events": ("user_key", "tier"),
    "surveys": ("customer_key", "satisfied"),
}  # fmt: skip


def crowd(seed: int) -> Rows:
    """Many tickets of few persons on few days, so that cells are about every small number."""
    chance = Random(seed)
    found: dict[str, list[dict[str, Any]]] = {
        "subjects": [
            {"subject_key": key, "kind": "contact", "subject_bucket": 1} for key in _PERSONS
        ]
        + [{"subject_key": "account0", "kind": "account", "subject_bucket": 1}]
        + [{"subject_key": agent, "kind": "user", "subject_bucket": 1} for agent in _AGENTS],
        "accounts": [{"account_key": "account0", "name": "Firma"}],
        "contacts": [{"customer_key": key} for key in _PERSONS],
        "sla_policies": [
            {"record_key": "p0", "source": "t", "sla_policy_id": "gold", "metric": "first_response", "target_minutes": 90,
             "valid_from": datetime(2020, 1, 1, tzinfo=UTC)}
        ],
        "tickets": [], "ticket_events": [], "surveys": [],
    }  # fmt: skip
    for number in range((5, 15, 40, 80)[seed % 4]):
        person, day, story = (chance.choice(some) for some in (_PERSONS, _DAYS, _STORIES))
        _add(found, f"t{number}", person, day, story, chance.randrange(1000))
    return {
        name: [dict.fromkeys(_ALL.get(name, ())) | row for row in rows]
        for name, rows in found.items()
    }


def _add(
    found: dict[str, list[dict[str, Any]]], key: str, person: str, day: datetime,
    story: Sequence[str], seed: int,
) -> None:  # fmt: skip
    found["tickets"].append(
        {"record_key": key, "customer_key": person if seed % 11 else None, "created_at": day,
         "status": "open", "user_key": (*_AGENTS, None)[seed // 7 % 4],
         "account_key": "account0" if seed % 7 == 0 else None,
         "topic": (None, "bill", "parcel")[seed % 3], "sla_policy": ("t/gold", None)[seed % 2]}
    )  # fmt: skip
    for step, kind in enumerate(("created", *story)):
        found["ticket_events"].append(
            {"record_key": f"{key}e{step}", "ticket_id": key, "event_type": kind,
             "actor_type": "agent", "occurred_at": day + timedelta(minutes=step * (40 + seed))}
        )  # fmt: skip
    if seed % 4 == 0:
        found["surveys"].append(
            {"record_key": f"s{key}", "ticket_id": key, "asked_at": day + timedelta(days=1),
             "answered_at": day + timedelta(days=2) if seed % 8 else None,
             "score": float(seed % 5 + 1) if seed % 8 else None}
        )  # fmt: skip


# Days and topics cut the same tickets differently: who takes one of each from a month does not know
# which tickets are in both (docs/decisions/0020).
PAIRS = tuple(("kpi_support_monthly", other) for other in KEYS if other != "kpi_support_monthly")


@pytest.fixture(scope="session")
def suppressing(tmp_path_factory: pytest.TempPathFactory) -> Project:
    base = tmp_path_factory.getbasetemp()
    return compiled(base.parent if base.name.startswith("popen-") else base, small_cell_k=K)


@pytest.mark.parametrize("seed", range(24))
def test_support_tables_tell_about_nobody(suppressing: Project, seed: int) -> None:
    rows = crowd(seed)
    tables = suppressing.run(rows, AS_OF, *KEYS)
    for pair in PAIRS:
        assert not attack(told(rows, {name: tables[name] for name in pair}, AS_OF), K)
    assert not _backlogs_about_few(rows, tables["kpi_support_daily"])


def test_attacker_finds_something_where_nothing_is_hidden(project: Project) -> None:
    rows = crowd(2)
    tables = project.run(rows, AS_OF, *KEYS)
    for pair in PAIRS:
        assert attack(told(rows, {name: tables[name] for name in pair}, AS_OF), K)
    assert _backlogs_about_few(rows, tables["kpi_support_daily"])


def _backlogs_about_few(rows: Rows, days: list[dict[str, Any]]) -> list[str]:
    """Days whose backlog, or its difference from the day before, is about 1 to k-1 persons."""
    cycles = [
        (acting(ticket), cycle)
        for ticket in tickets(rows, AS_OF)
        for cycle in ticket["cycles"]
        if cycle["reason"] is None
    ]
    found, before = [], None
    for shown in sorted(days, key=lambda row: row["day"]):
        if shown["backlog"] is None:
            before = None
            continue
        end = midnight(shown["day"] + timedelta(days=1))
        who = {
            person
            for person, cycle in cycles
            if cycle["opened"] < end and (cycle["ended"] is None or cycle["ended"] >= end)
        }
        if 0 < len(who) < K:
            found.append(f"{shown['day']}")
        if before is not None and 0 < len(who ^ before) < K:
            found.append(f"{shown['day']} less the day before")
        before = who
    return found
