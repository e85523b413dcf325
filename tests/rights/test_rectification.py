"""A correction stands over a stale source, flows on, ends when the source agrees, can be undone."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from pipelines.common.errors import InputError, UsageError
from pipelines.consent_import import import_words
from pipelines.corrections import Change, Place, bring_corrections, rectify, revert
from pipelines.erasures import erase_persons
from pipelines.finding import Asked, find_exact, the_person
from pipelines.identity.merge import merge_subjects
from pipelines.privacy.name_sketches import SketchKey, tokens_of
from pipelines.rights.erasure_plan import make_plan
from pipelines.rights.person import load_person, open_records
from pipelines.runs import Deployment
from pipelines.vault import audit, schema
from pipelines.vault.index_rotation import rotate_index
from pipelines.vault.overlays import list_overlays
from pipelines.vault.records import records_of_subjects
from pipelines.vault.sketches import sketches_of_subjects
from pipelines.vault.store import Vault
from pipelines.vault.subjects import find_identifiers
from pipelines.vault.suppression import find_suppressed
from tests.support.context import Context, WordDetector, make_context, with_sources

CONTACTS = """id,name,email,mobile,born,postcode
1,Jan de Vries,jan@voorbeeld.nl,0612345678,1980-02-01,1234 AB
2,Piet Bakker,piet@voorbeeld.nl,0687654321,1970-01-01,
"""
DEALS = "id,contact,stage,amount,outcome,closed\nD1,1,won,100,won,2026-01-08T00:00:00Z\n"


@pytest.fixture
def context(tmp_path: Path) -> Context:
    made = make_context(tmp_path)
    made.deliver("contacts.csv", CONTACTS)
    made.deliver("deals.csv", DEALS)
    made.land()
    return made


def bearers(context: Context, email: str) -> tuple[int, ...]:
    pair = ("email", context.vault.index.of("email", email))
    with context.vault.read() as conn:
        return find_identifiers(conn, [pair]).get(pair, ())


def jan(context: Context) -> int:
    t = schema.subjects
    with context.vault.read() as conn:
        found = conn.scalar(sa.select(sa.func.min(t.c.subject_id)).where(t.c.kind == "contact"))
    return int(found or 0)


def fields(context: Context) -> dict[str, Any]:
    with context.vault.read() as conn:
        records = records_of_subjects(conn, load_person(conn, jan(context)).subject_ids)
    (found,) = [
        o.fields for o in open_records(context.vault, records) if o.record.entity == "contacts"
    ]
    return found


def correct(context: Context, column: str, value: str | None, **more: str) -> int:
    change = Change(more.get("entity", "contacts"), column, value, more.get("record"))
    return rectify(context, jan(context), [change], request="R-1").cells  # type: ignore[arg-type]


def warehouse(context: Context, column: str) -> Any:
    rows = context.warehouse(f"select birth_year, {column} from warehouse.pseudo.contacts")
    return dict(rows)


def states(context: Context) -> list[tuple[str, bool]]:
    with context.vault.read() as conn:
        return [
            (row["state"], row["source_differs"]) for row in list_overlays(conn, [jan(context)])
        ]


def land_again(context: Context, old: str = "", new: str = "") -> Any:
    context.deliver("contacts_again.csv", CONTACTS.replace(old, new) if old else CONTACTS)
    return context.land()


def test_a_correction_reaches_vault_identity_and_warehouse(context: Context) -> None:
    assert correct(context, "email", "jan.nieuw@voorbeeld.nl") == 1
    assert correct(context, "birth_date", "1981-03-02") == 1
    assert fields(context)["email"] == "jan.nieuw@voorbeeld.nl"
    assert fields(context)["birth_date"] == "1981-03-02"
    assert bearers(context, "jan.nieuw@voorbeeld.nl") == (jan(context),)
    assert bearers(context, "jan@voorbeeld.nl") == ()
    assert set(warehouse(context, "country")) == {1981, 1970}
    with context.vault.read() as conn:
        assert audit.verify(conn, context.vault).is_intact


def test_a_stale_source_does_not_bring_the_mistake_back(context: Context) -> None:
    correct(context, "birth_date", "1981-03-02")
    context.vault.close()
    assert land_again(context).batches[0].entities["contacts"].unchanged == 2
    assert fields(context)["birth_date"] == "1981-03-02"
    # another cell of the row changes, the wrong one does not
    land_again(context, "0612345678", "0611111111")
    assert fields(context)["birth_date"] == "1981-03-02"
    assert fields(context)["mobile"] == "0611111111"
    assert 1981 in warehouse(context, "country")
    assert states(context) == [("active", False)]


def test_a_source_that_agrees_ends_the_overlay_and_rules_from_then_on(context: Context) -> None:
    correct(context, "birth_date", "1981-03-02")
    land_again(context, "1980-02-01", "1981-03-02")
    assert states(context) == [("agreed", False)]
    land_again(context, "1980-02-01", "1982-01-01")
    assert fields(context)["birth_date"] == "1982-01-01"
    assert 1982 in warehouse(context, "country")


def test_a_source_that_says_a_third_thing_is_noted_and_outweighed(context: Context) -> None:
    correct(context, "birth_date", "1981-03-02")
    land_again(context, "1980-02-01", "1985-05-05")
    assert fields(context)["birth_date"] == "1981-03-02"
    assert states(context) == [("active", True)]
    revert_newest(context)
    assert fields(context)["birth_date"] == "1985-05-05"
    assert 1985 in warehouse(context, "country")


def revert_newest(context: Context) -> None:
    with context.vault.read() as conn:
        newest = list_overlays(conn, [jan(context)])[-1]["overlay_id"]
    revert(context, newest)  # type: ignore[arg-type]


def test_a_correction_can_be_undone_and_corrected_again(context: Context) -> None:
    correct(context, "email", "jan.nieuw@voorbeeld.nl")
    correct(context, "email", "jan.derde@voorbeeld.nl")
    assert states(context) == [("replaced", False), ("active", False)]
    revert_newest(context)
    assert fields(context)["email"] == "jan@voorbeeld.nl"
    assert bearers(context, "jan@voorbeeld.nl") == (jan(context),)
    assert bearers(context, "jan.derde@voorbeeld.nl") == ()
    with pytest.raises(UsageError):
        revert_newest(context)


def test_a_fact_without_a_sealed_copy_is_corrected_by_its_number(context: Context) -> None:
    assert correct(context, "amount", "250.50", entity="deals", record="crm/D1") == 1
    amounts = "select amount from warehouse.pseudo.deals"
    assert [float(a) for (a,) in context.warehouse(amounts)] == [250.5]
    context.deliver("deals_again.csv", DEALS)
    context.land()
    assert [float(a) for (a,) in context.warehouse(amounts)] == [250.5]
    revert_newest(context)
    assert [float(a) for (a,) in context.warehouse(amounts)] == [100.0]


def test_a_correction_that_a_kill_kept_from_the_warehouse_follows_later(context: Context) -> None:
    correct(context, "birth_date", "1981-03-02")
    o = schema.overlays
    with context.vault.begin() as conn:
        conn.execute(sa.update(o).values(is_applied=False))
    assert bring_corrections(context) == 1  # type: ignore[arg-type]
    assert bring_corrections(context) == 0  # type: ignore[arg-type]


def test_an_address_of_somebody_else_merges_nobody_and_queues(context: Context) -> None:
    correct(context, "email", "piet@voorbeeld.nl")
    assert len(bearers(context, "piet@voorbeeld.nl")) == 2
    with context.vault.read() as conn:
        reasons = list(conn.scalars(sa.select(schema.identity_queue.c.reason)))
    assert reasons == ["email_of_another"]


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("birth_date", "gisteren", "value_unfit"),
        ("birth_date", "2999-01-01", "value_unfit"),
        ("email", "jan apestaart voorbeeld", "value_unfit"),
        ("phone", "12", "value_unfit"),
        ("contact_id", "9", "column_not_correctable"),
        ("national_id", "9", "column_not_correctable"),
        ("shoe_size", "44", "column_unknown"),
    ],
)
def test_what_cannot_be_corrected_is_refused_and_nothing_changes(
    context: Context, column: str, value: str, code: str
) -> None:
    before = fields(context)
    with pytest.raises((UsageError, InputError)) as caught:
        correct(context, column, value)
    assert caught.value.code == code
    assert value not in str(caught.value)
    assert fields(context) == before
    assert states(context) == []


def test_somebody_elses_record_cannot_be_named(context: Context) -> None:
    with pytest.raises(InputError):
        correct(context, "email", "x@voorbeeld.nl", record="crm/2")
    assert states(context) == []


def test_what_is_right_already_leaves_no_overlay(context: Context) -> None:
    assert correct(context, "birth_date", "1980-02-01") == 0
    assert states(context) == []


OLD, NEW = "jan@voorbeeld.nl", "jan.nieuw@voorbeeld.nl"
EVENTS = f"""id,campaign,email,type,at,ip
e1,c1,{OLD},sent,2026-01-02T10:00:00Z,
e2,c1,{OLD},open,2026-01-02T11:00:00Z,
e3,c1,piet@voorbeeld.nl,sent,2026-01-02T10:00:00Z,
"""
NOTES = f"""id,contact,channel,at,body
i1,2,email,2026-01-03T10:00:00,Jan zit op {OLD} zegt hij
"""
DETECTOR = WordDetector({OLD: "EMAIL"})


def land_events(context: Context, more: str = "") -> Any:
    """Land the campaign's log; another row makes it another file, whose rows are all read again."""
    context.deliver("events.csv", EVENTS + more)
    return context.land(DETECTOR)


