"""Undoing a merge: whatever withholds and was entered for both meanwhile goes along with both."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from pipelines.common.clock import now
from pipelines.finding import Asked, the_person
from pipelines.identity.merge import merge_subjects
from pipelines.rights.consent import Word, enter, standing, withdraw
from pipelines.rights.holds import hold_person, holds_on
from pipelines.runs import Deployment
from pipelines.unmerging import Unmerged, unmerge_person
from pipelines.vault import schema
from tests.backups.conftest import Kept, kept, landed_once

__all__ = ["kept", "landed_once"]

JAN, EVA = "jan.smit@voorbeeld.example", "eva.bakker@voorbeeld.example"
BEFORE = datetime(2026, 1, 1, tzinfo=UTC)


def persons(deployment: Deployment) -> tuple[int, int]:
    jan, eva = (Kept.subjects_with(deployment.vault, email)[0] for email in (JAN, EVA))
    return jan, eva


def give(deployment: Deployment, *words: tuple[int, str, str]) -> None:
    with deployment.vault.begin() as conn:
        said = [Word(i, purpose, "", status, BEFORE, "steward") for i, purpose, status in words]
        enter(conn, deployment.vault, said)


def merge(deployment: Deployment) -> None:
    with deployment.vault.begin() as conn:
        jan, eva = persons(deployment)
        merge_subjects(conn, deployment.vault, jan, eva, actor="test", despite_names=True)


def unmerge(deployment: Deployment) -> Unmerged:
    with deployment.vault.begin() as conn:
        return unmerge_person(conn, deployment.vault, persons(deployment)[1], actor="test")


def long_ago(deployment: Deployment) -> None:
    """Let all that was entered until now be older than the second in which a merge is made."""
    with deployment.vault.begin() as conn:
        conn.execute(sa.update(schema.consents).values(recorded_at=BEFORE))
        conn.execute(sa.update(schema.holds).values(placed_at=BEFORE))


def status(deployment: Deployment, subject_id: int, purpose: str = "marketing") -> str | None:
    with deployment.vault.read() as conn:
        found = standing(conn, [subject_id], purpose, "", now())
    return found[subject_id].status if subject_id in found else None


def held(deployment: Deployment, subject_id: int) -> list[str]:
    with deployment.vault.read() as conn:
        return [h.reference for h in holds_on(conn, now().date(), subject_ids=[subject_id])]


def test_objections_and_holds_of_the_time_of_the_merge_stand_for_both(kept: Kept) -> None:
    with kept.open() as deployment:
        vault, (jan, eva) = deployment.vault, persons(deployment)
        give(deployment, (eva, "marketing", "given"), (jan, "tracking", "withdrawn"))
        with vault.begin() as conn:
            hold_person(conn, vault, jan, "2026/1")
        long_ago(deployment)
        merge(deployment)
        give(deployment, (jan, "profiling", "given"))
        with vault.begin() as conn:
            withdraw(conn, vault, eva, ["marketing"], is_objection=True)
            both = the_person(conn, vault, Asked(email=EVA), [])
            hold_person(conn, vault, both.subject_id, "2026/2")
        done = unmerge(deployment)
        assert (done.words, done.holds) == (1, 1)
        assert (status(deployment, eva), status(deployment, jan)) == ("objected", "objected")
        assert status(deployment, eva, "tracking") is None, "said before it was merged"
        assert status(deployment, eva, "profiling") is None, "agreeing is for the survivor alone"
        assert held(deployment, eva) == ["2026/2"]
        assert held(deployment, jan) == ["2026/1", "2026/2"]
        long_ago(deployment)
        merge(deployment)
        again = unmerge(deployment)
        assert (again.words, again.holds) == (0, 0)


def test_what_went_along_outlives_a_backup_that_was_made_while_they_were_merged(
    kept: Kept,
) -> None:
    with kept.open() as deployment:
        _, eva = persons(deployment)
        give(deployment, (eva, "marketing", "given"))
        merge(deployment)
    backup = kept.backup()
    with kept.open() as deployment:
        with deployment.vault.begin() as conn:
            withdraw(conn, deployment.vault, eva, ["marketing"], is_objection=True)
            hold_person(conn, deployment.vault, persons(deployment)[0], "2026/2")
        unmerge(deployment)
    kept.restore(backup)
    with kept.open() as deployment:
        assert status(deployment, eva) == "objected"
        assert held(deployment, eva) == ["2026/2"]


def test_drafts_of_both_are_dropped(kept: Kept) -> None:
    p = schema.packages
    with kept.open() as deployment:
        jan, _ = persons(deployment)
        merge(deployment)
        with deployment.vault.begin() as conn:
            conn.execute(
                sa.insert(p).values(
                    package_id=1, request="R-2026-0001", subject_id=jan, kind="access",
                    language="nl", key_id=1, sealed=b"both", state="draft", created_at=now(),
                    expires_at=now(),
                )
            )  # fmt: skip
        assert unmerge(deployment).drafts == 1
        with deployment.vault.read() as conn:
            (row,) = conn.execute(sa.select(p.c.state, p.c.sealed))
        assert (row.state, row.sealed) == ("withdrawn", None)
