"""A file is a batch: whole or not at all, every row accounted for, the same again changes nothing."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines.batches import land
from pipelines.common.errors import InputError, NotAllowedError
from pipelines.landing.files import file_fingerprint
from pipelines.vault import schema
from pipelines.vault.subjects import find_identifiers
from pipelines.vault.suppression import suppress
from tests.support.context import CRM, Context, WordDetector, make_context

CONTACTS = """id,account,name,email,mobile,born,postcode,bsn
1,a1,Jan van der Berg,jan@voorbeeld.example,0612345678,1980-01-02,1234 AB,111222333
2,a1,Eva Smit,eva@voorbeeld.example,,1990-05-06,2345 CD,
"""
EVENTS = """id,campaign,email,type,at,ip
e1,c1,jan@voorbeeld.example,open,2026-01-02T10:00:00Z,192.0.2.1
e2,c1,JAN@VOORBEELD.EXAMPLE,click,2026-01-02T10:00:00Z,192.0.2.1
e3,c1,info@bedrijf.example,click,2026-01-02T10:00:00Z,
"""


def counts(summary: land.LandSummary, entity: str) -> dict[str, int]:
    found = summary.entities[entity]
    assert found.balances
    return {k: v for k, v in vars(found).items() if v}


def test_land_rows_are_resolved_sealed_and_pseudonymised(context: Context) -> None:
    context.deliver("contacts.csv", CONTACTS)
    context.deliver("events.csv", EVENTS)
    summary = context.land()
    assert counts(summary, "contacts") == {"rows_read": 2, "landed": 2}
    assert counts(summary, "campaign_events") == {"rows_read": 3, "landed": 3}
    rows = context.warehouse(
        "select e.record_key, c.postcode_area, c.birth_year from pseudo.campaign_events e "
        "left join pseudo.contacts c using (customer_key) order by 1"
    )
    assert rows == [("crm/e1", "1234", 1980), ("crm/e2", "1234", 1980), ("crm/e3", None, None)]
    assert list((context.home.inbox / "crm").glob("*.csv")) == []


def test_land_same_file_again_changes_nothing(context: Context) -> None:
    for _ in range(2):
        context.deliver("contacts.csv", CONTACTS)
        context.deliver("events.csv", EVENTS)
        summary = context.land()
    assert counts(summary, "contacts") == {"rows_read": 2, "unchanged": 2}
    assert counts(summary, "campaign_events") == {"rows_read": 3, "unchanged": 3}
    assert not summary.has_changes


def test_land_half_old_half_new_changes_only_what_changed(context: Context) -> None:
    context.deliver("contacts.csv", CONTACTS)
    context.deliver(
        "deals.csv",
        "id,contact,stage,amount,outcome,closed\nd1,1,new,10,open,\nd2,1,new,20,open,\n",
    )
    context.land()
    before = context.warehouse("select record_key, batch_id from pseudo.deals order by 1")
    context.deliver(
        "contacts2.csv",
        CONTACTS.replace("1990-05-06", "1991-05-06") + "3,,Mo Bakker,mo@voorbeeld.example,,,,\n",
    )
    context.deliver(
        "deals2.csv",
        "id,contact,stage,amount,outcome,closed\nd1,1,new,10,open,\nd2,1,won,20,won,2026-01-01\nd3,2,new,5,open,\n",
    )
    summary = context.land()
    assert counts(summary, "contacts") == {
        "rows_read": 3,
        "landed": 2,
        "changed": 1,
        "unchanged": 1,
    }
    assert counts(summary, "deals") == {"rows_read": 3, "landed": 2, "changed": 1, "unchanged": 1}
    after = context.warehouse("select record_key, batch_id from pseudo.deals order by 1")
    assert after[0] == before[0]
    assert [k for k, _ in after] == ["crm/d1", "crm/d2", "crm/d3"]
    assert context.warehouse("select count(*) from pseudo.contacts where birth_year = 1991") == [
        (1,)
    ]


def test_land_unchanged_texts_are_not_detected_again(context: Context) -> None:
    text = "id,contact,channel,at,body\ni1,1,phone,2026-01-02T10:00:00,belde met Sara\n"
    detector = WordDetector({"Sara": "PERSON"})
    context.deliver("interactions.csv", text)
    context.land(detector)
    context.deliver("interactions2.csv", text + "i2,1,phone,2026-01-03T10:00:00,weer Sara\n")
    context.land(detector)
    assert detector.texts_seen == 2
    bodies = context.warehouse("select body_redacted from pseudo.interactions order by record_key")
    assert all("Sara" not in body for (body,) in bodies)


def test_land_duplicate_key_in_file_goes_to_quarantine(context: Context) -> None:
    context.deliver("contacts.csv", CONTACTS + "2,a1,Eva Smits,eva@voorbeeld.example,,,,\n")
    context.deliver(
        "deals.csv",
        "id,contact,stage,amount,outcome,closed\nd1,1,new,10,open,\nd1,1,new,99,open,\nd1,1,new,10,open,\n",
    )
    summary = context.land()
    assert counts(summary, "contacts") == {"rows_read": 3, "landed": 2, "quarantined": 1}
    assert counts(summary, "deals") == {
        "rows_read": 3,
        "landed": 1,
        "unchanged": 1,
        "quarantined": 1,
    }
    with context.vault.read() as vault:
        rows = vault.execute(
            sa.select(schema.quarantine_rows.c.line, schema.quarantine_rows.c.rule)
        ).fetchall()
    assert sorted(tuple(r) for r in rows) == [(3, "duplicate_key"), (4, "duplicate_key")]


def test_land_again_renews_what_is_in_quarantine(context: Context) -> None:
    files = {
        "contacts": CONTACTS + "2,a1,Eva Smits,eva@voorbeeld.example,,,,\n3,ragged\n,,,,,,,\n",
        "deals": "id,contact,stage,amount,outcome,closed\n"
        "d1,1,new,10,open,\nd1,1,new,99,open,\nd2,1,new,much,open,\n",
    }
    seen: list[list[tuple[int, ...]]] = []
    q = schema.quarantine_rows.c
    for turn in ("", "2", "3"):
        for name, text in files.items():
            context.deliver(f"{name}{turn}.csv", text)
        summary = context.land()
        quarantined = {name: c.quarantined for name, c in summary.entities.items()}
        assert quarantined == {"contacts": 1, "unreadable": 2, "deals": 2}
        assert all(c.balances for c in summary.entities.values())
        with context.vault.read() as vault:
            rows = vault.execute(sa.select(q.quarantine_id, q.key_id, q.line).order_by(q.line))
            seen.append([tuple(row) for row in rows])
            assert set(vault.scalars(sa.select(q.batch_id))) == {
                batch.batch_id for batch in summary.batches
            }
    assert len(seen[0]) == 5
    assert sorted(seen[0]) == sorted(seen[1]) == sorted(seen[2])


def test_land_snapshot_deletes_what_is_missing(context: Context) -> None:
    context.deliver(
        "accounts.csv", "id,name,size\na1,Bakkerij Noord BV,10\na2,De Vries Advies,zzp\n"
    )
    context.deliver("events.csv", EVENTS)
    context.land()
    assert context.warehouse("select name from pseudo.accounts order by 1") == [
        ("Bakkerij Noord BV",),
        (None,),
    ]
    context.deliver("accounts.csv", "id,name,size\na1,Bakkerij Noord BV,10\n")
    context.deliver("events.csv", EVENTS.splitlines()[0] + "\n" + EVENTS.splitlines()[2] + "\n")
    summary = context.land()
    assert counts(summary, "accounts") == {"rows_read": 1, "unchanged": 1, "deleted": 1}
    assert counts(summary, "campaign_events") == {"rows_read": 1, "unchanged": 1, "deleted": 2}
    assert context.warehouse("select record_key from pseudo.campaign_events") == [("crm/e2",)]
    with context.vault.read() as vault:
        assert vault.scalar(sa.select(sa.func.count()).select_from(schema.sealed_records)) == 1


def test_land_snapshot_with_quarantined_rows_deletes_nothing(context: Context) -> None:
    context.deliver("events.csv", EVENTS)
    context.land()
    context.deliver(
        "events.csv",
        EVENTS.splitlines()[0] + "\ne1,c1,jan@voorbeeld.example,sneezed,2026-01-02T10:00:00Z,\n",
    )
    summary = context.land()
    assert counts(summary, "campaign_events") == {"rows_read": 1, "quarantined": 1}
    assert [batch.undeleted for batch in summary.batches] == [["campaign_events"]]
    assert context.warehouse("select count(*) from pseudo.campaign_events") == [(3,)]


def test_land_empty_snapshot_is_refused(context: Context) -> None:
    context.deliver("accounts.csv", "id,name,size\n")
    (failed,) = context.land().failed
    assert failed.error_code == "empty_snapshot"


def test_land_unreadable_file_stays_and_the_others_land(context: Context) -> None:
    bad = context.deliver("contacts.csv", "something,else\n1,2\n")
    context.deliver("events.csv", EVENTS)
    summary = context.land()
    assert [b.error_code for b in summary.failed] == ["column_missing"]
    assert bad.exists()
    assert summary.entities["campaign_events"].landed == 3
    with context.vault.read() as vault:
        assert vault.scalar(sa.select(sa.func.count()).select_from(schema.batches)) == 1


def test_land_file_that_changes_while_read_leaves_nothing(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = context.deliver("contacts.csv", CONTACTS)
    original = land.land_rows

    def meddle(*args: object) -> None:
        original(*args)  # type: ignore[arg-type]
        path.write_text(CONTACTS + "9,,New Person,new@voorbeeld.example,,,,\n")

    monkeypatch.setattr(land, "land_rows", meddle)
    (failed,) = context.land().failed
    assert failed.error_code == "file_changed"
    assert context.warehouse("select count(*) from pseudo.contacts") == [(0,)]
    with context.vault.read() as vault:
        assert vault.scalar(sa.select(sa.func.count()).select_from(schema.subjects)) == 0
    monkeypatch.undo()
    assert counts(context.land(), "contacts") == {"rows_read": 3, "landed": 3}


def test_land_rules_without_approval_store_nothing(tmp_path: Path) -> None:
    context = make_context(tmp_path, approved=False)
    context.deliver("contacts.csv", CONTACTS)
    with pytest.raises(NotAllowedError) as error:
        context.land()
    assert error.value.code == "rules_not_approved"
    context.vault.close()


def test_land_unknown_source_or_place_is_refused(context: Context, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        context.land(sources=["nowhere"])
    assert error.value.code == "unknown_source"
    with pytest.raises(InputError) as error:
        context.land(from_path=tmp_path / "nothing")
    assert error.value.code == "nothing_to_land"


def test_land_replies_belong_to_the_person_of_their_ticket(context: Context) -> None:
    context.deliver("contacts.csv", CONTACTS)
    context.deliver("tickets.csv", "id,contact,status,subject\nt1,1,open,vraag\n")
    context.deliver(
        "replies.csv",
        "id,ticket,type,at,body\nr1,t1,public_reply,2026-01-01T10:00:00,hallo\nr2,t9,public_reply,2026-01-01T10:00:00,hallo\n",
    )
    context.land()
    records = schema.sealed_records
    with context.vault.read() as vault:
        owners = dict(
            vault.execute(
                sa.select(records.c.record_key, records.c.subject_id).where(
                    records.c.entity.in_(("tickets", "ticket_events"))
                )
            ).fetchall()
        )  # type: ignore[arg-type]
    assert owners["crm/r1"] == owners["crm/t1"] is not None
    assert owners["crm/r2"] is None


def test_recover_after_death_between_the_commits(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    context.deliver("contacts.csv", CONTACTS)
    context.land()
    before = context.warehouse(
        "select * exclude (customer_key) from pseudo.contacts order by record_key"
    )
    context.deliver("contacts2.csv", CONTACTS.replace("1990-05-06", "1991-05-06"))

    class Death(BaseException):
        pass

    original = land.BatchWriter.commit

    def die(self: land.BatchWriter, frame: object) -> None:
        original(self, frame)  # type: ignore[arg-type]
        monkeypatch.setattr(land.BatchWriter, "rollback", lambda _: None)
        raise Death

    monkeypatch.setattr(land.BatchWriter, "commit", die)
    with pytest.raises(Death):
        context.land()
    monkeypatch.undo()
    assert context.warehouse("select count(*) from pseudo.contacts where birth_year = 1991") == [
        (1,)
    ]
    with context.connect() as connection:
        assert land.recover(context, connection) == (2,)
    assert before == context.warehouse(
        "select * exclude (customer_key) from pseudo.contacts order by record_key"
    )
    assert counts(context.land(), "contacts") == {
        "rows_read": 2,
        "landed": 1,
        "changed": 1,
        "unchanged": 1,
    }


def mention_count(context: Context) -> int:
    with context.vault.read() as vault:
        return vault.execute(sa.select(sa.func.count()).select_from(schema.mentions)).scalar_one()


def test_land_a_changed_text_that_names_nobody_any_more_loses_its_mentions(
    context: Context,
) -> None:
    head = "id,contact,status,subject\n"
    detector = WordDetector({"sara@voorbeeld.example": "EMAIL"})
    context.deliver(
        "tickets.csv", head + "t1,1,open,over sara@voorbeeld.example\nt2,1,open,niets\n"
    )
    context.land(detector)
    assert mention_count(context) == 1
    context.deliver("tickets2.csv", head + "t1,1,open,over niemand\nt2,1,open,niets\n")
    assert counts(context.land(detector), "tickets") == {
        "rows_read": 2, "landed": 1, "changed": 1, "unchanged": 1,
    }  # fmt: skip
    assert mention_count(context) == 0
    rows = context.warehouse("select record_key, subject_redacted from pseudo.tickets order by 1")
    assert rows == [("crm/t1", "over niemand"), ("crm/t2", "niets")]


def test_land_a_changed_row_without_an_owner_keeps_what_it_hangs_on(context: Context) -> None:
    head = "id,ticket,type,at,body\n"
    for name, body in (("replies.csv", "eerst"), ("replies2.csv", "later")):
        context.deliver(name, head + f"r1,t9,public_reply,2026-01-02T10:00:00,{body}\n")
        context.land()
    assert mention_count(context) == 1


@pytest.mark.parametrize("chunk_rows", [1, 2, 3, 100])
def test_land_repeated_keys_are_noticed_across_chunks(tmp_path: Path, chunk_rows: int) -> None:
    context = make_context(tmp_path, chunk_rows=chunk_rows)
    head = "id,contact,status,subject\n"
    rows = ["t1,1,open,a", "t2,1,open,b", "t1,1,open,a", "t3,1,open,c", "t2,1,open,other"]
    for name in ("tickets.csv", "tickets2.csv"):
        context.deliver(name, "\n".join([head.strip(), *rows, ""]))
    summary = context.land()
    assert counts(summary, "tickets") == {
        "rows_read": 10, "landed": 3, "unchanged": 5, "quarantined": 2,
    }  # fmt: skip
    assert context.warehouse("select count(*), count(distinct record_key) from pseudo.tickets") == [
        (3, 3)
    ]
    context.vault.close()


def test_land_leaves_the_collector_of_cycles_as_it_was(context: Context) -> None:
    before = gc.get_threshold()
    context.deliver("contacts.csv", CONTACTS)
    context.land()
    assert gc.get_threshold() == before


@pytest.mark.parametrize(
    ("entity", "file", "text"),
    [
        ("accounts", "accounts.csv", "id,name,size\n1,Bakkerij Smit,zzp\n2,Fietsen BV,20\n"),
        ("users", "users.csv", "id,name\n1,Zwaan de Wit\n2,Eva Smit\n"),
    ],
)
def test_land_discards_rows_that_are_an_erased_account_or_user(
    tmp_path: Path, entity: str, file: str, text: str
) -> None:
    users = (
        "  - pattern: users*.csv\n    mode: upsert\n    entities:\n"
        "      - entity: users\n        columns: {user_id: id, full_name: name}\n"
    )
    context = make_context(tmp_path, CRM + users)
    assert context.policy.entities[entity].on_erasure == "unlink"
    own = ("source_key", context.vault.index.of("source_key", f"{entity}|crm|1"))
    with context.vault.begin() as vault:
        suppress(vault, [own], "erasure")
    context.deliver(file, text)
    assert counts(context.land(), entity) == {"rows_read": 2, "landed": 1, "suppressed": 1}
    assert context.warehouse(f"select count(*) from pseudo.{entity}") == [(1,)]
    with context.vault.read() as vault:
        assert find_identifiers(vault, [own]) == {}
    context.vault.close()


@pytest.mark.parametrize("mode", ["first", "again"])
def test_land_takes_a_file_back_that_changed_after_its_fingerprint(
    context: Context, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """Between the fingerprint and the reading another program wrote it anew."""
    if mode == "again":
        context.deliver("contacts.csv", CONTACTS)
        context.land()
    context.deliver("contacts.csv", CONTACTS)

    def replaced_after(path: Path) -> str:
        found = file_fingerprint(path)
        path.write_text(CONTACTS.replace("Jan van der Berg", "Piet van den Berg"))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(land, "file_fingerprint", replaced_after)
        (report,) = context.land().batches
    assert (report.state, report.error_code) == ("failed", "file_changed")
    assert (context.home.inbox / "crm" / "contacts.csv").is_file()
    changed = counts(context.land(), "contacts")
    expected = {"rows_read": 2, "landed": 2}
    if mode == "again":
        expected = {"rows_read": 2, "landed": 1, "changed": 1, "unchanged": 1}
    assert changed == expected


def test_land_identifier_in_an_id_or_category_is_put_aside(context: Context) -> None:
    context.deliver("contacts.csv", CONTACTS)
    context.deliver(
        "deals.csv",
        "id,contact,stage,amount,outcome,closed\n"
        "jan@voorbeeld.example,1,new,1,open,\n"
        "0612345678,1,new,1,open,\n"
        "NL91ABNA0417164300,1,new,1,open,\n"
        "d4,1,bel 06-12345678,1,open,\n"
        "d5,1,Eva Smit,1,open,\n"
        "d6,1,Nieuwe klant,1,open,\n"
        "1234567890,1,new,1,open,\n",
    )
    summary = context.land()
    assert counts(summary, "deals") == {"rows_read": 7, "landed": 2, "quarantined": 5}
    with context.vault.read() as vault:
        rules = set(vault.scalars(sa.select(schema.quarantine_rows.c.rule)))
    assert rules == {"identifier_in_value"}


def test_land_contact_id_that_is_an_address_is_that_person(context: Context) -> None:
    context.deliver("contacts.csv", CONTACTS)
    context.deliver(
        "tickets.csv", "id,contact,status,subject\nt1,1,open,x\nt2,Jan@Voorbeeld.example,open,x\n"
    )
    context.land()
    assert context.warehouse("select count(distinct customer_key) from pseudo.tickets") == [(1,)]


def test_land_text_that_the_detector_missed_and_the_check_would_find_is_withheld(
    context: Context,
) -> None:
    context.deliver(
        "interactions.csv",
        "id,contact,channel,at,body\n"
        "i1,1,phone,2026-01-02T10:00:00,bel 06-12345678 of jan@voorbeeld.example\n"
        "i2,1,phone,2026-01-02T10:00:00,levering van 12345678 dozen\n",
    )
    context.land()  # with a detector that finds nothing
    assert context.warehouse("select body_redacted from pseudo.interactions order by 1") == [
        ("<WITHHELD>",),
        ("levering van 12345678 dozen",),
    ]
