"""``mentions``: a name that an erasure left, because somebody near by is called the same."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines.erasures import erase_persons
from pipelines.runs import Deployment
from pipelines.vault import audit, schema
from tests.support.context import Context, WordDetector, make_context
from tests.support.mentions import opened_records

CONTACTS = """id,name,email,mobile,account
1,Elke Zevenstra,elke@voorbeeld.example,,
2,Elke Zevenstra,e.zevenstra@bedrijf.example,,A1
3,Kees Mol,kees.mol@bedrijf.example,,A1
"""
TEXT = "Gesproken met Elke Zevenstra, bel Piet Bakker op 06-12345678"
DETECTOR = WordDetector(
    {"Elke Zevenstra": "PERSON", "Piet Bakker": "PERSON", "06-12345678": "PHONE"}
)


@pytest.fixture
def erased(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    """One Elke is erased; a note of the other one's colleague names an Elke."""
    monkeypatch.setattr("pipelines.doubtful_mentions.make_detector", lambda: DETECTOR)
    context = make_context(tmp_path)
    context.deliver("accounts.csv", "id,name,size\nA1,Bedrijf BV,small\n")
    context.deliver("contacts.csv", CONTACTS)
    context.deliver(
        "interactions.csv",
        f'id,contact,channel,at,body\nI1,3,phone,2026-01-02T10:00:00,"{TEXT}"\n',
    )
    context.land(DETECTOR)
    context.vault.close()
    with Deployment.open(context.settings) as deployment:
        with deployment.vault.read() as conn:
            i = schema.identifiers
            email = deployment.vault.index.of("email", "elke@voorbeeld.example")
            elke = conn.scalar(sa.select(i.c.subject_id).where(i.c.blind == email))
        erase_persons(deployment, [elke], detector=DETECTOR)
    monkeypatch.setenv("KLANTKLUIS_HOME", str(context.home.root))
    return context


def text_of(context: Context) -> str:
    found = {r: f for r, _, f in opened_records(context.home)}
    return str(found["crm", "interactions", "I1"]["body"])


def test_question_names_the_record_and_shows_its_text_on_record(cli, erased: Context) -> None:
    assert text_of(erased) == TEXT
    answer = cli("mentions", "list", "--json")
    (question,) = answer.document
    assert (question["entity"], question["source"], question["record"]) == (
        "interactions", "crm", "I1",
    )  # fmt: skip
    assert "Zevenstra" not in answer.out
    assert cli("identity", "queue", "--json").document == []
    shown = cli("mentions", "show", str(question["number"]), "--json").document
    assert shown["texts"] == {"body": "Gesproken met Elke Zevenstra, bel <PERSON_1> op <PHONE_1>"}
    assert shown["namesake"] == question["namesake"]
    with Deployment.open(erased.settings) as deployment, deployment.vault.read() as conn:
        actions = list(conn.scalars(sa.select(schema.audit_entries.c.action)))
        assert actions.count("mention_shown") == 1
        assert audit.verify(conn, deployment.vault).is_intact


def test_name_is_cut_when_the_steward_says_so(cli, erased: Context) -> None:
    (question,) = cli("mentions", "list", "--json").document
    answer = cli("mentions", "cut", str(question["number"]), "--json")
    assert answer.document == {"answered": 1, "cut": 1}
    assert text_of(erased) == "Gesproken met […], bel Piet Bakker op 06-12345678"
    assert cli("mentions", "list", "--json").document == []
    assert cli("mentions", "cut", str(question["number"])).status == 2


def test_name_stays_when_the_steward_says_so_and_is_not_asked_again(cli, erased: Context) -> None:
    (question,) = cli("mentions", "list", "--json").document
    assert cli("mentions", "keep", str(question["number"])).status == 0
    assert text_of(erased) == TEXT
    assert cli("mentions", "list", "--json").document == []


def test_unknown_question_answers_none_of_them(cli, erased: Context) -> None:
    (question,) = cli("mentions", "list", "--json").document
    answer = cli("mentions", "cut", str(question["number"]), "99", "--lang", "nl")
    assert answer.status == 2
    assert "wacht niet" in answer.err
    assert text_of(erased) == TEXT
