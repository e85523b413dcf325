"""What stewards and persons did after a backup was made is in the restored home."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pipelines.common.clock import now
from pipelines.common.errors import StorageError, UsageError
from pipelines.corrections import Change, rectify
from pipelines.erasure_requests import settle_erasures
from pipelines.erasures import complete_published, erase_queued
from pipelines.fulfilment import fulfil_requests, let_go_kept
from pipelines.identity.merge import merge_subjects, standing_merges, unmerge_subject
from pipelines.identity.queue import keep_apart
from pipelines.rights.consent import history, set_consent
from pipelines.rights.holds import hold_person, hold_record, list_holds, release_hold
from pipelines.rights.keeping import kept_by_hold, let_go, list_kept, open_kept
from pipelines.rights.letters import letter_of
from pipelines.rights.others_told import (
    Instruction,
    close_task,
    open_instruction,
    tasks_of,
    tell_others,
)
from pipelines.rights.person import open_records
from pipelines.rights.requests import (
    NewRequest,
    advance,
    events_of,
    list_requests,
    load_request,
    open_request,
)
from pipelines.rights.restriction import is_restricted, lift_restriction, restrict_subject
from pipelines.runs import Deployment
from pipelines.vault import schema
from pipelines.vault.ledger import Ledger
from pipelines.vault.overlays import list_overlays
from pipelines.vault.records import records_of_subjects
from pipelines.vault.store import Vault
from pipelines.vault.subjects import find_identifiers, load_exact
from tests.backups.conftest import EVA, HEADER, JAN, Kept
from tests.backups.test_backups import EVA_EMAIL, JAN_EMAIL, KEES, is_sound
from tests.support.context import WordDetector

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
    assert done.noted == (2, 2, 1, (lost,), 0, 0, ())
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
    number = ask(kept, JAN_EMAIL, "verify")
    kept.erase(JAN_EMAIL)
    with kept.open() as deployment, deployment.vault.begin() as conn:
        advance(conn, deployment.vault, load_request(conn, number), "fulfil")
    done = kept.restore(backup)
    assert (done.replayed_persons, done.noted.words) == (1, 1)
    assert done.noted.unknown_requests == ()
    assert [(r.number, r.state) for r in register(kept)] == [(number, "fulfilled")]
    assert not kept.knows(JAN_EMAIL)
    assert kept.knows(EVA_EMAIL)


def standing(kept: Kept, number: str) -> dict[str, Any]:
    """Restrictions, holds, corrections and tasks, as a steward sees them."""
    with kept.open() as deployment, deployment.vault.read() as conn:
        vault, jan, eva = (
            deployment.vault, person(kept, deployment, JAN_EMAIL), person(kept, deployment, EVA_EMAIL)
        )  # fmt: skip
        request = load_request(conn, number)
        records = open_records(vault, records_of_subjects(conn, [jan]))
        corrections = [
            {n: v for n, v in row.items() if n != "ended_at"} for row in list_overlays(conn, [jan])
        ]
        return {
            "restricted": is_restricted(conn, eva),
            "holds": [hold.document() for hold in list_holds(conn, released=True)],
            "corrections": corrections,
            "mobile": [o.fields["mobile"] for o in records if o.record.entity == "contacts"],
            "found": find_identifiers(conn, [("phone", vault.index.of("phone", "+31611112222"))]),
            "tasks": [task[1:] for task in tasks_of(conn, request.request_id)],
        }  # fmt: skip


def test_restore_lets_restrictions_holds_corrections_and_tasks_stand(kept: Kept) -> None:
    number = ask(kept, JAN_EMAIL)
    with kept.open() as deployment, deployment.vault.begin() as conn:
        over = hold_person(
            conn, deployment.vault, person(kept, deployment, EVA_EMAIL), "2026/117"
        ).number
    backup = kept.backup()
    with kept.open() as deployment:
        vault, jan, eva = (
            deployment.vault, person(kept, deployment, JAN_EMAIL), person(kept, deployment, EVA_EMAIL)
        )  # fmt: skip
        with vault.begin() as conn:
            restrict_subject(conn, vault, eva, actor="steward")
            release_hold(conn, vault, over)
            hold_person(conn, vault, jan, "2026/118")
            hold_record(conn, vault, "contacts/crm/1", "2026/119")
            request = load_request(conn, number)
            told = [Instruction("source", s, {"mobile": "0611112222"}) for s in ("crm", "shop")]
            tell_others(conn, vault, request, "rectification", told)
            close_task(conn, vault, request, "shop")
        rectify(deployment, jan, [Change("contacts", "mobile", "0622223333")], request=number)
        rectify(deployment, jan, [Change("contacts", "mobile", "0611112222")], request=number)
    before = standing(kept, number)
    assert before["restricted"]
    assert before["mobile"] == ["0611112222"]
    assert before["found"]
    done = kept.restore(backup)
    assert standing(kept, number) == before
    assert done.noted.rows == 8, "a restriction, three holds, two corrections, two tasks"
    with kept.open() as deployment, deployment.vault.begin() as conn:
        request = load_request(conn, number)
        instruction = open_instruction(conn, deployment.vault, request, "crm")
        assert instruction == {"mobile": "0611112222"}
        shown = list_holds(conn)
        assert [hold.reference for hold in shown] == ["2026/118", "2026/119"]
        assert hold_person(
            conn, deployment.vault, person(kept, deployment, EVA_EMAIL), "2026/120"
        ).hold_id > max(hold.hold_id for hold in shown), "a number is given once"
    is_sound(kept)
    assert kept.restore(backup).noted.rows == 8 + 1, "once each, however often"
    assert standing(kept, number)["mobile"] == ["0611112222"]


def pairs(kept: Kept) -> dict[str, Any]:
    """Who is one with whom, who is known to be another, and whose data may not be used."""
    with kept.open() as deployment, deployment.vault.read() as conn:
        s, q = schema.subjects.c, schema.identity_queue.c
        answered = sa.select(q.subject_id, q.other_subject_id, q.state).where(q.state != "open")
        states = sa.select(s.subject_id, s.state, s.merged_into)
        return {
            "merges": standing_merges(conn),
            "answers": sorted(map(tuple, conn.execute(answered))),
            "subjects": sorted(map(tuple, conn.execute(states))),
        }


def test_restore_lets_merges_and_answers_about_two_persons_stand(kept: Kept) -> None:
    kept.land("contacts2.csv", HEADER + KEES)
    backup = kept.backup()
    with kept.open() as deployment, deployment.vault.begin() as conn:
        vault = deployment.vault
        jan, eva, kees = (person(kept, deployment, e) for e in (JAN_EMAIL, EVA_EMAIL, KEES_EMAIL))
        merge_subjects(conn, vault, jan, eva, actor="steward", despite_names=True)
        keep_apart(conn, vault, jan, kees, actor="steward")
    before = pairs(kept)
    assert len(before["merges"]) == 1
    done = kept.restore(backup)
    assert done.noted.rows == 2
    assert pairs(kept) == before
    is_sound(kept)
    merged = kept.backup()
    with kept.open() as deployment, deployment.vault.begin() as conn:
        vault = deployment.vault
        restrict_subject(conn, vault, jan, actor="steward")
        unmerge_subject(conn, vault, eva, actor="steward")
    before = pairs(kept)
    assert before["merges"] == []
    assert [state for _, state, _ in before["subjects"]].count("restricted") == 2
    for older in (merged, backup):
        kept.restore(older)
        assert pairs(kept) == before, "taken apart, and each restricted"
    with kept.open() as deployment, deployment.vault.begin() as conn:
        lift_restriction(conn, deployment.vault, eva, actor="steward")
        merge_subjects(conn, deployment.vault, eva, kees, actor="steward", despite_names=True)
    kept.erase(EVA_EMAIL)
    kept.restore(merged)
    assert not kept.knows(EVA_EMAIL)
    assert not kept.knows(KEES_EMAIL)
    assert kept.knows(JAN_EMAIL)
    assert pairs(kept)["merges"] == []
    is_sound(kept)


def test_yesterdays_copy_of_the_home_is_restricted_and_held_as_today(
    kept: Kept, tmp_path: Path
) -> None:
    shutil.copytree(kept.home.root, tmp_path / "copy")
    with kept.open() as deployment, deployment.vault.begin() as conn:
        vault = deployment.vault
        restrict_subject(conn, vault, person(kept, deployment, EVA_EMAIL), actor="steward")
        hold_person(conn, vault, person(kept, deployment, JAN_EMAIL), "2026/118")
    shutil.rmtree(kept.home.root)
    shutil.copytree(tmp_path / "copy", kept.home.root)
    with kept.open() as deployment, deployment.vault.read() as conn:
        assert is_restricted(conn, person(kept, deployment, EVA_EMAIL))
        assert [hold.reference for hold in list_holds(conn)] == ["2026/118"]
    is_sound(kept)


def test_what_is_kept_of_the_erased_is_whole_in_a_restored_home(kept: Kept) -> None:
    backup = kept.backup()
    with kept.open() as deployment, deployment.vault.begin() as conn:
        jan = person(kept, deployment, JAN_EMAIL)
        number = hold_person(conn, deployment.vault, jan, "2026/118").number
    kept.erase(JAN_EMAIL)

    def opened() -> list[dict[str, Any]]:
        with kept.open() as deployment, deployment.vault.begin() as conn:
            ids = [row["kept_id"] for row in list_kept(conn)]
            return open_kept(conn, deployment.vault, ids, actor="steward", purpose="accountability")

    before = opened()
    assert "Jan Smit" in str(before)
    assert kept.restore(backup).replayed_persons == 1
    assert opened() == before
    assert not kept.knows(JAN_EMAIL)
    with kept.open() as deployment, deployment.vault.begin() as conn:
        key_ids = set(conn.scalars(sa.select(schema.kept_records.c.key_id)))
    copy = kept.home.data_keys.read_bytes()
    kept.do(lambda deployment: deployment.vault.data_keys.destroy(key_ids))
    with pytest.raises(StorageError, match="not among the data keys"):
        opened()
    kept.home.data_keys.write_bytes(copy)
    assert opened() == before
    with kept.open() as deployment:
        with deployment.vault.begin() as conn:
            ids = kept_by_hold(conn, release_hold(conn, deployment.vault, number).hold_id)
        let_go(deployment.vault, ids)
    kept.restore(backup)
    with kept.open() as deployment, deployment.vault.read() as conn:
        assert list_kept(conn) == [], "what was let go stays so"
    is_sound(kept)


def erasures_asked(kept: Kept, *emails: str) -> list[str]:
    """Erasures that can be taken back no longer."""
    numbers = []
    with kept.open() as deployment, deployment.vault.begin() as conn:
        for email in emails:
            new = NewRequest("erasure", person(kept, deployment, email), now().date())
            request = open_request(conn, deployment.vault, new)
            advance(conn, deployment.vault, request, "verify", grace_until=now())
            numbers.append(request.number)
    return numbers


def finish(deployment: Deployment) -> None:
    """As a run does with erasures."""
    erase_queued(deployment, make=WordDetector)
    complete_published(deployment)
    settle_erasures(deployment)


def hold(kept: Kept, email: str) -> str:
    with kept.open() as deployment, deployment.vault.begin() as conn:
        subject_id = person(kept, deployment, email)
        return hold_person(conn, deployment.vault, subject_id, "2026/118").number


def release(kept: Kept, number: str) -> None:
    with kept.open() as deployment:
        with deployment.vault.begin() as conn:
            ids = kept_by_hold(conn, release_hold(conn, deployment.vault, number).hold_id)
        let_go_kept(deployment, ids)


def holds(kept: Kept) -> list[dict[str, Any]]:
    with kept.open() as deployment, deployment.vault.read() as conn:
        return [one.document() for one in list_holds(conn, released=True)]


def closed(kept: Kept) -> list[tuple[Any, ...]]:
    return [(r.number, r.state, r.closed_at, r.ground, letter_of(r)) for r in register(kept)]


def test_requests_of_who_was_erased_since_the_backup_stay_closed_and_are_not_answered_again(
    kept: Kept,
) -> None:
    kept.land("contacts2.csv", HEADER + JAN + EVA + KEES)
    hold(kept, JAN_EMAIL)
    numbers = erasures_asked(kept, JAN_EMAIL, EVA_EMAIL, KEES_EMAIL)
    backup = kept.backup()
    kept.do(lambda deployment: fulfil_requests(deployment, numbers))
    kept.do(finish)
    before = closed(kept)
    assert {row[1] for row in before} == {"fulfilled", "partly_fulfilled"}
    for letter in kept.home.outbox.rglob("*.html"):
        letter.unlink()  # handed over
    done = kept.restore(backup)
    assert done.replayed_persons == 3
    assert done.noted[2:4] == (0, ())
    assert (done.noted.unknown_rows, done.noted.unknown_numbers) == (0, ())
    assert closed(kept) == before
    kept.do(finish)
    assert closed(kept) == before
    assert list(kept.home.outbox.rglob("*.html")) == []
    is_sound(kept)


@pytest.mark.parametrize("held_before", [True, False])
def test_release_of_a_hold_on_the_erased_comes_back(kept: Kept, held_before: bool) -> None:
    backup = "" if held_before else kept.backup()
    number = hold(kept, JAN_EMAIL)
    backup = backup or kept.backup()
    kept.erase(JAN_EMAIL)
    release(kept, number)
    before = holds(kept)
    assert before[0]["released_at"] is not None
    done = kept.restore(backup)
    assert (done.noted.unknown_rows, done.replayed_persons) == (0, 1)
    assert holds(kept) == before
    kept.do(finish)
    with kept.open() as deployment, deployment.vault.read() as conn:
        assert list_kept(conn) == []
    assert holds(kept) == before


def test_who_landed_and_was_erased_after_the_backup_is_not_lost(kept: Kept) -> None:
    backup = kept.backup()
    kept.land("contacts2.csv", HEADER + JAN + EVA + KEES)
    say(kept, KEES_EMAIL, "objected")
    number = hold(kept, KEES_EMAIL)
    numbers = erasures_asked(kept, KEES_EMAIL)
    kept.do(lambda deployment: fulfil_requests(deployment, numbers))
    kept.do(finish)
    before = closed(kept), holds(kept)
    assert [row[1] for row in before[0]] == ["partly_fulfilled"]
    done = kept.restore(backup)
    assert done.replayed_persons == 0
    assert done.noted[2:4] == (0, ())
    assert done.noted.unknown_rows == 0
    assert (closed(kept), holds(kept)) == before
    release(kept, number)
    with kept.open() as deployment, deployment.vault.read() as conn:
        assert list_kept(conn) == [], "what the hold kept goes with it"
    assert [row[1] for row in closed(kept)] == ["fulfilled"]
    is_sound(kept)


def test_restore_names_holds_and_requests_of_who_landed_after_the_backup(kept: Kept) -> None:
    backup = kept.backup()
    kept.land("contacts2.csv", HEADER + JAN + EVA + KEES)
    number, request = hold(kept, KEES_EMAIL), ask(kept, KEES_EMAIL)
    with kept.open() as deployment, deployment.vault.begin() as conn:
        kees = person(kept, deployment, KEES_EMAIL)
        restrict_subject(conn, deployment.vault, kees, actor="steward", request=request)
    done = kept.restore(backup)
    assert done.noted[3:] == ((request,), 0, 2, (number, request))


def test_key_of_what_was_let_go_comes_back_with_no_restored_data_keys(kept: Kept) -> None:
    with kept.open() as deployment, deployment.vault.begin() as conn:
        jan = person(kept, deployment, JAN_EMAIL)
        number = hold_person(conn, deployment.vault, jan, "2026/118").number
    kept.erase(JAN_EMAIL)
    backup = kept.backup()
    with kept.open() as deployment:
        with deployment.vault.begin() as conn:
            key_ids = set(conn.scalars(sa.select(schema.kept_records.c.key_id)))
            ids = kept_by_hold(conn, release_hold(conn, deployment.vault, number).hold_id)
        let_go(deployment.vault, ids)
    kept.home.data_keys.unlink()
    assert kept.restore(backup).restored_data_keys
    with kept.open() as deployment, deployment.vault.read() as conn:
        assert list_kept(conn) == []
        assert deployment.vault.data_keys.get(key_ids) == {}
    is_sound(kept)


def test_restore_takes_files_from_the_outbox_that_the_vault_does_not_know(kept: Kept) -> None:
    backup = kept.backup()
    for name in ("audience-7.zip", "access-R-2026-0007.zip", "other.txt"):
        (kept.home.outbox / name).write_bytes(b"x")
    assert kept.restore(backup).outbox_files == 2
    assert [path.name for path in kept.home.outbox.iterdir()] == ["other.txt"]


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


def notes(kept: Kept) -> list[bytes]:
    """What waits for the ledger, as it stands in the file."""
    with closing(sqlite3.connect(kept.home.vault)) as raw:
        return [sealed for (sealed,) in raw.execute("SELECT sealed FROM ledger_notes")]


def count_noted(kept: Kept) -> int:
    with kept.open() as deployment:
        return [e.kind for e in deployment.vault.ledger.entries()].count("noted")


def restrict(kept: Kept, email: str) -> None:
    with kept.open() as deployment, deployment.vault.begin() as conn:
        restrict_subject(
            conn, deployment.vault, person(kept, deployment, email), actor="steward"
        )  # fmt: skip


def are_restricted(kept: Kept) -> tuple[bool, bool]:
    with kept.open() as deployment, deployment.vault.read() as conn:
        jan, eva = (person(kept, deployment, email) for email in (JAN_EMAIL, EVA_EMAIL))
        return is_restricted(conn, jan), is_restricted(conn, eva)


def fail(*_: Any, **__: Any) -> None:
    raise OSError(28, "full")


@pytest.mark.parametrize(
    ("owner", "name", "entries"), [(Ledger, "_append", 0), (Vault, "note_ledger", 1)]
)
def test_act_that_the_ledger_was_not_told_is_told_once_on_the_next_opening(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, entries: int
) -> None:
    backup = kept.backup()
    with kept.open() as deployment, deployment.vault.read() as conn:
        key = load_exact(conn, [jan := person(kept, deployment, JAN_EMAIL)])[jan].subject_key
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, fail)
        with pytest.raises(OSError, match="full"):
            restrict(kept, JAN_EMAIL)
        lines = next(kept.home.ledger.glob("*.jsonl")).read_text().splitlines()
        assert ['"noted"' in line for line in lines].count(True) == entries
        (note,) = notes(kept)
        assert key.encode() not in note
    assert (count_noted(kept), notes(kept)) == (1, [])
    restrict(kept, EVA_EMAIL)
    assert count_noted(kept) == 2
    kept.restore(backup)
    assert are_restricted(kept) == (True, True)
    is_sound(kept)


def test_no_act_is_done_while_an_earlier_one_cannot_be_told(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    with kept.open() as deployment:
        vault = deployment.vault
        jan, eva = (person(kept, deployment, email) for email in (JAN_EMAIL, EVA_EMAIL))
        with monkeypatch.context() as patch:
            patch.setattr(vault.ledger, "append", fail)
            for subject_id in (jan, eva):
                with pytest.raises(OSError, match="full"), vault.begin() as conn:
                    restrict_subject(conn, vault, subject_id, actor="steward")
    assert are_restricted(kept) == (True, False)
    assert notes(kept) == []


def test_note_that_a_backup_holds_does_not_undo_what_was_said_after_it(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "_append", fail)
        with pytest.raises(OSError, match="full"):
            restrict(kept, JAN_EMAIL)
        shutil.copytree(kept.home.root, copy := kept.home.root.with_name("copy"))
    with kept.open() as deployment, deployment.vault.begin() as conn:
        lift_restriction(
            conn, deployment.vault, person(kept, deployment, JAN_EMAIL), actor="steward"
        )  # fmt: skip
    kept.erase(EVA_EMAIL)
    shutil.rmtree(kept.home.root)
    copy.rename(kept.home.root)
    assert len(notes(kept)) == 1
    assert kept.restore().replayed_persons == 1
    assert not kept.knows(EVA_EMAIL), "no erasure passes for known because a note was told"
    with kept.open() as deployment, deployment.vault.read() as conn:
        assert not is_restricted(conn, person(kept, deployment, JAN_EMAIL))
    assert notes(kept) == []
    is_sound(kept)
