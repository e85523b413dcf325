"""A package from gathering to expiry, in a small home with persons written by the test."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pyzipper
import sqlalchemy as sa

from pipelines.common.clock import now
from pipelines.common.errors import UsageError
from pipelines.identity.merge import merge_subjects, unmerge_subject
from pipelines.merging import merge_persons
from pipelines.packages.drafts import (
    change_draft,
    look_at_item,
    make_draft,
    open_draft,
    review_draft,
)
from pipelines.packages.release import (
    expire_packages,
    list_packages,
    release_package,
    withdraw_package,
)
from pipelines.privacy.third_persons import BLACK
from pipelines.rights.package_files import remove_unknown
from pipelines.vault import audit, schema
from tests.support.context import SHOP, Context, WordDetector, make_context, with_sources

CONTACTS = """id,account,name,email,mobile,born,postcode,bsn
1,A,Jan de Vries,jan@voorbeeld.nl,0612345678,1980-02-01,1234 AB,
2,A,Piet Bakker,piet@voorbeeld.nl,0687654321,,,
3,,Jan de Vries,jdv@elders.nl,,,,
"""
INTERACTIONS = """id,contact,channel,at,body
I1,1,email,2026-01-05T10:00:00Z,"Jan de Vries belt over Piet Bakker. Hij is op piet@voorbeeld.nl bereikbaar."
I2,2,note,2026-01-06T10:00:00Z,"Gesprek met Piet. Collega Jan de Vries tekent mee. Daarna koffie."
I3,3,note,2026-01-06T10:00:00Z,"Jan de Vries wil dit zelf <b>niet</b>."
"""
TICKETS = "id,contact,status,subject\nT1,1,open,hulp\n"
REPLIES = "id,ticket,type,at,body\nE1,T1,customer_reply,2026-01-07T10:00:00Z,=Dank van Jan\n"
DEALS = "id,contact,stage,amount,outcome,closed\nD1,1,won,100,won,2026-01-08T00:00:00Z\n"
ORDERS = "id,contact,at,amount,margin\nO1,1,2026-01-09,250,87.5\n"
DETECTOR = WordDetector(
    {
        "Jan de Vries": "PERSON", "Piet Bakker": "PERSON", "piet@voorbeeld.nl": "EMAIL",
    }
)  # fmt: skip
NUMBER = "R-2026-0001"


@pytest.fixture
def context(tmp_path: Path) -> Context:
    made = with_sources(make_context(tmp_path), shop=SHOP)
    made.deliver("orders.csv", ORDERS, "shop")
    made.deliver("accounts.csv", "id,name,size\nA,Bakkerij BV,small\n")
    made.deliver("contacts.csv", CONTACTS)
    made.deliver("interactions.csv", INTERACTIONS)
    made.deliver("tickets.csv", TICKETS)
    made.deliver("replies.csv", REPLIES)
    made.deliver("deals.csv", DEALS)
    made.deliver("contacts_bad.csv", "id,account,name,email,mobile\n,A,J,jan@voorbeeld.nl,\n")
    made.land(DETECTOR)
    return made


def subject_id(context: Context, email: str = "jan@voorbeeld.nl") -> int:
    i = schema.identifiers
    with context.vault.read() as conn:
        found = conn.scalar(
            sa.select(i.c.subject_id).where(i.c.blind == context.vault.index.of("email", email))
        )
    assert found is not None
    return int(found)


def draft(context: Context, kind: str = "access", language: str = "nl") -> Any:
    return make_draft(
        context, subject_id(context), kind, request=NUMBER, language=language, detector=DETECTOR,
    )  # type: ignore[arg-type]  # fmt: skip


def opened(context: Context, file_name: str, passphrase: str) -> dict[str, bytes]:
    content = (context.home.outbox / file_name).read_bytes()
    with pyzipper.AESZipFile(io.BytesIO(content)) as archive:
        archive.setpassword(passphrase.encode())
        return {name: archive.read(name) for name in archive.namelist()}


def test_an_access_package_has_every_record_and_hides_others(context: Context) -> None:
    package = draft(context).package
    found = {(r["entity"], r["record"]): r["fields"] for r in package["records"]}
    assert set(found) == {
        ("contacts", "1"), ("interactions", "I1"), ("tickets", "T1"), ("ticket_events", "E1"),
        ("deals", "D1"), ("orders", "O1"),
    }  # fmt: skip
    assert found["contacts", "1"]["email"] == "jan@voorbeeld.nl"
    assert found["contacts", "1"]["account_id"] == "Bakkerij BV"
    assert found["deals", "D1"]["amount"] == 100
    assert found["interactions", "I1"]["body"] == (
        f"Jan de Vries belt over {BLACK}. Hij is op {BLACK} bereikbaar."
    )
    assert sorted(m["text"] for m in package["texts_about_you"]) == [
        "Collega Jan de Vries tekent mee.", "Jan de Vries wil dit zelf <b>niet</b>.",
    ]  # fmt: skip
    assert [row["fields"]["email"] for row in package["put_aside"]] == ["jan@voorbeeld.nl"]
    said = json.dumps(package["information"], ensure_ascii=False)
    assert "Vragen en klachten beantwoorden" in said
    assert "AWR 52" in said, "Jan has an order"
    assert "exchange" not in said


def test_a_namesakes_mention_waits_for_the_steward(context: Context) -> None:
    made = draft(context)
    states = {i["record"]: i["state"] for i in made.review if i["entity"] == "interactions"}
    assert states == {"I1": "in", "I3": "doubtful"}
    with context.vault.begin() as conn:
        review_draft(conn, context.vault, NUMBER)
    with pytest.raises(UsageError) as caught, context.vault.begin() as conn:
        release_package(conn, context.vault, context.home, NUMBER)
    assert caught.value.code == "review_unfinished"
    (doubtful,) = [i["item"] for i in made.review if i["state"] == "doubtful"]
    with context.vault.begin() as conn:
        shown = look_at_item(conn, context.vault, NUMBER, doubtful, actor="test")
        assert "zelf" in shown["text"]
        change_draft(
            conn, context.vault, NUMBER, hide={doubtful: True}, black="koffie", actor="test"
        )
        released = release_package(conn, context.vault, context.home, NUMBER)
    body = json.loads(opened(context, released.file_name, released.passphrase)["package.json"])
    assert [m["text"] for m in body["texts_about_you"]] == ["Collega Jan de Vries tekent mee."]


def test_a_released_package_is_whole_encrypted_and_its_owners_alone(context: Context) -> None:
    release(context)
    with context.vault.read() as conn:
        (row,) = list_packages(conn)
        t = schema.packages
        assert conn.scalar(sa.select(t.c.sealed)) is None
        actions = set(conn.scalars(sa.select(schema.audit_entries.c.action)))
        assert audit.verify(conn, context.vault).is_intact
    assert actions >= {"package_gathered", "package_changed", "package_released"}
    path = context.home.outbox / row["file_name"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert b"Vries" not in path.read_bytes()
    with pyzipper.AESZipFile(path) as archive, pytest.raises(RuntimeError):
        archive.setpassword(b"wrong")
        archive.read("package.json")


def release(context: Context) -> Any:
    made = draft(context)
    hide = {i["item"]: True for i in made.review if i["state"] == "doubtful"}
    with context.vault.begin() as conn:
        change_draft(conn, context.vault, NUMBER, hide=hide, black=None, actor="test")
        return release_package(conn, context.vault, context.home, NUMBER)


def test_the_files_say_the_same_and_no_text_becomes_markup_or_a_formula(context: Context) -> None:
    released = release(context)
    files = opened(context, released.file_name, released.passphrase)
    assert {"gegevens.html", "gegevens.pdf", "package.json", "package.schema.json"} <= set(files)
    assert files["gegevens.pdf"].startswith(b"%PDF")
    page = files["gegevens.html"].decode()
    assert "jan@voorbeeld.nl" in page
    assert "Jan de Vries belt over" in page
    assert "Piet Bakker" not in page
    assert "'=Dank van Jan" in files["csv/ticket_events.csv"].decode()
    assert "+31" not in files["csv/contacts.csv"].decode().replace("'+31", "")
    schema_ = json.loads(files["package.schema.json"])
    body = json.loads(files["package.json"])
    assert set(body) <= set(schema_["properties"])
    assert set(schema_["required"]) <= set(body)


def test_a_portability_package_holds_what_was_given_on_consent_or_contract(
    context: Context,
) -> None:
    made = draft(context, "portability", "en")
    found = {(r["entity"], r["record"]): r["fields"] for r in made.package["records"]}
    assert found["contacts", "1"]["email"] == "jan@voorbeeld.nl"
    assert found["tickets", "T1"]["subject"] == "hulp"
    assert ("deals", "D1") not in found, "sales rests on a legitimate interest"
    assert found["orders", "O1"]["amount"] == 250, "an order performs a contract"
    assert "derived" not in made.package
    assert "texts_about_you" not in made.package
    assert "body" not in found.get(("interactions", "I1"), {}), "not known to be Jan's own words"


@pytest.mark.parametrize("kind", ["access", "portability"])
def test_what_the_organisation_earns_is_left_out_and_that_is_said(
    context: Context, kind: str
) -> None:
    package = draft(context, kind).package
    assert "87.5" not in json.dumps(package)
    if kind == "access":
        assert "bedrijfsgeheim" in package["information"]["left_out"]


def test_readable_files_show_the_clock_of_the_zone_they_name(context: Context) -> None:
    released = release(context)
    files = opened(context, released.file_name, released.passphrase)
    page = files["gegevens.html"].decode()
    assert "Tijden zijn die van Europe/Amsterdam." in page
    assert "2026-01-05 11:00" in page
    assert "2026-01-09 00:00" in page, "the day on which it was ordered"
    assert "2026-01-08T23:00:00" in files["csv/orders.csv"].decode()


def test_nobody_hands_over_what_nobody_looked_at(context: Context) -> None:
    draft(context, "portability")
    with pytest.raises(UsageError) as caught, context.vault.begin() as conn:
        release_package(conn, context.vault, context.home, NUMBER)
    assert caught.value.code == "not_reviewed"
    with context.vault.begin() as conn:
        review_draft(conn, context.vault, NUMBER)
        release_package(conn, context.vault, context.home, NUMBER)
    draft(context, "portability")
    with pytest.raises(UsageError, match="nobody"), context.vault.begin() as conn:
        release_package(conn, context.vault, context.home, NUMBER)


def test_a_second_draft_replaces_the_first(context: Context) -> None:
    draft(context)
    draft(context)
    with context.vault.read() as conn:
        assert len(list_packages(conn)) == 1


def test_packages_expire_with_their_files(context: Context) -> None:
    released = release(context)
    assert expire_packages(context.vault, context.home, now()) == 0
    assert (context.home.outbox / released.file_name).exists()
    assert expire_packages(context.vault, context.home, released.expires_at) == 1
    assert list(context.home.outbox.iterdir()) == []
    with context.vault.read() as conn:
        assert [row["state"] for row in list_packages(conn)] == ["expired"]


def test_a_draft_expires_too_and_withdrawing_destroys_it(context: Context) -> None:
    draft(context)
    with context.vault.begin() as conn:
        assert withdraw_package(conn, context.vault, NUMBER) == 1
    with context.vault.read() as conn, pytest.raises(UsageError):
        open_draft(conn, context.vault, NUMBER)
    draft(context)
    assert expire_packages(context.vault, context.home, now() + timedelta(days=31)) == 1
    with context.vault.read() as conn:
        assert set(conn.scalars(sa.select(schema.packages.c.sealed))) == {None}


def test_a_file_that_a_kill_left_is_removed_and_others_stay(context: Context) -> None:
    outbox = context.home.outbox
    for name in ("access-R-2026-0009-7.zip", "access-R-2026-0009-8.zip.part", "audience-1.zip"):
        (outbox / name).write_bytes(b"x")
    assert remove_unknown(context.vault, context.home) == 2
    assert [path.name for path in outbox.iterdir()] == ["audience-1.zip"]


JDV = "jdv@elders.nl"


@pytest.mark.parametrize("email", ["jan@voorbeeld.nl", JDV])
def test_a_merge_drops_the_drafts_of_both(context: Context, email: str) -> None:
    # the draft has one person's records and was released for two
    make_draft(
        context, subject_id(context, email), "access", request=NUMBER, language="nl",
        detector=DETECTOR,
    )  # type: ignore[arg-type]  # fmt: skip
    with context.vault.begin() as conn:
        review_draft(conn, context.vault, NUMBER)
        older, younger = subject_id(context), subject_id(context, JDV)
        assert merge_persons(conn, context.vault, older, younger, actor="test").drafts == 1
    with pytest.raises(UsageError) as caught, context.vault.begin() as conn:
        release_package(conn, context.vault, context.home, NUMBER)
    assert caught.value.code == "no_draft"
    with context.vault.read() as conn:
        assert [package["state"] for package in list_packages(conn)] == ["withdrawn"]
        p = schema.packages
        assert conn.scalars(sa.select(p.c.sealed)).all() == [None]
        assert audit.verify(conn, context.vault).is_intact


def test_a_draft_of_other_pseudonyms_than_the_persons_is_neither_shown_nor_released(
    context: Context,
) -> None:
    # a restore brings a draft back, and a merge that was made after the backup
    older, younger = subject_id(context), subject_id(context, JDV)
    draft(context, "portability")
    with context.vault.begin() as conn:
        review_draft(conn, context.vault, NUMBER)
        merge_subjects(conn, context.vault, older, younger, actor="test")
        for step in (
            lambda: review_draft(conn, context.vault, NUMBER),
            lambda: release_package(conn, context.vault, context.home, NUMBER),
        ):
            with pytest.raises(UsageError) as caught:
                step()
            assert caught.value.code == "draft_outdated"
    assert not list(context.home.outbox.glob("*.zip"))
    assert len(draft(context, "portability").package["pseudonyms"]) == 2
    with context.vault.begin() as conn:
        review_draft(conn, context.vault, NUMBER)
        unmerge_subject(conn, context.vault, younger, actor="test")
        with pytest.raises(UsageError) as caught:
            release_package(conn, context.vault, context.home, NUMBER)
    assert caught.value.code == "draft_outdated"