def owners(context: Context) -> dict[str, int]:
    """How many campaign events each customer has."""
    return dict(
        context.warehouse(
            "select customer_key, count(*) from warehouse.pseudo.campaign_events "
            "where customer_key is not null group by 1"
        )
    )


def notes(context: Context) -> list[str]:
    t = schema.sealed_records
    with context.vault.read() as conn:
        ids = list(conn.scalars(sa.select(t.c.subject_id).where(t.c.entity == "interactions")))
        opened = open_records(context.vault, records_of_subjects(conn, ids))
    return [o.fields["body"] for o in opened if o.record.entity == "interactions"]


def key_of(context: Context, subject_id: int) -> str:
    with context.vault.read() as conn:
        return load_person(conn, subject_id).subject_keys[0]


def find(context: Context, email: str) -> list[tuple[int, tuple[str, ...]]]:
    with context.vault.read() as conn:
        found = find_exact(conn, context.vault, Asked(email=email), ["crm"])
    return [(match.subject_id, match.agrees) for match in found]


def erase(context: Context, subject_id: int) -> Any:
    deployment = Deployment(context.settings, context.home, context.keyring, context.vault)
    (result,) = erase_persons(deployment, [subject_id], detector=DETECTOR)
    return result


def subject_count(context: Context) -> int:
    t = schema.subjects
    with context.vault.read() as conn:
        query = sa.select(sa.func.count()).where(t.c.kind == "contact", t.c.state != "erased")
        return conn.scalar(query) or 0


