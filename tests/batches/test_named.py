"""Texts that land: the row's own subject is the customer, the account's contacts are noted."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from pipelines.common.normalise import name_key
from pipelines.vault import schema
from pipelines.vault.records import records_mentioning
from pipelines.vault.sketches import sketches_of_accounts, sketches_of_subjects
from tests.support.context import CRM, Context, make_context

CONTACTS = """id,account,name,email,mobile
1,a1,Quirina Verborgen,quirina@voorbeeld.example,0612345678
2,a1,Ubbo Zwartendijk,ubbo@voorbeeld.example,
3,,Eva Smit,eva@voorbeeld.example,
"""
CALLS = """id,contact,channel,at,body
i1,1,phone,2026-01-02T10:00:00Z,"Gesproken met Quirina Verborgen, verborgen zakte weg. Quirna belt terug"
i2,3,phone,2026-01-02T10:00:00Z,"Smit vraagt naar Verborgen gebreken"
i3,,phone,2026-01-02T10:00:00Z,"Quirina Verborgen zegt niets"
"""


def texts(context: Context) -> dict[str, str]:
    return dict(context.warehouse("select record_key, body_redacted from pseudo.interactions"))


def test_land_subject_of_a_text_is_the_customer(context: Context) -> None:
    context.deliver("contacts.csv", CONTACTS)
    context.deliver("interactions.csv", CALLS)
    context.land()
    assert texts(context) == {
        "crm/i1": "Gesproken met <CUSTOMER>, verborgen zakte weg. <CUSTOMER> belt terug",
        "crm/i2": "<CUSTOMER> vraagt naar Verborgen gebreken",
        "crm/i3": "Quirina Verborgen zegt niets",  # nobody's row, and this detector finds nothing
    }


def test_land_unseals_nobody_to_know_them(context: Context) -> None:
    context.deliver("contacts.csv", CONTACTS)
    context.land()
    context.vault.data_keys.get = None  # type: ignore[assignment, method-assign]
    with context.vault.read() as conn:
        ids = dict(
            conn.execute(sa.select(schema.subjects.c.subject_id, schema.subjects.c.kind)).all()
        )
        people = [i for i, kind in ids.items() if kind == "contact"]
        accounts = [i for i, kind in ids.items() if kind == "account"]
        assert set(sketches_of_subjects(conn, people)) == set(people)
        (team,) = sketches_of_accounts(conn, accounts).values()
        assert len(team) == 2


def test_merged_subject_is_known_by_all_its_names(context: Context) -> None:
    context.deliver("contacts.csv", CONTACTS)
    context.land()
    with context.vault.begin() as conn:
        t = schema.subjects
        people = sorted(conn.scalars(sa.select(t.c.subject_id).where(t.c.kind == "contact")))
        conn.execute(sa.update(t).where(t.c.subject_id == people[1]).values(merged_into=people[0]))
        found = sketches_of_subjects(conn, [people[0]])
    assert len(found[people[0]]) == 2


def test_changed_name_replaces_the_sketch(context: Context) -> None:
    context.deliver("contacts.csv", CONTACTS)
    context.land()
    context.deliver("contacts2.csv", CONTACTS.replace("Quirina Verborgen", "Quirina Onvindbaar"))
    context.land()
    context.deliver("interactions.csv", CALLS.replace("Verborgen", "Onvindbaar"))
    context.land()
    assert texts(context)["crm/i1"].startswith("Gesproken met <CUSTOMER>, ")


def test_bare_surname_on_the_account_is_noted_for_its_bearer(tmp_path: Path) -> None:
    mapping = CRM.replace("channel: channel, ", "channel: channel, account_id: account, ", 1)
    context = make_context(tmp_path, mapping)
    context.deliver("contacts.csv", CONTACTS)
    context.deliver(
        "interactions.csv",
        "id,contact,account,channel,at,body\n"
        "i1,1,a1,phone,2026-01-02T10:00:00Z,Quirina zegt dat Zwartendijk erbij was\n"
        "i2,,a1,phone,2026-01-02T10:00:00Z,Zwartendijk en Verborgen akkoord\n"
        "i3,1,a2,phone,2026-01-02T10:00:00Z,Zwartendijk van elders\n",
    )
    context.land()
    assert texts(context) == {
        "crm/i1": "<CUSTOMER> zegt dat <PERSON_1> erbij was",
        "crm/i2": "<PERSON_1> en <PERSON_2> akkoord",
        "crm/i3": "Zwartendijk van elders",
    }
    key = name_key(full="Ubbo Zwartendijk")
    assert key is not None
    with context.vault.read() as conn:
        found = records_mentioning(conn, [("name", context.vault.index.of("name", key))])
    assert sorted(record.record_key for record in found) == ["crm/i1", "crm/i2"]
    context.vault.close()
