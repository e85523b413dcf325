"""Erasures that were asked for, while requests, merges and retention go on beside them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pipelines.common.clock import now
from pipelines.erasure_requests import queue_erasure
from pipelines.rights.erasure import unfinished_erasures
from pipelines.rights.requests import NewRequest, Request, advance, load_request, open_request
from pipelines.runs import Deployment
from tests.backups.conftest import EVA, HEADER, JAN, NOTES, Kept
from tests.support.context import make_context

KEES = "3,Kees Mol,kees.mol@voorbeeld.example,0655555555\n"
EMAILS = (
    "jan.smit@voorbeeld.example",
    "eva.bakker@voorbeeld.example",
    "kees.mol@voorbeeld.example",
)


@pytest.fixture(scope="module")
def landed_three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("three")
    context = make_context(folder)
    with closing(context.vault):
        context.deliver("contacts.csv", HEADER + JAN + EVA + KEES)
        context.deliver("interactions.csv", NOTES)
        context.land()
    return folder


@pytest.fixture
def deployment(landed_three: Path, tmp_path: Path) -> Iterator[Deployment]:
    from pipelines.common.settings import Settings

    shutil.copytree(landed_three, tmp_path, dirs_exist_ok=True)
    with Deployment.open(Settings(home=tmp_path / "home")) as opened:
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
        past = {"grace_until": now() - timedelta(days=1)} if right == "erasure" else {}
        return advance(conn, vault, request, "verify", **past)


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
