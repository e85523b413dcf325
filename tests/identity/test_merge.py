from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines.common.clock import now
from pipelines.common.errors import InputError, NotAllowedError
from pipelines.identity.merge import merge_subjects, standing_merges, unmerge_subject
from pipelines.links import subject_links
from pipelines.merging import merge_persons
from pipelines.rights.grounds import RIGHTS
from pipelines.rights.requests import NewRequest, Request, advance, open_request
from pipelines.rights.restriction import (
    is_restricted,
    lift_restriction,
    restrict_subject,
    restricted_keys,
)
from pipelines.vault import audit, schema
from pipelines.vault.subjects import members
from tests.support.context import Context, make_context

CONTACTS = """id,name,email,mobile
1,Jan de Vries,jan@voorbeeld.nl,
2,J. de Vries,j.devries@voorbeeld.nl,
3,Piet Bakker,piet@voorbeeld.nl,
"""
INTERACTIONS = """id,contact,channel,at,body
I1,1,email,2026-01-05T10:00:00Z,een
I2,2,email,2026-01-06T10:00:00Z,twee
"""


@pytest.fixture
def context(tmp_path: Path) -> Context:
    made = make_context(tmp_path)
    made.deliver("contacts.csv", CONTACTS)
    made.deliver("interactions.csv", INTERACTIONS)
    made.land()
    return made


def ids(context: Context) -> list[int]:
    with context.vault.read() as conn:
        t = schema.subjects
        return list(
            conn.scalars(
                sa.select(t.c.subject_id).where(t.c.kind == "contact").order_by(t.c.subject_id)
            )
        )


def merge(context: Context, a: int, b: int, **options: bool) -> None:
    with context.vault.begin() as conn:
        merge_subjects(conn, context.vault, a, b, actor="test", **options)  # type: ignore[arg-type]


def owners(context: Context) -> dict[str, str]:
    return dict(
        context.warehouse("select record_key, customer_key from warehouse.pseudo.interactions")
    )


def test_a_merge_moves_no_row_and_can_be_undone_exactly(context: Context) -> None:
    jan, j, _ = ids(context)
    before = owners(context)
    merge(context, j, jan)
    with context.vault.read() as conn:
        assert members(conn, j) == [jan, j]
        assert [m.into_key for m in standing_merges(conn)] == [before["crm/I1"]]
        assert [(link.subject_key, link.survivor_key) for link in subject_links(conn)] == [
            (before["crm/I2"], before["crm/I1"])
        ]
    assert owners(context) == before
    with context.vault.begin() as conn:
        unmerge_subject(conn, context.vault, j, actor="test")
    with context.vault.read() as conn:
        assert members(conn, j) == [j]
        assert subject_links(conn) == []
        assert standing_merges(conn) == []
        assert audit.verify(conn, context.vault).is_intact


def test_rows_landed_while_merged_stay_with_whom_they_name(context: Context) -> None:
    jan, j, _ = ids(context)
    merge(context, jan, j)
    context.deliver(
        "interactions2.csv",
        "id,contact,channel,at,body\nI3,2,email,2026-01-07T10:00:00Z,drie\n"
        "I4,1,email,2026-01-07T10:00:00Z,vier\n",
    )
    context.deliver("contacts2.csv", "id,name,email,mobile\n2,J. de Vries,nieuw@voorbeeld.nl,\n")
    context.land()
    found = owners(context)
    assert found["crm/I3"] == found["crm/I2"]
    assert found["crm/I4"] == found["crm/I1"]
    with context.vault.read() as conn:
        t = schema.sealed_records
        of = dict(conn.execute(sa.select(t.c.record_key, t.c.subject_id)).all())
    assert of["crm/I3"] == j
    assert of["crm/I4"] == jan
    assert len(ids(context)) == 3


def test_contradicting_names_are_not_merged_unless_somebody_says_so(context: Context) -> None:
    jan, _, piet = ids(context)
    with pytest.raises(NotAllowedError) as caught:
        merge(context, jan, piet)
    assert caught.value.code == "names_differ"
    merge(context, jan, piet, despite_names=True)