def test_an_address_corrected_away_leads_what_lands_and_the_erasure_to_the_person(
    context: Context,
) -> None:
    # found by a stranger: events of the old address became a ghost whom no erasure reached
    context.deliver("interactions.csv", NOTES)
    land_events(context)
    key, count = key_of(context, jan(context)), subject_count(context)
    assert owners(context)[key] == 2
    correct(context, "email", NEW)
    context.deliver("contacts_again.csv", CONTACTS + "3,Kees Mol,kees@voorbeeld.nl,,,\n")
    land_events(context, f"e4,c1,{OLD},click,2026-01-02T12:00:00Z,\n")
    assert owners(context)[key] == 3
    assert subject_count(context) == count + 1  # Kees
    # the address is theirs no more: it finds, it proves nothing
    assert bearers(context, OLD) == ()
    assert find(context, OLD) == [(jan(context), ("former_email",))]
    with context.vault.read() as conn:
        for email, code in ((OLD, "identifier_former"), ("niemand@voorbeeld.nl", "person_unknown")):
            with pytest.raises(InputError) as caught:
                the_person(conn, context.vault, Asked(email=email), ["crm"])
            assert caught.value.code == code
        both = Asked(email=OLD, customer_id="crm/1")
        assert the_person(conn, context.vault, both, ["crm"]).subject_id == jan(context)

    result = erase(context, jan(context))
    assert result.cut_records == 1
    (note,) = notes(context)
    assert OLD not in note
    assert "Jan" not in note
    assert owners(context) == {key_of(context, bearers(context, "piet@voorbeeld.nl")[0]): 1}
    assert find(context, OLD) == []
    context.deliver("contacts_last.csv", CONTACTS + "4,Lies Mol,lies@voorbeeld.nl,,,\n")
    context.deliver("interactions_last.csv", NOTES.replace("i1", "i9"))
    land_events(context, f"e5,c1,{OLD},click,2026-01-02T13:00:00Z,\n")
    assert sum(owners(context).values()) == 1
    assert subject_count(context) == count + 1  # Jan less, Lies more
    assert [OLD in note for note in notes(context)] == [False, False]
    with context.vault.read() as conn:
        blind = context.vault.index.of("email", OLD)
        assert (
            conn.scalar(sa.select(sa.func.count()).where(schema.identifiers.c.blind == blind)) == 0
        )


