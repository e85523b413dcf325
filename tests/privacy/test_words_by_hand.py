"""What a person says to a steward reaches the tables of persons with the next run, as landed words do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from pipelines.consents import bring_words
from pipelines.rights.consent import Word, enter, set_consent
from pipelines.vault import schema
from tests.privacy.test_restriction_and_merge import query
from tests.support.demo import AS_OF, Demo

WORDS = "from pseudo.consent_words order by word_id"


def say(demo: Demo, key: str, status: str, days_ago: int, **word: Any) -> None:
    with demo.deploy() as deployment:
        with deployment.vault.read() as conn:
            s = schema.subjects
            person = conn.scalar(sa.select(s.c.subject_id).where(s.c.subject_key == key))
        assert person is not None
        said = {"purpose": "marketing", "occurred_at": AS_OF - timedelta(days=days_ago)}
        set_consent(deployment.vault, person, deployment.policy, said | {"status": status} | word)


def complain(demo: Demo, key: str) -> None:
    """As a landed complaint about a mailing stands in the ledger; no row of ``consents`` says it."""
    with demo.deploy() as deployment, deployment.vault.begin() as conn:
        s = schema.subjects
        person = conn.scalar(sa.select(s.c.subject_id).where(s.c.subject_key == key))
        assert person is not None
        at = AS_OF - timedelta(days=1)
        word = Word(person, "marketing", "email", "objected", at, "event", None, reference="E-1")
        assert enter(conn, deployment.vault, [word]) == 1


def profiled(demo: Demo) -> set[str]:
    return {key for (key,) in query(demo, "select customer_key from marts.customer_rfm")}


def test_words_said_by_hand_reach_the_models_with_the_next_run(own_demo: Demo) -> None:
    before = profiled(own_demo)
    objecting, expired, lasting, untouched, complaining = sorted(before)[:5]
    complain(own_demo, complaining)
    say(own_demo, objecting, "objected", 1, lawful_basis=None)
    say(own_demo, expired, "given", 2, expires_at=AS_OF - timedelta(days=1))
    say(own_demo, lasting, "given", 2, expires_at=AS_OF + timedelta(days=1))
    own_demo.run()
    assert {objecting, expired, complaining} == before - profiled(own_demo)
    assert untouched in profiled(own_demo)
    words = query(own_demo, WORDS)
    with own_demo.deploy() as deployment:
        assert not bring_words(deployment)
    say(own_demo, objecting, "given", 0)
    own_demo.run()
    assert before - profiled(own_demo) == {expired, complaining}
    assert query(own_demo, WORDS)[: len(words)] == words
