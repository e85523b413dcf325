"""``request``: from receipt to answer, and what is refused."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.support.context import Context, make_context

CONTACTS = """id,name,email,mobile
1,Jan Smit,jan.smit@voorbeeld.example,0612345678
2,Eva Bakker,eva.bakker@voorbeeld.example,0612345678
3,Kees Mol,kees.mol@voorbeeld.example,
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


def test_refusal_needs_a_ground_of_the_right(cli, landed: Context) -> None:
    number = opened(cli, "--right", "access", "--email", "eva.bakker@voorbeeld.example")
    assert cli("request", "refuse", number, "--ground", "archiving").status == 2
    assert cli("request", "refuse", number, "--ground", "excessive").status == 0
    assert "closed" in cli("request", "verify", number).err
