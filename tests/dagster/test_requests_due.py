"""The sensor over the register: a sign of life at every look, a round when something is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest

from pipelines.common.settings import Settings
from pipelines.fulfilment import attend
from pipelines.rights.alerts import is_silent
from pipelines.rights.requests import NewRequest, advance, open_request
from pipelines.runs import Deployment
from pipelines.sensors import attend_or_skip
from pipelines.vault.subjects import create_subjects
from tests.support.context import Context

AT = datetime(2026, 6, 1, 9, tzinfo=UTC)


@pytest.fixture
def number(deployed: Context) -> str:
    """An erasure of somebody, verified, that can be taken back for three days."""
    with Deployment.open(deployed.settings) as deployment, deployment.vault.begin() as conn:
        (subject,) = create_subjects(conn, deployment.vault, "contact", 1, None)
        new = NewRequest("erasure", subject.subject_id, AT.date())
        request = open_request(conn, deployment.vault, new)
        grace = AT + timedelta(days=3)
        return advance(conn, deployment.vault, request, "verify", grace_until=grace).number


def test_home_that_is_not_there_is_skipped(tmp_path) -> None:
    assert isinstance(attend_or_skip(Settings(home=tmp_path / "none"), AT), dg.SkipReason)


def test_look_is_a_sign_of_life_and_asks_for_nothing_in_the_days_of_grace(
    deployed: Context, number: str
) -> None:
    with Deployment.open(deployed.settings) as deployment, deployment.vault.read() as conn:
        assert is_silent(conn, AT)
    assert isinstance(attend_or_skip(deployed.settings, AT), dg.SkipReason)
    with Deployment.open(deployed.settings) as deployment, deployment.vault.read() as conn:
        assert not is_silent(conn, AT)


@pytest.mark.parametrize("days", [3, 24, 60])
def test_round_is_due_once_a_day_when_grace_is_over_or_a_deadline_nears(
    deployed: Context, number: str, days: int
) -> None:
    at = AT + timedelta(days=days)
    asked = attend_or_skip(deployed.settings, at)
    assert isinstance(asked, dg.RunRequest)
    assert asked.run_key == attend_or_skip(deployed.settings, at + timedelta(hours=1)).run_key
    assert number not in str(asked)


def test_round_queues_what_can_no_longer_be_taken_back(deployed: Context, number: str) -> None:
    with Deployment.open(deployed.settings) as deployment:
        early = attend(deployment, AT, AT.date())
        late = AT + timedelta(days=3)
        assert (early.queued_erasures, attend(deployment, late, late.date()).queued_erasures) == (
            0,
            1,
        )
