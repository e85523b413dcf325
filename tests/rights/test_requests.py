"""The register walked at random: no illegal state, no missed deadline unreported, the chain whole."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from pipelines.common.errors import KlantkluisError, UsageError
from pipelines.rights import alerts, steps
from pipelines.rights.grounds import GROUNDS, RIGHTS, ground_for, works_at_once
from pipelines.rights.letters import LETTERS, render
from pipelines.rights.proof import METHODS, check_method, risk_of
from pipelines.rights.requests import (
    NewRequest,
    Request,
    advance,
    details_of,
    events_of,
    forget_details,
    list_requests,
    load_request,
    open_request,
    set_details,
)
from pipelines.rights.states import ACTIONS, OPEN_STATES, STATES, TRANSITIONS, next_state
from pipelines.vault import audit, schema
from pipelines.vault.store import Vault
from pipelines.vault.subjects import create_subjects

START = date(2026, 3, 2)
AT = datetime(2026, 3, 3, 12, tzinfo=UTC)
RISK = risk_of("access", has_namesakes=False)
CLOSED = set(STATES) - set(OPEN_STATES)


@given(st.sampled_from([None, *STATES]), st.sampled_from(ACTIONS))
def test_only_steps_of_the_table_are_possible(state: Any, action: Any) -> None:
    if (state, action) in TRANSITIONS:
        assert next_state(state, action) in STATES
    else:
        with pytest.raises(UsageError):
            next_state(state, action)


def test_closed_states_are_left_only_when_the_rest_is_gone_too() -> None:
    leaving = {(state, action) for state, action in TRANSITIONS if state in CLOSED}
    assert leaving == {("partly_fulfilled", "complete"), ("fulfilled", "renew")}


def moves(conn: sa.Connection, vault: Vault, request: Request, on: date) -> list[Callable[[], Any]]:
    return [
        lambda: steps.ask_proof(conn, vault, request, on),
        lambda: steps.verify(conn, vault, request, on, RISK),
        lambda: steps.extend(conn, vault, request, on, "complex"),
        lambda: steps.refuse(conn, vault, request, "excessive"),
        lambda: steps.withdraw(conn, vault, request),
        lambda: advance(conn, vault, request, "fulfil"),
        lambda: advance(conn, vault, request, "fulfil_partly", ground="legal_claims"),
        lambda: advance(conn, vault, request, "complete"),
    ]


def walk(vault: Vault, seed: int) -> None:
    """One request through random steps on random days; every missed deadline is in the alerts."""
    chance = random.Random(seed)
    on = START + timedelta(days=chance.randrange(60))
    with vault.begin() as conn:
        new = NewRequest("access", seed, on)
        number = open_request(conn, vault, new).number
    for _ in range(chance.randrange(2, 9)):
        on += timedelta(days=chance.randrange(25))
        with vault.begin() as conn:
            request = load_request(conn, number)
            try:
                chance.choice(moves(conn, vault, request, on))()
            except KlantkluisError:
                assert load_request(conn, number) == request  # refused, and nothing half done
        with vault.read() as conn:
            request = load_request(conn, number)
            assert request.state in STATES
            late = request.is_open and request.due(on, "NL") < on
            at = datetime(on.year, on.month, on.day, tzinfo=UTC)
            told = {a.request for a in alerts.pressing(conn, at, on, "NL") if a.kind == "overdue"}
            assert (number in told) == late
            limit = timedelta(days=31 * 3 + 40 + 6)
            assert not request.is_open or request.due(on, "NL") <= request.received_on + limit
            history = events_of(conn, request)
            assert history[-1]["to_state"] == request.state
    if request.is_open:  # so that the next walk's alerts do not grow
        with vault.begin() as conn:
            steps.withdraw(conn, vault, load_request(conn, number))


def check_chain(vault: Vault) -> None:
    with vault.read() as conn:
        assert audit.verify(conn, vault).is_intact
        e = schema.request_events
        told = {
            (row.sequence, row.action)
            for row in conn.execute(
                sa.select(schema.audit_entries.c.sequence, schema.audit_entries.c.action)
            )
        }
        for row in conn.execute(sa.select(e)):
            assert (row.audit_sequence, f"request_{row.action}") in told


def test_random_walks_end_in_legal_states_and_report_what_was_missed(vault: Vault) -> None:
    for seed in range(1, 151):
        walk(vault, seed)
    check_chain(vault)


@pytest.mark.soak
def test_ten_thousand_random_walks(vault: Vault) -> None:
    for seed in range(1, 10_001):
        walk(vault, seed)
    check_chain(vault)


def opened(vault: Vault, right: str = "access", **more: Any) -> Request:
    with vault.begin() as conn:
        return open_request(conn, vault, NewRequest(right, 1, START, **more))


def test_prompt_proof_moves_the_deadline_and_a_late_one_does_not(vault: Vault) -> None:
    prompt, late = opened(vault), opened(vault, "portability")
    for request, asked in ((prompt, START), (late, START + timedelta(days=8))):
        with vault.begin() as conn:
            steps.ask_proof(conn, vault, request, asked)
            waiting = load_request(conn, request.number)
            moved = waiting.due(asked + timedelta(days=10), "NL") > request.due_on
            assert moved is (request is prompt)
            answered = asked + timedelta(days=10)
            done = steps.verify(conn, vault, waiting, answered, RISK)
            assert (done.due_on > request.due_on) is (request is prompt)


def test_extension_is_told_within_the_first_month_or_not_at_all(vault: Vault) -> None:
    request = opened(vault)
    with vault.begin() as conn:
        late = request.due_on + timedelta(days=1)
        for day, reason, code in (
            (late, "complex", "extension_late"),
            (START, "holiday", "extension_reason"),
        ):
            with pytest.raises(UsageError) as error:
                steps.extend(conn, vault, request, day, reason)
            assert error.value.code == code
        extended = steps.extend(conn, vault, request, request.due_on, "numerous")
        assert extended.due_on == date(2026, 6, 2)
        with pytest.raises(UsageError) as error:
            steps.extend(conn, vault, extended, START, "complex")
        assert error.value.code == "extended_before"


def test_proof_grows_with_the_risk() -> None:
    check_method("data_question", risk_of("rectification", has_namesakes=False))
    for right in ("access", "erasure"):
        with pytest.raises(UsageError):
            check_method("data_question", risk_of(right, has_namesakes=False))
        check_method("known_channel", risk_of(right, has_namesakes=True))
    grave = risk_of("access", has_namesakes=True, special_categories=True)
    with pytest.raises(UsageError):
        check_method("known_channel", grave)
    check_method("in_person", grave)
    assert not any("copy" in method for method in METHODS)


def test_withdrawal_and_objection_to_marketing_need_no_proof() -> None:
    assert works_at_once("withdraw-consent", "marketing")
    assert works_at_once("objection", "marketing")
    assert not works_at_once("objection", "profiling")
    assert not works_at_once("erasure", None)
    with pytest.raises(UsageError):
        ground_for("withdraw-consent", "unfounded")


def test_details_are_sealed_and_open_again(vault: Vault) -> None:
    request = opened(vault, "rectification")
    with vault.begin() as conn:
        set_details(conn, vault, request, {"city": "Zwolle-Marker"})
        assert details_of(conn, vault, request) == {"city": "Zwolle-Marker"}
        sealed = conn.scalar(sa.select(schema.requests.c.sealed))
    assert b"Zwolle" not in sealed


@pytest.mark.parametrize("end", ["withdraw", "refuse", "erased", "set anew"])
def test_key_of_details_goes_with_the_request_or_its_person(vault: Vault, end: str) -> None:
    request = opened(vault, "rectification")
    with vault.begin() as conn:
        set_details(conn, vault, request, {"city": "Zwolle-Marker"})
        key_id = conn.scalar(sa.select(schema.requests.c.key_id))
    assert vault.data_keys.get([key_id])
    with vault.begin() as conn:
        if end == "erased":
            forget_details(conn, [request.subject_id])
        elif end == "set anew":
            set_details(conn, vault, request, {"city": "Assen"})
        else:
            advance(conn, vault, request, end)
        assert vault.data_keys.get([key_id]), "not before the commit"
    assert not vault.data_keys.get([key_id])
    with vault.begin() as conn:
        left = details_of(conn, vault, request)
    assert left == ({"city": "Assen"} if end == "set anew" else {})
    assert vault.data_keys.orphans(vault.known_key_ids()) == []


def test_silent_scheduler_is_an_alert_only_while_requests_are_open(vault: Vault) -> None:
    at = datetime(2026, 3, 3, 12, tzinfo=UTC)

    def kinds(hours: int) -> list[str]:
        with vault.read() as conn:
            when = at + timedelta(hours=hours)
            return [a.kind for a in alerts.pressing(conn, when, START, "NL")]

    assert kinds(0) == []
    request = opened(vault)
    assert kinds(0) == ["scheduler_silent"]
    with vault.begin() as conn:
        alerts.beat(conn, at)
    assert kinds(0) == []
    assert kinds(alerts.SILENT_HOURS + 1) == ["scheduler_silent"]
    with vault.read() as conn:
        soon = request.due_on - timedelta(days=alerts.WARN_DAYS)
        (alert,) = alerts.pressing(conn, at, soon, "NL")
    assert (alert.kind, alert.request) == ("due_soon", request.number)


def package_of(vault: Vault, request: Request, state: str, package_id: int = 1) -> None:
    with vault.begin() as conn:
        conn.execute(
            sa.insert(schema.packages).values(
                package_id=package_id, request=request.number, subject_id=request.subject_id,
                kind="access", language="nl", key_id=1, state=state, created_at=AT,
                expires_at=AT + timedelta(days=30),
            )
        )  # fmt: skip


def told_of(vault: Vault, at: datetime) -> list[alerts.Alert]:
    with vault.read() as conn:
        return [a for a in alerts.pressing(conn, at, START, "NL") if a.kind == "package_withdrawn"]


def fulfilled(vault: Vault) -> Request:
    with vault.begin() as conn:
        request = open_request(conn, vault, NewRequest("access", subject(conn, vault), START))
        return advance(conn, vault, advance(conn, vault, request, "verify"), "fulfil")


def subject(conn: sa.Connection, vault: Vault) -> int:
    s = schema.subjects
    known: int | None = conn.scalar(sa.select(s.c.subject_id))
    return known or create_subjects(conn, vault, "contact", 1, None)[0].subject_id


def test_withdrawn_package_of_a_fulfilled_request_is_an_alert_until_it_is_made_anew(
    vault: Vault,
) -> None:
    # the request said that it was carried out, and nothing was there to be handed over
    request = fulfilled(vault)
    package_of(vault, request, "withdrawn")
    assert told_of(vault, AT) == [alerts.Alert("package_withdrawn", request.number)]
    assert told_of(vault, AT + timedelta(days=30)) == []
    package_of(vault, request, "released", 2)
    assert told_of(vault, AT) == []


def test_withdrawn_package_is_no_alert_once_the_person_asked_again_or_is_erased(
    vault: Vault,
) -> None:
    first = fulfilled(vault)
    package_of(vault, first, "withdrawn")
    second = fulfilled(vault)
    assert told_of(vault, AT) == []
    package_of(vault, second, "withdrawn", 2)
    assert [alert.request for alert in told_of(vault, AT)] == [second.number]
    with vault.begin() as conn:
        conn.execute(sa.update(schema.subjects).values(state="erased"))
    assert told_of(vault, AT) == []


def test_alert_carries_its_kind_and_the_number_only(vault: Vault, tmp_path: Any) -> None:
    program, told = tmp_path / "send.sh", tmp_path / "told"
    program.write_text(f'#!/bin/sh\necho "$#:$1:$2" >> {told}\n')
    program.chmod(0o700)
    assert alerts.send([alerts.Alert("overdue", "R-2026-0001", -1)], program) == 1
    assert told.read_text() == "2:overdue:R-2026-0001\n"
    with pytest.raises(KlantkluisError):
        alerts.send([alerts.Alert("overdue", "R-2026-0001", -1)], tmp_path / "none")


COMPANY = {"name": "<b>Bedrijf</b>", "address": "Straat 1", "contact": ""}


def test_letter_of_nobody_has_a_place_for_the_name(vault: Vault) -> None:
    nobody = dict.fromkeys(COMPANY, "")
    assert "[naam van de organisatie]" in render(opened(vault), "received", controller=nobody)


def test_not_identified_is_no_ground_before_the_question(vault: Vault) -> None:
    request = opened(vault)
    with vault.begin() as conn:
        with pytest.raises(UsageError) as refused:
            steps.refuse(conn, vault, request, "not_identified")
        assert refused.value.code == "proof_not_asked"
        request = steps.ask_proof(conn, vault, request, START)
        assert steps.refuse(conn, vault, request, "not_identified").state == "refused"
        known = open_request(conn, vault, NewRequest("access", request.subject_id, START))
        known = steps.ask_proof(conn, vault, known, START)
        known = steps.verify(conn, vault, known, START, RISK)
        with pytest.raises(UsageError):
            steps.refuse(conn, vault, known, "not_identified")


@pytest.mark.parametrize("language", ["nl", "en"])
def test_letters_name_number_ground_authority_and_court(vault: Vault, language: str) -> None:
    request = opened(vault, "erasure", language=language)
    with vault.begin() as conn:
        request = steps.extend(conn, vault, request, START, "complex")
        request = steps.refuse(conn, vault, request, "legal_claims")
    for letter in LETTERS:
        text = render(request, letter, controller=COMPANY, others_open=True, kept=[])
        assert request.number in text
        assert "&lt;b&gt;Bedrijf&lt;/b&gt;" in text
        assert "Straat 1" in text
        assert "naam van" not in text
    refused = render(request, "refused", controller=COMPANY, others_open=False, kept=[])
    assert GROUNDS["legal_claims"].article in refused
    assert ("Autoriteit Persoonsgegevens" if language == "nl" else "(AP)") in refused
    assert ("rechtbank" if language == "nl" else "court") in refused


def test_every_right_and_ground_has_words_in_both_languages(vault: Vault) -> None:
    request = opened(vault)
    from dataclasses import replace

    for language in ("nl", "en"):
        for right in RIGHTS:
            told = replace(request, right=right, language=language)
            assert "for  (" not in render(told, "received", controller=COMPANY)
        for ground in GROUNDS:
            told = replace(request, ground=ground, language=language, state="refused")
            render(told, "refused", controller=COMPANY)


def test_pressing_comes_first(vault: Vault) -> None:
    later = opened(vault, "portability")
    with vault.begin() as conn:
        earlier = open_request(conn, vault, NewRequest("access", 2, START - timedelta(days=9)))
        assert [r.number for r in list_requests(conn)] == [earlier.number, later.number]