def test_a_former_address_yields_to_whoever_has_it(context: Context) -> None:
    correct(context, "email", NEW)
    # two records of the same other person in one file
    row = f",Ria Smit,{OLD},,,\n"
    context.deliver("contacts_ria.csv", CONTACTS.splitlines()[0] + f"\n3{row}4{row}")
    land_events(context)
    (ria,) = bearers(context, OLD)
    assert ria != jan(context)
    assert owners(context)[key_of(context, ria)] == 2
    assert find(context, OLD) == [(ria, ("email",))]
    pair = ("email", context.vault.index.of("email", OLD))
    with context.vault.read() as conn:
        plan = make_plan(conn, jan(context), context.policy)
    assert pair not in plan.identifiers | plan.suppressed
    erase(context, jan(context))
    with context.vault.read() as conn:
        assert find_suppressed(conn, [pair]) == set()
    assert find(context, OLD) == [(ria, ("email",))]


def test_a_former_number_is_suppressed_and_cut(context: Context) -> None:
    number = ("phone", context.vault.index.of("phone", "+31612345678"))
    with context.vault.read() as conn:
        before = make_plan(conn, jan(context), context.policy)
    correct(context, "mobile", "0611111111")
    with context.vault.read() as conn:
        after = make_plan(conn, jan(context), context.policy)
    assert number in before.suppressed
    assert after.suppressed > before.suppressed
    assert after.identifiers > before.identifiers


def test_a_correction_undone_leads_by_both_addresses(context: Context) -> None:
    correct(context, "email", NEW)
    revert_newest(context)
    assert find(context, OLD) == [(jan(context), ("email",))]
    assert find(context, NEW) == [(jan(context), ("former_email",))]


