from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines.common.errors import InputError, NotAllowedError
from pipelines.customers import show_customer
from pipelines.identity.merge import merge_subjects
from pipelines.rights.person import person_by_key
from pipelines.rights.restriction import restrict_subject
from pipelines.vault import audit, schema
from tests.support.context import Context, make_context

CONTACTS = """id,name,email,mobile
1,Jan de Vries,jan@voorbeeld.nl,
2,J. de Vries,j@elders.nl,
"""
TICKETS = "id,contact,status,subject\nT1,1,open,mijn klacht\n"


@pytest.fixture
def context(tmp_path: Path) -> Context:
    made = make_context(tmp_path)
    made.deliver("contacts.csv", CONTACTS)
    made.deliver("tickets.csv", TICKETS)
    made.land()
    return made


def keys(context: Context) -> list[str]:
    t = schema.subjects
    with context.vault.read() as conn:
        return list(conn.scalars(sa.select(t.c.subject_key).order_by(t.c.subject_id)))


def looks(context: Context) -> list[tuple[str, str | None]]:
    t = schema.audit_entries
    with context.vault.read() as conn:
        rows = conn.execute(sa.select(t.c.action, t.c.purpose).order_by(t.c.sequence))
        return [tuple(row) for row in rows if row.action == "customer_shown"]  # type: ignore[misc]


def test_a_purpose_sees_its_columns_and_no_others(context: Context) -> None:
    key = keys(context)[0]
    seen = show_customer(context, key, "relationship")  # type: ignore[arg-type]
    assert [r["entity"] for r in seen["records"]] == ["contacts"]
    assert seen["records"][0]["fields"]["email"] == "jan@voorbeeld.nl"
    seen = show_customer(context, key, "support", texts=True)  # type: ignore[arg-type]
    assert [r["fields"] for r in seen["records"]] == [{"subject": "mijn klacht"}]
    seen = show_customer(context, key, "support")  # type: ignore[arg-type]
    assert seen["records"] == []
    seen = show_customer(context, key, "accountability", texts=True)  # type: ignore[arg-type]
    assert {r["entity"] for r in seen["records"]} == {"contacts", "tickets"}


@pytest.mark.parametrize("purpose", ["curiosity", ""])
def test_without_a_purpose_of_the_policy_nothing_is_shown_or_logged(
    context: Context, purpose: str
) -> None:
    with pytest.raises(NotAllowedError) as caught:
        show_customer(context, keys(context)[0], purpose)  # type: ignore[arg-type]
    assert "relationship" in caught.value.todo
    assert looks(context) == []


def test_a_look_is_in_the_chain_before_anything_is_unsealed(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("pipelines.customers.open_records", fail)
    with pytest.raises(RuntimeError):
        show_customer(context, keys(context)[0], "support")  # type: ignore[arg-type]
    assert looks(context) == [("customer_shown", "support")]
    with context.vault.read() as conn:
        assert audit.verify(conn, context.vault).is_intact


def test_the_key_of_a_merged_customer_answers_with_who_stands_for_both(context: Context) -> None:
    t = schema.subjects
    with context.vault.begin() as conn:
        first, second = conn.scalars(sa.select(t.c.subject_id).order_by(t.c.subject_id))
        merge_subjects(conn, context.vault, first, second, actor="test")
    old, new = keys(context)[1], keys(context)[0]
    seen = show_customer(context, old, "relationship")  # type: ignore[arg-type]
    assert (seen["customer_key"], seen["merged"]) == (new, [old])
    assert len(seen["records"]) == 2


def test_an_unknown_key_is_refused(context: Context) -> None:
    with pytest.raises(InputError):
        show_customer(context, "aaaaaaaaaaaa", "support")  # type: ignore[arg-type]


def test_of_a_restricted_customer_only_the_handling_of_rights_sees_anything(
    context: Context,
) -> None:
    key = keys(context)[0]
    with context.vault.begin() as conn:
        person = person_by_key(conn, key)
        restrict_subject(conn, context.vault, person.subject_id, actor="steward", request=None)
    with pytest.raises(NotAllowedError) as caught:
        show_customer(context, key, "relationship")  # type: ignore[arg-type]
    assert caught.value.code == "customer_restricted"
    assert looks(context) == []
    seen = show_customer(context, key, "accountability")  # type: ignore[arg-type]
    assert (seen["state"], len(seen["records"])) == ("restricted", 1)
