"""``request``: from receipt to answer, and what is refused."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines.erasures import erase_persons
from pipelines.fulfilment import fulfil_requests
from pipelines.rights.requests import advance, load_request
from pipelines.runs import Deployment
from pipelines.vault import schema
from tests.support.context import Context, WordDetector, make_context

CONTACTS = """id,name,email,mobile,postcode
1,Jan Smit,jan.smit@voorbeeld.example,0612345678,
2,Eva Bakker,eva.bakker@voorbeeld.example,0612345678,1234 AB
3,Kees Mol,kees.mol@voorbeeld.example,,
"""


@pytest.fixture
def landed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    context = make_context(tmp_path)
    context.deliver("contacts.csv", CONTACTS)
    context.land()
    context.vault.close()
    monkeypatch.setenv("KLANTKLUIS_HOME", str(context.home.root))
    return context


def opened(cli, *words: str) -> str:
    answer = cli("request", "open", "--json", *words)
    assert answer.status == 0, answer.err
    return str(answer.document["request"])


def test_request_goes_from_receipt_to_its_clock(cli, landed: Context) -> None:
    number = opened(
        cli,
        "--right",
        "access",
        "--email",
        "JAN.SMIT@voorbeeld.example",
        "--received",
        "2026-08-31",
    )
    (listed,) = cli("request", "list", "--json").document
    assert listed["request"] == number
    assert (listed["state"], listed["due_on"]) == ("received", "2026-09-30")
    assert cli("request", "verify", number, "--json").document["state"] == "in_progress"
    shown = cli("request", "show", number, "--json").document
    assert [e["action"] for e in shown["events"]] == ["open", "verify"]
    assert cli("request", "withdraw", number).status == 0
    assert cli("request", "list", "--json").document == []
    assert len(cli("request", "list", "--all", "--json").document) == 1
    assert "jan.smit" not in str(shown).lower()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--email", "nobody@voorbeeld.example"], "niemand past"),
        (["--phone", "06-12345678"], "meer dan één persoon past"),
        (["--email", "geen adres"], "niet te lezen"),
        (["--subject", "aaaaaaaaaaaa"], "niemand past"),
        ([], "niemand te vinden"),
    ],
)
def test_unclear_person_is_refused_and_nothing_is_opened(
    cli, landed: Context, words: list[str], code: str
) -> None:
    answer = cli("request", "open", "--right", "erasure", "--lang", "nl", *words)
    assert answer.status == 2
    assert code in answer.err
    assert "voorbeeld" not in answer.err
    assert cli("request", "list", "--all", "--json").document == []


@pytest.mark.parametrize(
    ("words", "todo"),
    [
        ([], "--name with --birth-date or --postcode"),
        (["--postcode", "1234 AB"], '--name "First Last" with'),
        (["--birth-date", "1980-02-01"], '--name "First Last" with'),
        (["--name", "Jan Smit"], "with --birth-date or --postcode"),
        (["--name", "Jan Smit", "--postcode", " "], "with --birth-date or --postcode"),
        (["--customer-id", ""], "option --customer-id"),
        (["--customer-id", "crm/"], "option --customer-id"),
        (["--subject", ""], "option --subject"),
    ],
)
def test_too_little_to_look_by_is_refused_and_nobody_is_said_not_to_fit(
    cli, landed: Context, words: list[str], todo: str
) -> None:
    answer = cli("request", "find", *words)
    assert answer.status == 2
    assert todo in answer.err
    assert not answer.out
    assert cli("request", "find", *words, "--lang", "nl").status == 2


def test_customer_number_finds_with_and_without_its_source(cli, landed: Context) -> None:
    opened(cli, "--right", "access", "--customer-id", "3")
    opened(cli, "--right", "portability", "--customer-id", "crm/3")


def test_identifier_that_is_a_dash_is_asked_for(
    cli, landed: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    with monkeypatch.context() as patch:
        patch.setattr("sys.stdin", Terminal())
        patch.setattr("typer.prompt", lambda *_, **__: "eva.bakker@voorbeeld.example")
        opened(cli, "--right", "erasure", "--email", "-")
    monkeypatch.setattr("sys.stdin", io.StringIO("eva.bakker@voorbeeld.example\n"))
    opened(cli, "--right", "access", "--email", "-")


def test_person_is_looked_for_by_lines_of_a_pipe(
    cli, landed: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Kees Mol\n1980-02-01\n"))
    answer = cli("request", "find", "--name", "-", "--birth-date", "-", "--json")
    assert answer.status == 0, answer.err
    assert [row["agrees"] for row in answer.document], "nobody resembles"
    monkeypatch.setattr("sys.stdin", io.StringIO("Kees Mol\n1 februari\n"))
    refused = cli("request", "find", "--name", "-", "--birth-date", "-")
    assert refused.status == 2
    assert "februari" not in refused.err


def test_duplicate_is_recognised_and_named(cli, landed: Context) -> None:
    words = ("--right", "erasure", "--email", "eva.bakker@voorbeeld.example")
    number = opened(cli, *words)
    answer = cli("request", "open", *words)
    assert answer.status == 2
    assert number in answer.err
    assert opened(cli, *words, "--again") != number


def test_fulfilling_before_verifying_is_refused(cli, landed: Context) -> None:
    number = opened(cli, "--right", "erasure", "--email", "eva.bakker@voorbeeld.example")
    answer = cli("request", "fulfil", number)
    assert answer.status == 2
    assert "not verified" in answer.err
    assert cli("request", "show", number, "--json").document["state"] == "received"


def test_receipt_is_of_today_or_before_where_the_clock_runs(
    cli, landed: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)  # half past midnight in Amsterdam, on 1 July
    monkeypatch.setattr("pipelines.common.clock.now", lambda: night)
    monkeypatch.setattr("pipelines.rights.requests.now", lambda: night)
    words = ("request", "open", "--right", "access", "--customer-id", "3", "--received")
    assert "in the future" in cli(*words, "2026-07-02").err
    assert cli(*words, "2026-07-01").status == 0
    assert "older than the GDPR (day 2018-05-25)" in cli(*words, "2018-05-24").err
    assert "ouder zijn dan de AVG" in cli(*words, "1900-01-01", "--lang", "nl").err
    assert cli(*words, "2018-05-25", "--again").status == 0


@pytest.mark.parametrize("reference", ["zaak Anke", "Anke", "", "2026 118"])
def test_hold_is_named_by_the_number_of_a_case(cli, landed: Context, reference: str) -> None:
    answer = cli("hold", "add", "--customer-id", "3", "--reference", reference)
    assert answer.status == 2
    assert "no name" in answer.err
    assert cli("hold", "list", "--json").document == []


def test_refusal_needs_a_ground_of_the_right(cli, landed: Context) -> None:
    number = opened(cli, "--right", "access", "--email", "eva.bakker@voorbeeld.example")
    assert cli("request", "refuse", number, "--ground", "archiving").status == 2
    assert cli("request", "refuse", number, "--ground", "excessive").status == 0
    assert "closed" in cli("request", "verify", number).err


def test_letter_comes_in_the_language_that_is_asked_else_of_the_opening(
    cli, landed: Context
) -> None:
    who = ("--right", "erasure", "--email", "eva.bakker@voorbeeld.example")
    number = opened(cli, *who, "--lang", "nl")
    folder = landed.home.outbox / number
    assert cli("request", "letter", number).status == 0
    assert [p.name for p in folder.iterdir()] == ["received.nl.html"]
    assert "<p>Voorbeeld</p>" in (folder / "received.nl.html").read_text()
    assert cli("request", "letter", number, "--lang", "en").status == 0
    assert "we received your request" in (folder / "received.en.html").read_text()
    assert cli("request", "ask-proof", number, "--lang", "en").status == 0
    assert "Who makes this request?" in (folder / "proof.en.html").read_text()
    assert cli("request", "refuse", number, "--ground", "excessive", "--lang", "en").status == 0
    assert "We do not carry out" in (folder / "refused.en.html").read_text()


def test_erasure_that_is_closed_cannot_be_taken_back_and_does_not_say_so(
    cli, landed: Context
) -> None:
    number = opened(cli, "--right", "erasure", "--email", "eva.bakker@voorbeeld.example")
    assert cli("request", "verify", number).status == 0
    assert "can be taken back until" in cli("request", "show", number).out
    with Deployment.open(landed.settings) as deployment:
        fulfil_requests(deployment, [number])
    for step in (("withdraw", number), ("refuse", number, "--ground", "excessive")):
        refused = cli("request", *step)
        assert refused.status == 2
        assert "has begun" in refused.err
    assert "can be taken back until" not in cli("request", "show", number).out
    with Deployment.open(landed.settings) as deployment, deployment.vault.begin() as conn:
        advance(conn, deployment.vault, load_request(conn, number), "fulfil")
    closed = cli("request", "withdraw", number)
    assert closed.status == 2
    assert "the request is closed" in closed.err
    assert "can be taken back until" not in cli("request", "show", number).out
    assert cli("request", "show", number, "--json").document["grace_until"] is None


def test_merge_waits_for_a_verified_request_and_the_request_says_whom_it_covers(
    cli, landed: Context
) -> None:
    s = schema.subjects
    with Deployment.open(landed.settings) as deployment, deployment.vault.read() as conn:
        _, eva, kees = conn.scalars(sa.select(s.c.subject_key).order_by(s.c.subject_id))
    merge = ("identity", "merge", kees, eva, "--despite-names")
    number = opened(cli, "--right", "erasure", "--subject", eva)
    assert cli("request", "show", number, "--json").document["pseudonyms"] == 1
    assert cli("request", "verify", number).status == 0
    refused = cli(*merge)
    assert refused.status != 0
    assert number in refused.err
    assert cli("request", "withdraw", number).status == 0
    again = opened(cli, "--right", "erasure", "--subject", eva)
    assert cli(*merge, "--json").document["drafts"] == 0
    assert "pseudonyms that it covers: 2" in cli("request", "show", again).out


def test_fulfilling_nothing_is_said_in_a_sentence(cli, landed: Context) -> None:
    answer = cli("request", "fulfil")
    assert answer.status == 2
    assert answer.err.startswith("no request was named; give its number")
    assert "er is geen verzoek genoemd" in cli("request", "fulfil", "--lang", "nl").err


def test_objection_works_at_once_and_opens_its_tasks(cli, landed: Context) -> None:
    number = opened(cli, "--right", "objection", "--email", "eva.bakker@voorbeeld.example")
    assert cli("request", "show", number, "--json").document["state"] == "fulfilled"
    (task,) = cli("request", "tasks", number, "--json").document
    assert (task["what"], task["target"], task["state"]) == ("objection", "crm", "open")


def test_erased_person_of_whom_something_is_held_is_found_and_may_ask_access(
    cli, landed: Context
) -> None:
    who = ("--customer-id", "crm/2")
    assert cli("hold", "add", *who, "--reference", "2026/118").status == 0
    number = opened(cli, "--right", "erasure", *who)
    with Deployment.open(landed.settings) as deployment:
        with deployment.vault.read() as conn:
            subject_id = load_request(conn, number).subject_id
        erase_persons(deployment, [subject_id], request=number, detector=WordDetector())
    for asked in (who, ("--email", "eva.bakker@voorbeeld.example")):
        found = cli("request", "find", *asked)
        assert "1 contacts legal_claims" in found.out, asked
        assert "Nobody" not in found.out
    named = ("request", "find", "--name", "Eva Bakker")
    for beside, agrees in (
        (("--birth-date", "1980-02-01"), "agrees is: name;"),  # no copy tells the birth date
        (("--postcode", "1234ab"), "agrees is: name, postcode;"),
    ):
        found = cli(*named, *beside)
        assert "1 contacts legal_claims" in found.out
        assert agrees in found.out
        assert "no answer before it is established" in found.out
    other = cli(*named, "--postcode", "9999 ZZ")  # a stranger was told that this fits
    assert "legal_claims" not in other.out
    assert "not with what was given (postcode)" in other.out
    (told,) = cli(*named, "--postcode", "9999 ZZ", "--json").document
    assert (told["kept"], told["agrees"], told["differs"]) == ([], "", "postcode")
    assert "(postcode)" in cli(*named, "--postcode", "9999 ZZ", "--lang", "nl").out
    assert cli("request", "find", "--customer-id", "crm/77").out.startswith("Nobody fits")
    refused = cli("request", "open", "--right", "erasure", *who, "--lang", "nl")
    assert refused.status == 2
    assert "bewaard 1 contacts legal_claims" in refused.err
    access = opened(cli, "--right", "access", *who)
    assert cli("request", "verify", access).status == 0
    assert cli("request", "fulfil", access).status == 0
    letter = (landed.home.outbox / access / "fulfilled.en.html").read_text()
    assert "a legal claim" in letter
    assert "bakker" not in letter.lower()


def test_what_is_kept_is_listed_without_names_and_opened_on_record(cli, landed: Context) -> None:
    who = ("--customer-id", "crm/2")
    hold = cli("hold", "add", *who, "--reference", "2026/118", "--json").document["hold"]
    number = opened(cli, "--right", "erasure", *who)
    with Deployment.open(landed.settings) as deployment:
        with deployment.vault.read() as conn:
            subject_id = load_request(conn, number).subject_id
        erase_persons(deployment, [subject_id], request=number, detector=WordDetector())
    listed = cli("kept", "list", "--request", number, "--json")
    (row,) = listed.document
    assert (row["request"], row["hold"], row["entity"]) == (number, hold, "contacts")
    assert "Eva" not in listed.out
    kept = str(row["kept_id"])
    for purpose, status in (("accounting", 3), ("marketing", 3), ("accountability", 0)):
        answer = cli("kept", "show", kept, "--purpose", purpose)
        assert answer.status == status, purpose
        assert ("Eva Bakker" in answer.out) is (status == 0)
    assert cli("kept", "show", "99", "--purpose", "accountability").status == 2
    with Deployment.open(landed.settings) as deployment, deployment.vault.read() as conn:
        t = schema.audit_entries
        looks = conn.scalar(sa.select(sa.func.count()).where(t.c.action == "kept_opened"))
    assert looks == 1


def test_who_cannot_be_told_is_said_so_and_named_in_the_letter(cli, landed: Context) -> None:
    (landed.home.policy / "organisation.yaml").write_text(
        "recipients: [{name: Printer BV, purpose: post, country: NL}]\n"
    )
    number = opened(cli, "--right", "restriction", "--email", "eva.bakker@voorbeeld.example")
    assert cli("request", "verify", number).status == 0
    assert cli("request", "fulfil", number).status == 0
    words = ("request", "told", number, "--target")
    assert "Printer BV is noted as impossible" in cli(*words, "Printer BV", "--impossible").out
    assert "crm is noted as done" in cli(*words, "crm").out
    for language, sentence in (
        ("en", "proved impossible or would take disproportionate effort (GDPR Art. 19): recipient"),
        ("nl", "onevenredig veel inspanning zou kosten (AVG art. 19): ontvanger"),
    ):
        assert cli("request", "letter", number, "--lang", language).status == 0
        letter = (landed.home.outbox / number / f"fulfilled.{language}.html").read_text()
        assert f"{sentence} Printer BV.</p>" in letter


def test_instruction_is_not_written_over_a_file(cli, landed: Context, tmp_path: Path) -> None:
    number = opened(cli, "--right", "objection", "--email", "eva.bakker@voorbeeld.example")
    target = tmp_path / "crm.json"
    target.write_text("mine")
    words = ("request", "told", number, "--target", "crm", "--export")
    refused = cli(*words, str(target))
    assert refused.status == 2
    assert "the file exists and is not overwritten" in refused.err
    assert target.read_text() == "mine"
    assert "cannot be written" in cli(*words, str(tmp_path / "nowhere" / "crm.json")).err
    assert cli(*words, str(tmp_path / "crm2.json")).status == 0


def test_steward_is_told_where_a_corrected_value_still_stands(
    cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = make_context(tmp_path)
    context.deliver(
        "contacts.csv", CONTACTS + "4,Eva Bakker,eva.bakker@voorbeeld.example,0612345678,\n"
    )
    context.land()
    context.vault.close()
    monkeypatch.setenv("KLANTKLUIS_HOME", str(context.home.root))
    number = opened(cli, "--right", "rectification", "--customer-id", "crm/2")
    assert cli("request", "verify", number).status == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("eva@elders.example\n"))
    done = cli("request", "fulfil", number, "--set", "contacts:crm/2:email=-")
    assert done.status == 0, done.err
    assert "former value still stands in contacts:crm/4:email" in done.out
    assert "bakker@" not in done.out
