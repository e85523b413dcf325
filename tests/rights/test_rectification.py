"""A correction stands over a stale source, flows on, ends when the source agrees, can be undone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pipelines.common.errors import InputError, UsageError
from pipelines.corrections import Change, bring_corrections, rectify, revert
from pipelines.rights.person import load_person, open_records
from pipelines.vault import audit, schema
from pipelines.vault.overlays import list_overlays
from pipelines.vault.records import records_of_subjects
from pipelines.vault.subjects import find_identifiers
from tests.support.context import Context, make_context

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
    return rectify(context, jan(context), [change], request="R-1")  # type: ignore[arg-type]


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
