"""Each source and recipient that has to follow a request gets a task that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pipelines.common.clock import now
from pipelines.erasures import erase_persons
from pipelines.finding import Asked, the_person
from pipelines.fulfilment import fulfil_requests, let_go_kept
from pipelines.letters import write_letter_of
from pipelines.rights import steps
from pipelines.rights.holds import hold_person, release_hold
from pipelines.rights.keeping import kept_by_hold
from pipelines.rights.others_told import close_task, open_instruction, tasks_of
from pipelines.rights.proof import risk_of
from pipelines.rights.requests import NewRequest, load_request, open_request, set_details
from pipelines.runs import Deployment
from pipelines.vault import schema
from tests.support.context import SHOP, WordDetector, make_context, with_sources

MAIL = """
source: mail
files:
  - pattern: events*.csv
    mode: snapshot
    entities:
      - entity: campaign_events
        columns: {event_id: id, campaign_id: campaign, email: email, event_type: type, occurred_at: at}
"""
EVENTS = "id,campaign,email,type,at\n" + "".join(
    f"e{n},c1,{who}@voorbeeld.example,sent,2026-01-0{n}T10:00:00\n"
    for n, who in enumerate(("jan", "jan", "eva"), 1)
)
ORDERS = "id,contact,at,amount\nO-1,1,2025-03-01T10:00:00,100\nO-0,1,2015-04-01T10:00:00,70\n"
CONTACTS = "id,name,email,mobile\n1,Jan Smit,jan@voorbeeld.example,0612345678\n"
CONTACTS += "2,Eva Mol,eva@voorbeeld.example,\n"


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    context = with_sources(make_context(tmp_path), mail=MAIL, shop=SHOP)
    context.deliver("contacts.csv", CONTACTS)
    context.land()
    context.deliver("events.csv", EVENTS, "mail")
    context.deliver("orders.csv", ORDERS, "shop")
    context.land()
    context.vault.close()
    with Deployment.open(context.settings) as opened:
        yield opened


def fulfilled(deployment: Deployment, right: str, who: str = "jan", **more: Any) -> str:
    with deployment.vault.begin() as conn:
        asked = Asked(email=f"{who}@voorbeeld.example")
        person = the_person(conn, deployment.vault, asked, ["crm"])
        purpose = more.pop("purpose", None)
        channel = more.pop("channel", None)
        new = NewRequest(right, person.subject_id, now().date(), purpose=purpose, channel=channel)
        request = open_request(conn, deployment.vault, new)
        risk = risk_of(right, has_namesakes=False)
        request = steps.verify(conn, deployment.vault, request, now().date(), risk)
        if more:
            set_details(conn, deployment.vault, request, more)
    fulfil_requests(deployment, [request.number])
    return request.number


def told(deployment: Deployment, number: str) -> dict[str, Any]:
    with deployment.vault.begin() as conn:
        request = load_request(conn, number)
        return {
            task.target: open_instruction(conn, deployment.vault, request, task.target)
            for task in tasks_of(conn, request.request_id)
        }


def test_erasure_tells_sources_that_delivered_only_facts(deployment: Deployment) -> None:
    number = fulfilled(deployment, "erasure")
    assert told(deployment, number) == {
        "crm": {"erase": {"contacts": ["1"]}},
        "mail": {"erase": {"campaign_events": ["e1", "e2"]}, "customers": {"crm": ["1"]}},
        "shop": {  # the source has to keep what the tax law asks for, as the vault does
            "unlink": {"orders": ["O-0"]},
            "keep_sealed": [
                {
                    "entity": "orders", "number": "O-1", "ground": "legal_obligation",
                    "until": "2032-12-31",
                }
            ],
            "customers": {"crm": ["1"]},
        },
    }  # fmt: skip


def test_letter_waits_for_every_source(deployment: Deployment) -> None:
    number = fulfilled(deployment, "restriction", "eva")
    sentence = "nog niet overal klaar"
    assert set(told(deployment, number)) == {"crm", "mail"}
    for target, is_left in (("crm", True), ("mail", False)):
        with deployment.vault.begin() as conn:
            request = load_request(conn, number)
            key_id = close_task(conn, deployment.vault, request, target)
        deployment.vault.data_keys.destroy([key_id])
        letter = write_letter_of(deployment, request).read_text()
        assert (sentence in letter) is is_left, target


def test_restriction_names_what_may_not_be_used(deployment: Deployment) -> None:
    content = told(deployment, fulfilled(deployment, "restriction", "eva"))
    assert content["crm"] == {"restrict": {"contacts": ["2"]}}
    assert content["mail"]["restrict"] == {"campaign_events": ["e3"]}


def test_rectification_says_what_is_right_and_in_which_records(deployment: Deployment) -> None:
    change = {"entity": "contacts", "column": "full_name", "value": "Jan Smits", "record": None}
    content = told(deployment, fulfilled(deployment, "rectification", changes=[change]))
    right = {"entity": "contacts", "column": "full_name", "value": "Jan Smits"}
    assert content["crm"] == {"correct": [right | {"numbers": ["1"]}]}
    assert content["mail"] == {
        "correct": [right | {"numbers": []}], "customers": {"crm": ["1"]},
    }  # fmt: skip


def test_rectification_of_one_record_tells_its_source_only(deployment: Deployment) -> None:
    change = {"entity": "orders", "column": "amount", "value": "90", "record": "shop/O-1"}
    content = told(deployment, fulfilled(deployment, "rectification", changes=[change]))
    assert set(content) == {"shop"}
    assert content["shop"]["correct"][0]["numbers"] == ["O-1"]


@pytest.mark.parametrize("right", ["objection", "withdraw-consent"])
def test_who_sends_is_told_to_stop(deployment: Deployment, right: str) -> None:
    number = fulfilled(deployment, right, purpose="marketing", channel="email")
    content = told(deployment, number)
    assert set(content) == {
        "crm",
        "mail",
    }  # both yield campaign events; a shop's orders send nothing
    assert content["mail"] == {
        "stop": ["marketing"], "channel": "email", "customers": {"crm": ["1"]},
        "addresses": [{"email": "jan@voorbeeld.example"}],
    }  # fmt: skip
    with deployment.vault.read() as conn:
        request = load_request(conn, number)
    assert "om te stoppen" in write_letter_of(deployment, request).read_text()


def test_recipients_whom_the_organisation_names_are_told(deployment: Deployment) -> None:
    recipient_named(deployment)
    content = told(deployment, fulfilled(deployment, "restriction"))
    assert content["Printer BV"] == {
        "restrict": "the copy that was handed out", "customers": {"crm": ["1"]},
        "addresses": [{"email": "jan@voorbeeld.example"}],
    }  # fmt: skip


def recipient_named(deployment: Deployment) -> None:
    (deployment.home.policy / "organisation.yaml").write_text(
        "recipients: [{name: Printer BV, purpose: post, country: NL}]\n"
    )


def in_an_audience(deployment: Deployment, channel: str) -> None:
    with deployment.vault.begin() as conn:
        asked = Asked(email="jan@voorbeeld.example")
        person = the_person(conn, deployment.vault, asked, ["crm"])
        conn.execute(
            sa.insert(schema.audiences).values(
                audience_id=1, segment="all", purpose="marketing", channel=channel, built_at=now(),
                expires_at=now(), selected_count=1, addressed_count=1, state="expired",
                file_name="audience-1.zip",
            )
        )  # fmt: skip
        conn.execute(
            sa.insert(schema.audience_members).values(audience_id=1, subject_id=person.subject_id)
        )


def test_recipient_knows_whom_to_erase_when_the_erasure_is_done(deployment: Deployment) -> None:
    recipient_named(deployment)
    in_an_audience(deployment, "sms")
    number = fulfilled(deployment, "erasure")
    with deployment.vault.read() as conn:
        subject_id = load_request(conn, number).subject_id
    erase_persons(deployment, [subject_id], request=number, detector=WordDetector())
    content = told(deployment, number)
    assert content["Printer BV"] == {
        "erase": "the copy that was handed out", "customers": {"crm": ["1"]},
        "addresses": [{"email": "jan@voorbeeld.example"}],
    }  # fmt: skip
    assert content["audience 1"] == {  # whose file had no customer numbers
        "erase": "the copy that was handed out", "addresses": [{"mobile": "0612345678"}],
    }  # fmt: skip


def test_recipient_is_told_what_is_right_of_whom_by_the_former_address_too(
    deployment: Deployment,
) -> None:
    recipient_named(deployment)
    change = {
        "entity": "contacts", "column": "email", "value": "jan@elders.example", "record": None,
    }  # fmt: skip
    content = told(deployment, fulfilled(deployment, "rectification", changes=[change]))
    assert content["Printer BV"] == {
        "correct": [
            {
                "entity": "contacts", "column": "email", "value": "jan@elders.example",
                "records": ["crm/1"],
            }
        ],
        "customers": {"crm": ["1"]},
        "addresses": [{"email": "jan@elders.example"}, {"email": "jan@voorbeeld.example"}],
    }  # fmt: skip


def release(deployment: Deployment, hold: str) -> None:
    with deployment.vault.begin() as conn:
        kept = kept_by_hold(conn, release_hold(conn, deployment.vault, hold).hold_id)
    assert let_go_kept(deployment, kept) == 5


def test_sources_are_told_when_a_hold_ends_what_they_may_not_keep_either(
    deployment: Deployment,
) -> None:
    vault = deployment.vault
    with vault.begin() as conn:
        asked = Asked(email="jan@voorbeeld.example")
        subject_id = the_person(conn, vault, asked, ["crm"]).subject_id
        hold = hold_person(conn, vault, subject_id, "2026/118").number
    number = fulfilled(deployment, "erasure")
    sealed = told(deployment, number)
    assert [set(sealed[source]) & {"erase", "unlink"} for source in ("crm", "shop")] == [set()] * 2
    erase_persons(deployment, [subject_id], request=number, detector=WordDetector())
    with vault.begin() as conn:  # crm and mail have done it, shop has not yet
        request = load_request(conn, number)
        done = [close_task(conn, vault, request, source) for source in ("crm", "mail")]
        before = {t.target: t.state for t in tasks_of(conn, request.request_id)}
        t = schema.outbound_tasks
        replaced = conn.scalar(sa.select(t.c.key_id).where(t.c.target == "shop"))
    vault.data_keys.destroy(done)
    assert before == {"crm": "done", "mail": "done", "shop": "open"}
    release(deployment, hold)
    content = told(deployment, number)
    assert content["crm"] == {"erase": {"contacts": ["1"]}}
    assert content["mail"] == {"erase": {"campaign_events": ["e1", "e2"]}}
    assert content["shop"] == {  # of the invoice the tax law asks that it stays
        "unlink": {"orders": ["O-0"]}, "customers": {"crm": ["1"]},
        "keep_sealed": [
            {
                "entity": "orders", "number": "O-1", "ground": "legal_obligation",
                "until": "2032-12-31",
            }
        ],
    }  # fmt: skip
    assert vault.data_keys.get([replaced]) == {}
    with vault.read() as conn:
        assert {t.state for t in tasks_of(conn, request.request_id)} == {"open"}
