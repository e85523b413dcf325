"""Each source and recipient that has to follow a request gets a task that says what to do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipelines.common.clock import now
from pipelines.finding import Asked, the_person
from pipelines.fulfilment import fulfil_requests
from pipelines.letters import write_letter_of
from pipelines.rights import steps
from pipelines.rights.others_told import close_task, open_instruction, tasks_of
from pipelines.rights.proof import risk_of
from pipelines.rights.requests import NewRequest, load_request, open_request, set_details
from pipelines.runs import Deployment
from tests.support.context import SHOP, make_context, with_sources

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
    (deployment.home.policy / "organisation.yaml").write_text(
        "recipients: [{name: Printer BV, purpose: post, country: NL}]\n"
    )
    content = told(deployment, fulfilled(deployment, "restriction"))
    assert content["Printer BV"] == {"restrict": "the copy that was handed out"}
