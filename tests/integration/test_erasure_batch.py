"""Many persons with traps erased in one backfill, on the sample, by its truth and an own checker."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pipelines.fulfilment import fulfil_requests
from pipelines.jobs import run_erasures
from pipelines.rights import holds
from pipelines.rights.certificates import certificate_name, verify_certificates
from pipelines.rights.requests import NewRequest, advance, load_request, open_request
from pipelines.vault import audit, schema
from tests.support.demo import AS_OF, Demo, new_home
from tests.support.stores import duckdb_relations, stores_of
from tests.support.traces import Wanted, others, traces, wanted_of

LEAST_CUT = 0.95
"""Share of the mentions in others' texts that have to be gone."""


def chosen(demo: Demo, count: int) -> list[tuple[int, tuple[str, ...]]]:
    """Persons with most traps first: subject_id, and the values that only they bear."""
    values: dict[str, set[str]] = {}
    bearers: Counter[str] = Counter()
    for row in demo.truth("identifiers"):
        if row["kind"] in ("email", "phone") and row["origin"] == "column":
            values.setdefault(row["person_id"], set()).add(row["value"].lower())
            bearers[row["value"].lower()] += 1
    records = Counter(r["person_id"] for r in demo.truth("persons") if r["entity"] == "contacts")
    found: dict[int, tuple[str, ...]] = {}
    with demo.deploy() as deployment, deployment.vault.read() as conn:
        i, s = schema.identifiers, schema.subjects
        for person in sorted(values, key=lambda p: (-records[p], p)):
            own = tuple(v for v in sorted(values[person]) if "@" in v and bearers[v] == 1)
            blinds = [deployment.vault.index.of("email", v) for v in own]
            query = (
                sa.select(sa.func.coalesce(s.c.merged_into, s.c.subject_id))
                .join(i, i.c.subject_id == s.c.subject_id)
                .where(i.c.blind.in_(blinds), i.c.kind == "email", s.c.kind == "contact")
            )
            subjects = set(conn.scalars(query))
            if len(subjects) == 1:
                found.setdefault(subjects.pop(), own)
            if len(found) == count:
                break
    return sorted(found.items())


def closed_figures(demo: Demo) -> dict[str, list[Any]]:
    """The sealed aggregates of closed periods."""
    path, key = stores_of(demo.home)[0]
    return {
        table: sorted(map(repr, rows))
        for table, _, rows in duckdb_relations(path, key, demo.home.spill)
        if table.startswith("sealed.")
    }


def erase_batch(demo: Demo, persons: list[tuple[int, tuple[str, ...]]]) -> list[Wanted]:
    """Open, verify and fulfil a request for each, the first of them under a legal hold."""
    with demo.deploy() as deployment:
        vault, numbers = deployment.vault, []
        wanted = [wanted_of(demo.home, i, values) for i, values in persons]
        with vault.begin() as conn:
            holds.hold_person(conn, vault, persons[0][0], "2026/1")
            for subject_id, _ in persons:
                new = NewRequest("erasure", subject_id, AS_OF.date())
                request = open_request(conn, vault, new)
                numbers.append(advance(conn, vault, request, "verify").number)
        fulfil_requests(deployment, numbers)
    assert run_erasures(demo.settings, as_of=AS_OF).erased_persons == len(persons)
    with demo.deploy() as deployment, deployment.vault.read() as conn:
        states = {load_request(conn, n).state for n in numbers}
        assert states <= {"fulfilled", "partly_fulfilled"}
        assert audit.verify(conn, deployment.vault).is_intact
    return wanted


def check_batch(demo: Demo, count: int) -> None:
    persons = chosen(demo, count)
    assert len(persons) == count
    before = traces(demo.home, [wanted_of(demo.home, i, v) for i, v in persons])
    left = others(demo.home, [wanted_of(demo.home, i, v) for i, v in persons])
    figures = closed_figures(demo)
    wanted = erase_batch(demo, persons)
    found = traces(demo.home, wanted)
    mentions = {place: n for place, n in found.items() if place.startswith("sealed:")}
    assert {p: n for p, n in found.items() if p not in mentions} == {}
    assert sum(mentions.values()) <= (1 - LEAST_CUT) * sum(
        n for place, n in before.items() if place.startswith("sealed:")
    )
    after = others(demo.home, wanted)
    for table, rows in left.items():
        assert rows - after[table] == {}, table
    assert closed_figures(demo) == figures
    assert verify_certificates(demo.home.reports) == 1
    certificate = json.loads((demo.home.reports / certificate_name(1)).read_bytes())
    assert certificate["derived_relations_without_them"] > 20
    demo.deliver()
    demo.reread()
    demo.run()
    again = traces(demo.home, wanted)
    assert {p: n for p, n in again.items() if not p.startswith("sealed:")} == {}


def test_ten_persons_with_traps_are_erased_and_stay_so(own_demo: Demo) -> None:
    check_batch(own_demo, 10)


@pytest.mark.soak
def test_fifty_persons_at_scale_ten_are_erased_and_stay_so(tmp_path: Path) -> None:
    demo = new_home(tmp_path, scale=10)
    demo.deliver()
    demo.run()
    check_batch(demo, 50)
