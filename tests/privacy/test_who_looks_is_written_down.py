"""Line 6: every unsealing is in the audit chain, and the chain shows any tampering."""

from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy as sa

from pipelines.erasures import erase_persons
from pipelines.runs import Deployment
from pipelines.vault import audit, quarantine, schema
from pipelines.vault.suppression import missing_suppressions
from tests.support.demo import Demo


def entries(demo: Demo) -> list[tuple[str, str, str | None, str | None, int]]:
    e = schema.audit_entries.c
    with demo.deploy() as deployment, deployment.vault.read() as vault:
        rows = vault.execute(
            sa.select(e.action, e.actor, e.purpose, e.request, e.subject_count).order_by(e.sequence)
        )
        return [tuple(row) for row in rows]  # type: ignore[misc]


def actions(demo: Demo) -> list[tuple[str, str | None]]:
    return [(action, request) for action, _, _, request, _ in entries(demo)]


def is_intact(deployment: Deployment) -> bool:
    with deployment.vault.read() as vault:
        return audit.verify(vault, deployment.vault).is_intact


def test_reading_the_quarantine_is_one_entry(own_demo: Demo) -> None:
    with own_demo.deploy() as deployment, deployment.vault.begin() as vault:
        ids = list(vault.scalars(sa.select(schema.quarantine_rows.c.quarantine_id)))
        rows = list(
            quarantine.release(
                vault, deployment.vault, ids, actor="steward", purpose="accountability"
            )
        )
    assert len(rows) == len(ids) > 0
    assert entries(own_demo)[-1] == (
        "quarantine_released",
        "steward",
        "accountability",
        None,
        len(ids),
    )


def test_erasure_is_written_down_with_its_request(own_demo: Demo) -> None:
    with own_demo.deploy() as deployment:
        with deployment.vault.read() as vault:
            subject = vault.scalar(
                sa.select(schema.subjects.c.subject_id)
                .where(schema.subjects.c.kind == "contact")
                .limit(1)
            )
        erase_persons(deployment, [subject], request="R-3")
    assert ("erasure_started", "R-3") in actions(own_demo)
    assert ("erasure_completed", "R-3") not in actions(own_demo)  # derived tables know them still
    own_demo.run()
    certified = ("erasure_certified", None)  # of all that a run completed
    assert actions(own_demo)[-2:] == [("erasure_completed", "R-3"), certified]


@pytest.mark.parametrize(
    "tampering",
    [
        "update audit_entries set actor = 'nobody' where sequence = 2",
        "delete from audit_entries where sequence = 2",
        "delete from audit_entries where sequence = (select max(sequence) from audit_entries)",
    ],
)
def test_tampering_with_the_chain_is_seen(own_demo: Demo, tampering: str) -> None:
    with own_demo.deploy() as deployment:
        with deployment.vault.read() as vault:
            subject = vault.scalar(
                sa.select(schema.subjects.c.subject_id)
                .where(schema.subjects.c.kind == "contact")
                .limit(1)
            )
        erase_persons(deployment, [subject], request="R-4")
        assert is_intact(deployment)
    connection = sqlite3.connect(own_demo.home.vault)
    connection.execute(tampering)
    connection.commit()
    connection.close()
    with own_demo.deploy() as deployment:
        assert not is_intact(deployment)


def test_deleting_suppressions_is_seen(own_demo: Demo) -> None:
    with own_demo.deploy() as deployment:
        with deployment.vault.read() as vault:
            subject = vault.scalar(
                sa.select(schema.subjects.c.subject_id)
                .where(schema.subjects.c.kind == "contact")
                .limit(1)
            )
        erase_persons(deployment, [subject], request="R-5")
        with deployment.vault.read() as vault:
            assert missing_suppressions(vault, deployment.vault) == 0
        with deployment.vault.begin() as vault:
            vault.execute(sa.delete(schema.suppressions))
        with deployment.vault.read() as vault:
            assert missing_suppressions(vault, deployment.vault) > 0