def test_a_former_address_survives_rotation_and_merge(context: Context) -> None:
    correct(context, "email", NEW)
    (piet,) = bearers(context, "piet@voorbeeld.nl")
    with context.vault.begin() as conn:
        merge_subjects(conn, context.vault, piet, jan(context), actor="steward", despite_names=True)
    rotate_index(context.vault, context.keyring)
    context.vault.close()
    context.vault = Vault.open(context.home, context.settings, context.keyring)
    assert find(context, OLD) == [(jan(context), ("former_email",))]
    land_events(context)
    assert owners(context) == {key_of(context, jan(context)): 3}


def test_corrected_name_is_known_in_texts_that_come_later_and_the_former_in_older_ones(
    context: Context,
) -> None:
    correct(context, "full_name", "Jan Zandvliet")
    with context.vault.read() as conn:
        (sketch,) = sketches_of_subjects(conn, [jan(context)])[jan(context)]
    key = SketchKey(context.vault.sketch_key)
    assert {key.token("family", name) for name in ("zandvliet", "vries")} <= set(tokens_of(sketch))


def test_file_of_consents_may_end_one_under_a_corrected_address_and_give_none(
    context: Context, tmp_path: Path
) -> None:
    correct(context, "email", "jan@nieuw.nl")
    file = tmp_path / "consents.csv"
    head = "email,purpose,status,occurred_at,channel\n"
    file.write_text(
        f"{head}jan@voorbeeld.nl,marketing,given,2026-05-01,email\n"
        "jan@voorbeeld.nl,marketing,withdrawn,2026-05-02,email\n"
    )
    told = import_words(context, file, ["crm"], ZoneInfo("Europe/Amsterdam"))  # type: ignore[arg-type]
    assert (told.entered, told.unknown_lines) == (1, (2,))
    t = schema.consents
    with context.vault.read() as conn:
        words = conn.execute(sa.select(t.c.subject_id, t.c.status)).all()
    assert [tuple(word) for word in words] == [(jan(context), "withdrawn")]


PARTS = """
source: desk
files:
  - pattern: contacts*.csv
    mode: upsert
    entities:
      - entity: contacts
        columns: {contact_id: id, first_name: first, last_name: last, full_name: name, email: email}
"""


@pytest.mark.parametrize(
    ("column", "value", "left"),
    [
        ("first_name", "Johan", ["full_name"]),
        ("full_name", "Jan de Vriese", ["last_name"]),
        ("full_name", "Johan de Vriese", ["first_name", "last_name"]),
        ("first_name", "Jan", []),
        ("email", "jan@nieuw.nl", []),
    ],
)
def test_steward_learns_where_a_former_name_still_stands(
    tmp_path: Path, column: str, value: str, left: list[str]
) -> None:
    context = with_sources(make_context(tmp_path), desk=PARTS)
    row = "id,first,last,name,email\n7,Jan,de Vries,Jan de Vries,jan@voorbeeld.nl\n"
    context.deliver("contacts.csv", row, "desk")
    context.land()
    change = Change("contacts", column, value)
    done = rectify(context, jan(context), [change], request="R-1")  # type: ignore[arg-type]
    assert done.still_held == tuple(Place("contacts", "desk/7", name) for name in left)


def test_steward_learns_of_the_same_value_in_another_record(tmp_path: Path) -> None:
    context = with_sources(make_context(tmp_path), desk=PARTS)
    row = "id,first,last,name,email\n7,Jan,de Vries,Jan de Vries,jan@voorbeeld.nl\n"
    context.deliver("contacts.csv", row, "desk")
    context.deliver("contacts.csv", CONTACTS)
    context.land()
    with context.vault.begin() as conn:
        ids = find_identifiers(
            conn, [("email", context.vault.index.of("email", "jan@voorbeeld.nl"))]
        )
    (subjects,) = ids.values()
    assert len(subjects) == 1, "an address makes them one person"
    change = Change("contacts", "email", "jan@nieuw.nl", "desk/7")
    done = rectify(context, subjects[0], [change], request="R-1")  # type: ignore[arg-type]
    assert done.still_held == (Place("contacts", "crm/1", "email"),)
