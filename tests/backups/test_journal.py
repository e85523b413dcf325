"""Words on consent and steps of requests that came after a backup are in the restored home."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from pipelines.common.clock import now
from pipelines.common.errors import UsageError
from pipelines.rights.consent import history, set_consent
from pipelines.rights.requests import NewRequest, advance, events_of, list_requests, open_request
from pipelines.runs import Deployment
from tests.backups.conftest import EVA, HEADER, JAN, Kept
from tests.backups.test_backups import EVA_EMAIL, JAN_EMAIL, KEES, is_sound

KEES_EMAIL = "kees.mol@voorbeeld.example"


def person(kept: Kept, deployment: Deployment, email: str) -> int:
    return kept.subjects_with(deployment.vault, email)[0]


def say(kept: Kept, email: str, status: str, **word: Any) -> None:
    with kept.open() as deployment:
        said = {"purpose": "marketing", "status": status, "occurred_at": now()} | word
        set_consent(deployment.vault, person(kept, deployment, email), deployment.policy, said)


def ask(kept: Kept, email: str, *steps: Any) -> str:
    with kept.open() as deployment, deployment.vault.begin() as conn:
        subject_id = person(kept, deployment, email)
        new = NewRequest("access", subject_id, now().date(), country="BE", purpose=None)
        request = open_request(conn, deployment.vault, new)
        for step in steps:
            request = advance(conn, deployment.vault, request, step)
        return request.number


def said(kept: Kept, email: str) -> list[tuple[str, str, str]]:
    with kept.open() as deployment, deployment.vault.read() as conn:
        words = history(conn, person(kept, deployment, email))
        return [(w["purpose"], w["status"], w["origin"]) for w in words]


def register(kept: Kept) -> list[Any]:
    with kept.open() as deployment, deployment.vault.read() as conn:
        return list_requests(conn, None)


def test_restore_enters_words_and_requests_that_came_after_the_backup(kept: Kept) -> None:
    ask(kept, EVA_EMAIL)
    backup = kept.backup()
    say(kept, JAN_EMAIL, "objected", channel="email", evidence="a letter")
    say(kept, EVA_EMAIL, "given")
    ask(kept, JAN_EMAIL, "verify", "fulfil")
    with kept.open() as deployment, deployment.vault.begin() as conn:
        (old,) = list_requests(conn, subject_ids=[person(kept, deployment, EVA_EMAIL)])
        advance(conn, deployment.vault, old, "ask_proof", proof_asked_on=now().date())
    before = register(kept), said(kept, JAN_EMAIL), said(kept, EVA_EMAIL)
    kept.land("contacts2.csv", HEADER + KEES)
    say(kept, KEES_EMAIL, "withdrawn")
    lost = ask(kept, KEES_EMAIL)
    done = kept.restore(backup)
    assert done.noted == (2, 2, 1, (lost,))
    assert (register(kept), said(kept, JAN_EMAIL), said(kept, EVA_EMAIL)) == before
    with kept.open() as deployment, deployment.vault.read() as conn:
        steps = [e["action"] for e in events_of(conn, before[0][0])]
    assert steps == ["open", "restore"]
    assert ask(kept, JAN_EMAIL) > lost, "a lost number is given to nobody else"
    is_sound(kept)
    assert kept.restore(backup).noted[:2] == (2, 3), "once each, however often"
    assert (said(kept, JAN_EMAIL), said(kept, EVA_EMAIL)) == before[1:]


def test_yesterdays_copy_of_the_home_opens_and_knows_the_words_of_today(
    kept: Kept, tmp_path: Path
) -> None:
    shutil.copytree(kept.home.root, tmp_path / "copy")
    say(kept, JAN_EMAIL, "objected")
    number = ask(kept, EVA_EMAIL, "verify")
    shutil.rmtree(kept.home.root)
    shutil.copytree(tmp_path / "copy", kept.home.root)
    assert said(kept, JAN_EMAIL) == [("marketing", "objected", "steward")]
    assert [(r.number, r.state) for r in register(kept)] == [(number, "in_progress")]
    assert said(kept, JAN_EMAIL) == [("marketing", "objected", "steward")]
    is_sound(kept)


def test_request_of_who_is_erased_after_the_backup_closes_and_is_theirs_alone(kept: Kept) -> None:
    backup = kept.backup()
    say(kept, JAN_EMAIL, "objected")
    kept.erase(JAN_EMAIL)
    done = kept.restore(backup)
    assert (done.replayed_persons, done.noted.words) == (1, 1)
    assert not kept.knows(JAN_EMAIL)
    assert kept.knows(EVA_EMAIL)


def test_what_was_rolled_back_is_noted_nowhere(kept: Kept) -> None:
    with kept.open() as deployment:
        entries = len(deployment.vault.ledger.entries())
        new = NewRequest("access", person(kept, deployment, JAN_EMAIL), now().date())
        with pytest.raises(UsageError), deployment.vault.begin() as conn:
            open_request(conn, deployment.vault, new)
            open_request(conn, deployment.vault, new)
        with deployment.vault.begin():
            pass
        assert len(deployment.vault.ledger.entries()) == entries
    kept.land("contacts3.csv", HEADER + JAN + EVA)
    assert register(kept) == []
