"""Whom retention leaves alone: the restricted and the held, with all that were merged with them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipelines.common.clock import now
from pipelines.identity.merge import merge_subjects
from pipelines.rights.holds import hold_person
from pipelines.rights.requests import NewRequest, advance, open_request
from pipelines.rights.restriction import restrict_subject
from pipelines.runs import Deployment
from pipelines.sweep_plan import RulePlan, plan_sweep
from tests.backups.conftest import EVA, HEADER, JAN, Kept
from tests.support.context import CRM, land_files, opened_copy

AT = datetime(2026, 3, 1, tzinfo=UTC)
NOTES = """id,contact,channel,at,body
i1,1,email,2026-01-02T10:00:00,Offerte
i2,2,email,2022-01-02T11:00:00,Terug
i3,2,email,2021-01-02T11:00:00,Terug
"""
TICKETS = "id,contact,status,subject,closed\nT1,2,closed,Kapot,2020-01-02T11:00:00\n"
REPLIES = "id,ticket,type,at,body\nE1,T1,closed,2020-01-02T11:00:00,\n"


@pytest.fixture(scope="module")
def landed_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Jan was heard of lately, Eva long ago; a step of Eva's ticket names only the ticket."""
    files = {
        "contacts.csv": HEADER + JAN + EVA, "interactions.csv": NOTES,
        "tickets.csv": TICKETS, "replies.csv": REPLIES,
    }  # fmt: skip
    mapping = CRM.replace("subject: subject}", "subject: subject, closed_at: closed}")
    return land_files(tmp_path_factory.mktemp("two"), files, mapping)


@pytest.fixture
def deployment(landed_two: Path, tmp_path: Path) -> Iterator[Deployment]:
    with opened_copy(landed_two, tmp_path) as opened:
        yield opened


@pytest.fixture
def jan(deployment: Deployment) -> int:
    return Kept.subjects_with(deployment.vault, "jan.smit@voorbeeld.example")[0]


@pytest.fixture
def eva(deployment: Deployment) -> int:
    return Kept.subjects_with(deployment.vault, "eva.bakker@voorbeeld.example")[0]


def merge(deployment: Deployment, jan: int, eva: int) -> None:
    with deployment.vault.begin() as conn:
        merge_subjects(conn, deployment.vault, jan, eva, actor="test", despite_names=True)


def planned(deployment: Deployment) -> dict[str, tuple[int, int]]:
    rules: tuple[RulePlan, ...] = plan_sweep(deployment, AT).rules
    return {rule.rule.name: (rule.count, rule.held) for rule in rules if rule.count or rule.held}


def test_whoever_is_neither_restricted_nor_held_is_due(
    deployment: Deployment, jan: int, eva: int
) -> None:
    assert planned(deployment) == {
        "customers": (1, 0), "interactions": (2, 0), "tickets": (1, 0), "ticket_events": (1, 0),
    }  # fmt: skip
    merge(deployment, jan, eva)
    assert planned(deployment) == {
        "interactions": (2, 0),
        "tickets": (1, 0),
        "ticket_events": (1, 0),
    }


def test_restricted_persons_and_all_merged_with_them_keep_everything(
    deployment: Deployment, jan: int, eva: int
) -> None:
    with deployment.vault.begin() as conn:
        restrict_subject(conn, deployment.vault, eva, actor="test")
    alone = {
        "customers": (0, 1),
        "interactions": (0, 2),
        "tickets": (0, 1),
        "ticket_events": (0, 1),
    }
    assert planned(deployment) == alone
    with deployment.vault.begin() as conn:
        restrict_subject(conn, deployment.vault, jan, actor="test")
    merge(deployment, jan, eva)
    assert planned(deployment) == {
        "interactions": (0, 2),
        "tickets": (0, 1),
        "ticket_events": (0, 1),
    }


def test_hold_on_who_was_merged_since_keeps_the_person(
    deployment: Deployment, jan: int, eva: int
) -> None:
    later = AT.replace(year=2032)
    with deployment.vault.begin() as conn:
        hold_person(conn, deployment.vault, eva, "2026/118")
    merge(deployment, jan, eva)
    for rule in plan_sweep(deployment, later).rules:
        assert (rule.rule.name, rule.count) == (rule.rule.name, 0)
    found = {rule.rule.name: rule.held for rule in plan_sweep(deployment, later).rules}
    assert (found["customers"], found["interactions"], found["ticket_events"]) == (1, 3, 1)


@pytest.mark.parametrize("right", ["access", "portability", "erasure", "objection"])
def test_person_with_an_open_request_for_their_data_or_erasure_is_left_to_it(
    deployment: Deployment, eva: int, right: str
) -> None:
    with deployment.vault.begin() as conn:
        request = open_request(conn, deployment.vault, NewRequest(right, eva, now().date()))
    waits = right != "objection"
    assert planned(deployment)["customers"] == ((0, 1) if waits else (1, 0))
    with deployment.vault.begin() as conn:
        advance(conn, deployment.vault, request, "withdraw")
    assert planned(deployment)["customers"] == (1, 0)
