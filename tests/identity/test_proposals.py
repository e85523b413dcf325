from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines.common.errors import UsageError
from pipelines.common.settings import Settings
from pipelines.identity.merge import merge_subjects, unmerge_subject
from pipelines.identity.proposals import FIELDS, propose
from pipelines.identity.queue import keep_apart, open_pairs
from pipelines.proposals import propose_pairs
from pipelines.rights.restriction import restrict_subject
from pipelines.vault import schema
from pipelines.warehouse.connection import open_instance
from tests.support.context import Context, make_context


def person(**values: str) -> dict[str, str | None]:
    return {field: values.get(field) for field in FIELDS}


JAN = person(
    surname="vries", given="jan", birth_date="1980-02-01", postcode="1234AB", house_number="5"
)
WIFE = JAN | {"given": "els", "birth_date": "1982-05-06"}
SLIP = JAN | {"surname": "vriess", "email": "jan@voorbeeld.nl"}
NAMESAKE = JAN | {"birth_date": "1955-01-30", "postcode": "9999XX", "house_number": "1"}


@pytest.mark.parametrize(
    ("other", "is_proposed"),
    [(JAN, True), (SLIP, True), (WIFE, False), (NAMESAKE, False)],
    ids=["the same", "a slip of the pen", "a housemate", "a namesake"],
)
def test_a_pair_is_proposed_when_it_is_likely_one_person(
    tmp_path: Path, other: dict[str, str | None], is_proposed: bool
) -> None:
    with closing(open_instance(tmp_path, Settings(home=tmp_path))) as connection:
        found = propose(connection, [JAN, other])
    assert bool(found) is is_proposed
    assert all((p.place, p.other) == (0, 1) for p in found)


def test_nothing_to_compare_proposes_nothing(tmp_path: Path) -> None:
    with closing(open_instance(tmp_path, Settings(home=tmp_path))) as connection:
        assert propose(connection, [JAN]) == []


CONTACTS = """id,name,email,mobile,born,postcode
1,Jan de Vries,jan@voorbeeld.nl,0612345678,1980-02-01,1234 AB
2,Jan de Vries,jdv@elders.nl,,1980-02-01,1234 AB
3,Els de Vries,els@voorbeeld.nl,,1982-05-06,1234 AB
"""


@pytest.fixture
def context(tmp_path: Path) -> Context:
    made = make_context(tmp_path)
    made.deliver("contacts.csv", CONTACTS)
    made.land()
    return made


def test_likely_pairs_are_queued_once_and_nobody_is_merged(context: Context) -> None:
    assert propose_pairs(context) == 1  # type: ignore[arg-type]
    assert propose_pairs(context) == 0  # type: ignore[arg-type]
    s = schema.subjects
    with context.vault.read() as conn:
        (pair,) = open_pairs(conn, 10)
        assert pair.reason == "splink"
        assert (pair.weight or 0) > 6
        assert set(conn.scalars(sa.select(s.c.state))) == {"active"}
        actions = list(conn.scalars(sa.select(schema.audit_entries.c.action)))
    assert actions.count("contacts_compared") == 2


def test_who_was_kept_apart_is_not_proposed_again(context: Context) -> None:
    s = schema.subjects
    with context.vault.begin() as conn:
        first, second, _ = conn.scalars(sa.select(s.c.subject_id).order_by(s.c.subject_id))
        assert keep_apart(conn, context.vault, first, second, actor="test") == 1
    assert propose_pairs(context) == 0  # type: ignore[arg-type]
    with context.vault.read() as conn:
        assert open_pairs(conn, 10) == []


def test_who_was_merged_is_not_kept_apart_before_that_is_undone(context: Context) -> None:
    s = schema.subjects
    with context.vault.begin() as conn:
        first, second, _ = conn.scalars(sa.select(s.c.subject_id).order_by(s.c.subject_id))
        merge_subjects(conn, context.vault, first, second, actor="test", despite_names=True)
        with pytest.raises(UsageError, match="merged into one"):
            keep_apart(conn, context.vault, first, second, actor="test")
        unmerge_subject(conn, context.vault, second, actor="test")
        assert keep_apart(conn, context.vault, first, second, actor="test") == 1


def test_a_restricted_person_is_compared_with_nobody(context: Context) -> None:
    s = schema.subjects
    with context.vault.begin() as conn:
        (first, *_) = conn.scalars(sa.select(s.c.subject_id).order_by(s.c.subject_id))
        restrict_subject(conn, context.vault, first, actor="test")
    assert propose_pairs(context) == 0  # type: ignore[arg-type]
