"""Erasures that were asked for, while requests, merges and retention go on beside them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.common.clock import now
from pipelines.common.errors import StorageError, UsageError
from pipelines.erasure_requests import check_answered_first, queue_erasure, settle_erasures
from pipelines.erasures import complete_published, erase_queued
from pipelines.fulfilment import attend, fulfil_requests, is_due
from pipelines.identity.merge import merge_subjects
from pipelines.kept_persons import is_erased
from pipelines.rights.consent import withdraw
from pipelines.rights.erasure import RETENTION, queue_erasures, unfinished_erasures
from pipelines.rights.holds import hold_person
from pipelines.rights.keeping import list_kept
from pipelines.rights.others_told import tasks_of
from pipelines.rights.requests import NewRequest, Request, advance, load_request, open_request
from pipelines.rights.restriction import restrict_subject
from pipelines.runs import Deployment
from pipelines.without_basis import persons_without_basis
from tests.backups.conftest import EVA, HEADER, JAN, NOTES, Kept
from tests.support.context import WordDetector, land_files, opened_copy

KEES = "3,Kees Mol,kees.mol@voorbeeld.example,0655555555\n"
EMAILS = (
    "jan.smit@voorbeeld.example",
    "eva.bakker@voorbeeld.example",
    "kees.mol@voorbeeld.example",
)


@pytest.fixture(scope="module")
def landed_three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {"contacts.csv": HEADER + JAN + EVA + KEES, "interactions.csv": NOTES}
    return land_files(tmp_path_factory.mktemp("three"), files)


@pytest.fixture
def deployment(landed_three: Path, tmp_path: Path) -> Iterator[Deployment]:
    with opened_copy(landed_three, tmp_path) as opened:
        yield opened


@pytest.fixture
def persons(deployment: Deployment) -> list[int]:
    """Jan, Eva and Kees."""
    return [Kept.subjects_with(deployment.vault, email)[0] for email in EMAILS]


def asked(deployment: Deployment, subject_id: int, right: str = "erasure") -> Request:
    """A request that is verified and can be taken back no longer."""
    vault = deployment.vault
    with vault.begin() as conn:
        request = open_request(conn, vault, NewRequest(right, subject_id, now().date()))
        past = now() - timedelta(days=1) if right == "erasure" else None
        return advance(conn, vault, request, "verify", grace_until=past)


def step(deployment: Deployment, request: Request, action: Any) -> Request:
    with deployment.vault.begin() as conn:
        loaded = load_request(conn, request.number)
        return advance(conn, deployment.vault, loaded, action)


def queued(deployment: Deployment) -> dict[int, str | None]:
    with deployment.vault.read() as conn:
        return dict(unfinished_erasures(conn))


def test_erasure_withdrawn_while_it_is_being_queued_is_not_carried_out(
    deployment: Deployment, persons: list[int]
) -> None:
    loaded = asked(deployment, persons[2])
    step(deployment, loaded, "withdraw")
    assert queue_erasure(deployment, loaded).outcome == "left"
    assert queued(deployment) == {}
    again = asked(deployment, persons[2])
    assert queue_erasure(deployment, again).outcome == "under_way"
    assert queued(deployment) == {persons[2]: again.number}


def merge(deployment: Deployment, one: int, other: int) -> None:
    with deployment.vault.begin() as conn:
        merge_subjects(conn, deployment.vault, one, other, actor="test", despite_names=True)


def alerting(deployment: Deployment, tmp_path: Path) -> Path:
    """A program for alerts; where it writes what it was told."""
    program, told = tmp_path / "send.sh", tmp_path / "told"
    program.write_text(f'#!/bin/sh\necho "$1 $2" >> {told}\n')
    program.chmod(0o700)
    deployment.__dict__["settings"] = deployment.settings.model_copy(
        update={"alert_command": program}
    )
    return told


def test_erasure_of_who_was_merged_since_is_an_alert_and_keeps_nobody_waiting(
    deployment: Deployment, persons: list[int], tmp_path: Path
) -> None:
    jan, eva, kees = persons
    merged, other = asked(deployment, eva), asked(deployment, kees)
    merge(deployment, jan, eva)
    told, at = alerting(deployment, tmp_path), now()
    assert attend(deployment, at, at.date()).queued_erasures == 1
    assert queued(deployment) == {kees: other.number}
    assert told.read_text() == f"subject_merged {merged.number}\n"
    with deployment.vault.read() as conn:
        assert is_due(conn, at, at.date(), "NL")


def test_request_that_fails_is_an_alert_and_keeps_no_other_waiting(
    deployment: Deployment, persons: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.rights.erasure_plan import make_plan

    failing, other = asked(deployment, persons[1]), asked(deployment, persons[2])

    def plan(conn: Any, subject_id: int, policy: Any) -> Any:
        if subject_id == failing.subject_id:
            raise StorageError("a key is lost", code="key_lost", todo="restore it")
        return make_plan(conn, subject_id, policy)

    monkeypatch.setattr("pipelines.erasure_requests.make_plan", plan)
    told, at = alerting(deployment, tmp_path), now()
    assert attend(deployment, at, at.date()).queued_erasures == 1
    assert queued(deployment) == {persons[2]: other.number}
    assert told.read_text() == f"not_carried_out {failing.number}\n"


def test_access_that_one_of_the_merged_asked_for_is_answered_before_the_erasure(
    deployment: Deployment, persons: list[int]
) -> None:
    jan, eva, _ = persons
    access = asked(deployment, eva, "access")
    merge(deployment, jan, eva)
    erasure = asked(deployment, jan)
    with deployment.vault.read() as conn, pytest.raises(UsageError) as error:
        check_answered_first(conn, erasure)
    assert (error.value.code, error.value.where["answer"]) == ("access_pending", access.number)
    assert queue_erasure(deployment, erasure).outcome == "left"
    assert queued(deployment) == {}


def erase(deployment: Deployment) -> None:
    erase_queued(deployment, make=WordDetector)
    complete_published(deployment)
    settle_erasures(deployment)


def test_request_has_the_erasure_that_retention_queued_and_others_are_told(
    deployment: Deployment, persons: list[int]
) -> None:
    jan, vault = persons[0], deployment.vault
    with vault.begin() as conn:
        hold_person(conn, vault, jan, "2026/1")
    queue_erasures(vault, [jan], RETENTION)
    request = asked(deployment, jan)
    fulfil_requests(deployment, [request.number])
    assert queued(deployment) == {jan: request.number}
    erase(deployment)
    with vault.read() as conn:
        assert load_request(conn, request.number).state == "partly_fulfilled"
        assert [task.target for task in tasks_of(conn, request.request_id)] == ["crm"]
        assert {kept["request"] for kept in list_kept(conn)} == {request.number}
    (letter,) = (deployment.home.outbox / request.number).glob("*.html")
    assert "zijn gewist in onze systemen en bij" not in letter.read_text()


@pytest.mark.parametrize("right", ["access", "erasure"])
def test_who_asked_since_retention_queued_them_is_left_to_the_request(
    deployment: Deployment, persons: list[int], right: str
) -> None:
    jan, eva, kees = persons
    queue_erasures(deployment.vault, [jan, eva, kees], RETENTION)
    asked(deployment, eva, right)
    with deployment.vault.begin() as conn:
        restrict_subject(conn, deployment.vault, kees, actor="test")
    erase(deployment)
    assert queued(deployment) == {}
    with deployment.vault.read() as conn:
        states = {i: is_erased(conn, i) for i in persons}
    assert states == {jan: True, eva: False, kees: False}


def test_person_without_basis_who_asked_for_their_data_is_left_to_the_request(
    deployment: Deployment, persons: list[int]
) -> None:
    kees, vault = persons[2], deployment.vault
    with vault.begin() as conn:
        withdraw(conn, vault, kees, ["marketing"])
    request = asked(deployment, kees, "access")
    assert persons_without_basis(deployment, now()) == []
    step(deployment, request, "withdraw")
    assert [person.subject_id for person in persons_without_basis(deployment, now())] == [kees]