@pytest.mark.parametrize("how", ["same", "unknown", "kinds", "restricted", "erased"])
def test_a_merge_that_makes_no_sense_is_refused_and_changes_nothing(
    context: Context, how: str
) -> None:
    jan, j, _ = ids(context)
    context.deliver("accounts.csv", "id,name,size\nA,Bakkerij BV,small\n")
    context.land()
    t = schema.subjects
    with context.vault.begin() as conn:
        account = conn.scalar(sa.select(t.c.subject_id).where(t.c.kind == "account"))
        if how == "restricted":
            restrict_subject(conn, context.vault, j, actor="test")
        if how == "erased":
            conn.execute(sa.update(t).where(t.c.subject_id == j).values(state="erased"))
    other = {"same": jan, "unknown": 999, "kinds": account}.get(how, j)
    with pytest.raises((InputError, NotAllowedError)):
        merge(context, jan, other or 0)
    with context.vault.read() as conn:
        assert standing_merges(conn) == []


def test_unmerging_who_was_not_merged_is_refused(context: Context) -> None:
    with pytest.raises(InputError), context.vault.begin() as conn:
        unmerge_subject(conn, context.vault, ids(context)[0], actor="test")


def test_a_restriction_covers_everybody_merged_and_can_be_lifted(context: Context) -> None:
    jan, j, _ = ids(context)
    merge(context, jan, j)
    keys = set(owners(context).values())
    with context.vault.begin() as conn:
        assert restrict_subject(conn, context.vault, j, actor="test", request="1")
        assert not restrict_subject(conn, context.vault, jan, actor="test", request="1")
        assert is_restricted(conn, j)
        assert restricted_keys(conn) == keys
        assert all(link.is_restricted for link in subject_links(conn))
        assert lift_restriction(conn, context.vault, j, actor="test")
        assert not lift_restriction(conn, context.vault, j, actor="test")
        assert restricted_keys(conn) == set()
        assert [link.is_restricted for link in subject_links(conn)] == [False]


def asked(context: Context, subject_id: int, right: str = "erasure", *steps: str) -> Request:
    with context.vault.begin() as conn:
        request = open_request(conn, context.vault, NewRequest(right, subject_id, now().date()))
        for step in steps:
            request = advance(conn, context.vault, request, step)  # type: ignore[arg-type]
    return request


@pytest.mark.parametrize("right", RIGHTS)
@pytest.mark.parametrize("who", ["older", "younger"])
def test_a_merge_waits_for_what_was_verified_of_either(
    context: Context, right: str, who: str
) -> None:
    # the older one's request was carried out for both, whom nobody had checked
    jan, j, _ = ids(context)
    request = asked(context, jan if who == "older" else j, right, "verify")
    with pytest.raises(NotAllowedError) as caught, context.vault.begin() as conn:
        merge_persons(conn, context.vault, j, jan, actor="test")
    assert (caught.value.code, caught.value.where) == (
        "request_waits",
        {"requests": request.number},
    )
    with context.vault.begin() as conn:
        assert standing_merges(conn) == []
        advance(conn, context.vault, request, "withdraw")
        merge_persons(conn, context.vault, j, jan, actor="test")
        assert members(conn, jan) == [jan, j]


def test_a_merge_waits_for_requests_of_whoever_was_merged_before(context: Context) -> None:
    jan, j, piet = ids(context)
    request = asked(context, j, "access", "verify")
    merge(context, jan, j)  # as a restore of a backup can leave it
    with pytest.raises(NotAllowedError) as caught, context.vault.begin() as conn:
        merge_persons(conn, context.vault, piet, jan, actor="test", despite_names=True)
    assert caught.value.where == {"requests": request.number}


@pytest.mark.parametrize("steps", [(), ("ask_proof",), ("verify", "fulfil"), ("verify", "refuse")])
def test_a_request_that_is_not_verified_or_is_closed_lets_a_merge_through(
    context: Context, steps: tuple[str, ...]
) -> None:
    jan, j, _ = ids(context)
    asked(context, jan, "access", *steps)
    with context.vault.begin() as conn:
        merge_persons(conn, context.vault, jan, j, actor="test")
        assert members(conn, j) == [jan, j]
