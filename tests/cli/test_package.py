"""``package``: from a request to a file in the outbox, as a steward does it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.context import Context, make_context


@pytest.fixture
def landed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    context = make_context(tmp_path)
    context.deliver("contacts.csv", "id,name,email,mobile\n1,Jan Smit,jan@voorbeeld.example,\n")
    context.land()
    context.vault.close()
    monkeypatch.setenv("KLANTKLUIS_HOME", str(context.home.root))
    return context


def test_a_package_is_drafted_reviewed_and_released(cli, landed: Context) -> None:
    words = ("--right", "access", "--email", "jan@voorbeeld.example", "--json")
    number = cli("request", "open", *words).document["request"]
    refused = cli("request", "fulfil", number)
    assert refused.status == 2, "not verified yet"
    cli("request", "verify", number)
    assert cli("package", "release", number).status == 2, "nothing was drafted"
    said = landed.home.policy / "organisation.yaml"
    words_of_the_organisation = said.read_text()
    said.write_text("controller: {name: Voorbeeld}\n")
    refused = cli("request", "fulfil", number)
    assert refused.status == 2
    assert "data_protection_officer, recipients, transfers" in refused.err
    said.write_text(words_of_the_organisation.replace("recipients: []", "recipients: nobody"))
    refused = cli("request", "fulfil", number)
    assert refused.status == 2
    assert "[] where there is nobody" in refused.err
    assert cli("package", "list", "--json").document == []
    said.write_text(words_of_the_organisation)
    assert cli("request", "fulfil", number).status == 0
    assert "package review" in cli("package", "release", number).err
    assert cli("package", "review", number, "--json").document == []
    released = cli("package", "release", number, "--json").document
    assert (landed.home.outbox / released["file"]).is_file()
    assert len(released["passphrase"]) == 29
    assert cli("request", "show", number, "--json").document["state"] == "fulfilled"
    (listed,) = cli("package", "list", "--json").document
    assert listed["state"] == "released"
    assert cli("package", "withdraw", number).status == 0
    assert not (landed.home.outbox / released["file"]).exists()


def drafted(cli) -> str:
    words = ("--right", "access", "--email", "jan@voorbeeld.example", "--json")
    number = str(cli("request", "open", *words).document["request"])
    assert cli("request", "verify", number).status == 0
    assert cli("request", "fulfil", number).status == 0
    return number


def released(cli, number: str) -> dict[str, str]:
    assert cli("package", "review", number).status == 0
    answer = cli("package", "release", number, "--json")
    assert answer.status == 0, answer.err
    return dict(answer.document)


def test_a_withdrawn_package_of_a_fulfilled_request_is_made_anew(cli, landed: Context) -> None:
    number = drafted(cli)
    first = released(cli, number)
    assert "is closed" in cli("request", "fulfil", number).err, "the first one still lies there"
    assert "after package withdraw" in cli("package", "release", number).err
    assert cli("package", "withdraw", number).status == 0
    again = cli("request", "fulfil", number)
    assert again.status == 0, again.err
    assert f"package review {number}" in again.out
    second = released(cli, number)
    assert second["file"] != first["file"]
    assert second["passphrase"] != first["passphrase"]
    assert [p.name for p in landed.home.outbox.glob("*.zip")] == [second["file"]]
    shown = cli("request", "show", number, "--json").document
    assert shown["state"] == "fulfilled"
    assert [e["action"] for e in shown["events"]] == ["open", "verify", "fulfil", "renew"]


@pytest.mark.parametrize("step", [("withdraw",), ("refuse", "--ground", "excessive")])
def test_a_draft_goes_with_the_request_that_is_given_up(
    cli, landed: Context, step: tuple[str, ...]
) -> None:
    number = drafted(cli)
    assert cli("request", step[0], number, *step[1:]).status == 0
    assert [p["state"] for p in cli("package", "list", "--json").document] == ["withdrawn"]
    for command in (("package", "review"), ("package", "release"), ("request", "fulfil")):
        assert "the request is closed" in cli(*command, number).err


def test_a_letter_confirms_that_a_request_was_withdrawn(cli, landed: Context) -> None:
    number = drafted(cli)
    assert cli("request", "withdraw", number).status == 0
    folder = landed.home.outbox / number
    confirmed = folder / "withdrawn.en.html"
    assert "You have withdrawn your request for access" in confirmed.read_text()
    confirmed.unlink()
    assert cli("request", "letter", number, "--lang", "nl").status == 0
    letter = (folder / "withdrawn.nl.html").read_text()
    assert "ingetrokken" in letter
    assert "antwoord" not in letter
