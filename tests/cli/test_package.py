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
