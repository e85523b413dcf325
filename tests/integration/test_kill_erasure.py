"""SIGKILL at points spread over an erasure, then run again: as if it had never been killed.

All of them in ``make soak``; points within one process are in ``tests/rights/test_erasure.py``. Three persons with requests are erased in one run; the
homes are compared row for row, sealed records opened, and no trace may be left.
"""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from pipelines.fulfilment import fulfil_requests
from pipelines.rights import holds
from pipelines.rights.certificates import verify_against_chain
from pipelines.rights.requests import NewRequest, advance, list_requests, open_request
from pipelines.vault import audit
from tests.integration.test_erasure_batch import chosen, wanted_by, without_mentions
from tests.integration.test_kill import drive
from tests.support.compare import differences_of_marts
from tests.support.demo import AS_OF, Demo, new_home, shared
from tests.support.traces import Wanted, traces

PERSONS = 3
STEPS = "pipelines.rights.erasure."
POINTS = [
    ("after:pipelines.vault.data_keys.DataKeys.destroy", 1),
    ("after:pipelines.warehouse.replacement.os.replace", 1),
    (f"before:{STEPS}_keep", 1),
    (f"after:{STEPS}_keep", 1),
    ("before:pipelines.vault.ledger.append_private", 1),
    ("after:pipelines.vault.ledger.append_private", 1),
    (f"after:{STEPS}_write_intent", 1),
    ("before:pipelines.vault.data_keys.DataKeys.destroy", 1),
    (f"after:{STEPS}delete_rows", 2),
    (f"after:{STEPS}_take_out", 1),
    ("before:pipelines.rights.erasure_rows.replace_mentions", 1),
    (f"after:{STEPS}cut_texts", 1),
    ("after:pipelines.warehouse.erasure._erase_relation", 9),
    ("after:pipelines.erasures.erase_facts", 1),
    ("before:pipelines.warehouse.dbt.build", 1),
    ("after:dbt.adapters.sql.connections.SQLConnectionManager.add_query", 60),
    ("before:pipelines.warehouse.publication.publish", 1),
    ("after:pipelines.warehouse.replacement.os.replace", 2),
    ("before:pipelines.erasures.compact_warehouse", 1),
    ("before:pipelines.erasures.complete_erasures", 1),
    ("after:pipelines.vault.ledger.append_private", 2),
    ("before:pipelines.erasure_requests.write_certificate", 1),
    ("after:pipelines.erasure_requests.write_certificate", 1),
    ("before:pipelines.erasure_requests.forget_proofs", 1),
]


@pytest.fixture(scope="module")
def queued(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A home that has run, with three persons queued, one of them held in part."""

    def make(folder: Path) -> None:
        demo = new_home(folder, scale=0.04)
        demo.deliver()
        demo.run()
        with demo.deploy() as deployment:
            numbers = []
            with deployment.vault.begin() as conn:
                for person in chosen(demo, PERSONS):
                    new = NewRequest("erasure", person.subject_id, AS_OF.date())
                    request = open_request(conn, deployment.vault, new)
                    numbers.append(advance(conn, deployment.vault, request, "verify").number)
                holds.hold_person(conn, deployment.vault, request.subject_id, "2026/7")
            fulfil_requests(deployment, numbers)

    return shared(tmp_path_factory.getbasetemp(), "queued", make)


@pytest.fixture(scope="module")
def wanted(queued: Demo) -> list[Wanted]:
    return wanted_by(queued, chosen(queued, PERSONS))


@pytest.fixture(scope="module")
def erased(queued: Demo, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The same home after an erasure that nothing disturbed."""

    def make(folder: Path) -> None:
        assert drive(queued.copy(folder)) == 0

    return shared(tmp_path_factory.getbasetemp(), "erased", make)


def kill_and_compare(
    queued: Demo, erased: Demo, wanted: list[Wanted], folder: Path, point: str, call: int
) -> None:
    killed = queued.copy(folder)
    assert drive(killed, point, call) == -signal.SIGKILL, "the point was never reached"
    assert drive(killed) == 0
    found = differences_of_marts(erased.home, killed.home)
    # Whoever was killed after the completion is built again, and the desk counts what is complete.
    desk = {t for t in found if t.endswith(".kpi_privacy_desk") and "erasure_requests" in point}
    assert {t: n for t, n in found.items() if t not in desk} == {}
    assert without_mentions(traces(killed.home, wanted)) == {}
    with killed.deploy() as deployment, deployment.vault.read() as conn:
        assert audit.verify(conn, deployment.vault).is_intact
        assert verify_against_chain(conn, deployment.vault, killed.home.reports).erasures == 1
        requests = list_requests(conn, None)
        kinds = [e.kind for e in deployment.vault.ledger.entries()]
    assert len(requests) == PERSONS
    assert {r.state for r in requests} <= {"fulfilled", "partly_fulfilled"}
    assert "completed" in kinds
    letters = {p.parent.name for p in killed.home.outbox.glob("R-*/fulfilled.*.html")}
    assert letters == {r.number for r in requests}


@pytest.mark.soak
@pytest.mark.parametrize(("point", "call"), POINTS)
def test_erasure_that_was_killed_anywhere_ends_as_if_it_had_not(
    queued: Demo, erased: Demo, wanted: list[Wanted], tmp_path: Path, point: str, call: int
) -> None:
    kill_and_compare(queued, erased, wanted, tmp_path, point, call)
