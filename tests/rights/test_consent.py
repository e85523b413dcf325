"""The consent ledger: the newest word holds, withholding wins a tie, and the past can be asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from pipelines.common.errors import InputError
from pipelines.common.policy import load_policy
from pipelines.rights import consent
from pipelines.rights.consent import Word, enter, history, standing, withdraw
from pipelines.vault import audit, schema
from pipelines.vault.sealing import unseal
from pipelines.vault.store import Vault
from pipelines.vault.subjects import create_subjects

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def persons(vault: Vault) -> list[int]:
    with vault.begin() as conn:
        return [s.subject_id for s in create_subjects(conn, vault, "contact", 2, None)]


def word(subject: int, status: str, day: int, channel: str = "email", **more: object) -> Word:
    return Word(
        subject, "marketing", channel, status, AT + day * DAY, "steward", **more  # type: ignore[arg-type]
    )  # fmt: skip


def status_at(vault: Vault, subject: int, day: int, channel: str = "email") -> str | None:
    with vault.read() as conn:
        found = standing(conn, [subject], "marketing", channel, AT + day * DAY)
    return found[subject].status if subject in found else None


def say(vault: Vault, *words: Word) -> int:
    with vault.begin() as conn:
        return enter(conn, vault, words)


def test_newest_word_holds_and_the_past_can_be_asked(vault: Vault, persons: list[int]) -> None:
    jan, eva = persons
    say(vault, word(jan, "withdrawn", 5), word(jan, "given", 1))
    assert [status_at(vault, jan, d) for d in (0, 1, 4, 5, 9)] == [
        None, "given", "given", "withdrawn", "withdrawn",
    ]  # fmt: skip
    assert status_at(vault, eva, 9) is None


def test_of_words_at_the_same_instant_the_one_that_withholds_counts(
    vault: Vault, persons: list[int]
) -> None:
    say(vault, word(persons[0], "withdrawn", 1), word(persons[0], "given", 1))
    assert status_at(vault, persons[0], 2) == "withdrawn"


def test_word_on_all_channels_and_on_one_outweigh_each_other_by_time(
    vault: Vault, persons: list[int]
) -> None:
    jan, eva = persons
    say(vault, word(jan, "objected", 1, ""), word(jan, "given", 2, "email"))
    say(vault, word(eva, "given", 1, "email"), word(eva, "objected", 2, ""))
    assert (status_at(vault, jan, 3), status_at(vault, jan, 3, "phone")) == ("given", "objected")
    assert status_at(vault, eva, 3) == "objected"


def test_consent_runs_out(vault: Vault, persons: list[int]) -> None:
    say(vault, word(persons[0], "given", 1, expires_at=AT + 10 * DAY))
    assert (status_at(vault, persons[0], 9), status_at(vault, persons[0], 10)) == (
        "given", "expired",
    )  # fmt: skip


def test_question_that_was_not_answered_changes_nothing(vault: Vault, persons: list[int]) -> None:
    jan, eva = persons
    say(vault, word(jan, "pending", 1), word(eva, "withdrawn", 1), word(eva, "pending", 2))
    assert (status_at(vault, jan, 3), status_at(vault, eva, 3)) == ("pending", "withdrawn")
    say(vault, word(jan, "given", 4))
    with vault.read() as conn:
        assert standing(conn, [jan], "marketing", "email", AT + 5 * DAY)[jan].was_confirmed


def test_landed_row_enters_once(vault: Vault, persons: list[int]) -> None:
    landed = word(persons[0], "given", 1, reference="crm|c1|1")
    assert (say(vault, landed), say(vault, landed)) == (1, 0)


def test_words_of_merged_persons_are_the_survivors(vault: Vault, persons: list[int]) -> None:
    jan, eva = persons
    say(vault, word(jan, "given", 1), word(eva, "withdrawn", 2))
    t = schema.subjects
    with vault.begin() as conn:
        conn.execute(
            sa.update(t).where(t.c.subject_id == eva).values(state="merged", merged_into=jan)
        )
    assert status_at(vault, jan, 3) == "withdrawn"
    with vault.read() as conn:
        assert len(history(conn, jan)) == 2


def test_withdrawal_holds_at_once_and_is_on_record(vault: Vault, persons: list[int]) -> None:
    policy = load_policy()
    say(vault, word(persons[0], "given", 1))
    with vault.begin() as conn:
        purposes = consent.purposes_to_withdraw(policy)
        assert withdraw(conn, vault, persons[0], purposes, request="R-1", occurred_at=AT + 2 * DAY)
    assert status_at(vault, persons[0], 2) == "withdrawn"
    assert {"marketing", "tracking"} <= set(purposes)
    assert "accounting" not in consent.purposes_to_withdraw(policy, is_objection=True)
    with vault.read() as conn:
        entry = conn.execute(sa.select(schema.audit_entries)).all()[-1]
        assert (entry.action, entry.request) == ("consent_withdrawn", "R-1")
        assert audit.verify(conn, vault).is_intact


def test_evidence_is_sealed_under_the_persons_key(vault: Vault, persons: list[int]) -> None:
    marker = "ticked the box at voorbeeld.example"
    say(vault, word(persons[0], "given", 1, evidence=marker))
    with vault.read() as conn:
        row = conn.execute(sa.select(schema.consents)).one()
        key_id = conn.scalar(
            sa.select(schema.subjects.c.key_id).where(schema.subjects.c.subject_id == persons[0])
        )
    assert marker.encode() not in row.evidence
    key = vault.data_keys.get([key_id])[key_id]
    assert unseal(key, row.evidence, consent.evidence_aad(row.consent_id)).decode() == marker


@pytest.mark.parametrize(
    ("purpose", "status", "code"),
    [("robots", "given", "purpose_unknown"), ("marketing", "maybe", "status_unknown")],
)
def test_set_of_a_word_that_is_none_is_refused(
    vault: Vault, persons: list[int], purpose: str, status: str, code: str
) -> None:
    given = {"purpose": purpose, "status": status, "occurred_at": AT}
    with pytest.raises(InputError) as error:
        consent.set_consent(vault, persons[0], load_policy(), given)
    assert error.value.code == code


def test_withdrawal_of_nobody_is_refused(vault: Vault) -> None:
    with pytest.raises(InputError), vault.begin() as conn:
        withdraw(conn, vault, 99, ["marketing"])
