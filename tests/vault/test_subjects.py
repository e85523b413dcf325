from __future__ import annotations

import re
from collections import Counter

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from pipelines.runs import Deployment
from pipelines.vault import schema
from pipelines.vault.bulk import chunks
from pipelines.vault.store import Vault
from pipelines.vault.subjects import (
    add_identifiers,
    blank_pseudonyms,
    create_subjects,
    find_identifiers,
    identifiers_of,
    load_subjects,
    members,
    survivors,
)


def _merge(conn: sa.Connection, loser: int, winner: int) -> None:
    t = schema.subjects
    conn.execute(
        sa.update(t).where(t.c.subject_id == loser).values(state="merged", merged_into=winner)
    )


def test_create_subjects_gives_keys_buckets_and_aliases(vault: Vault) -> None:
    with vault.begin() as conn:
        people = create_subjects(conn, vault, "contact", 1001, 7)
        staff = create_subjects(conn, vault, "user", 2, 7)
        staff += create_subjects(conn, vault, "user", 1, 7)
        aliases = conn.scalars(
            sa.select(schema.subjects.c.staff_alias).where(schema.subjects.c.kind == "user")
        ).all()
        assert create_subjects(conn, vault, "contact", 0, 7) == []
    everybody = people + staff
    assert len({s.subject_key for s in everybody}) == len(everybody)
    assert all(re.fullmatch("[a-z2-7]{12}", s.subject_key) for s in everybody)
    assert {s.subject_bucket for s in people} == set(range(64))
    assert sorted(a for a in aliases if a) == [1, 2, 3]
    assert vault.data_keys.get(s.key_id for s in everybody).keys() == {s.key_id for s in everybody}


def test_blanked_pseudonyms_are_in_no_byte_of_the_file(
    vault: Vault, deployment: Deployment
) -> None:
    path = deployment.home.vault
    names: dict[str, int] = {}
    for _ in range(200):
        with vault.begin() as conn:
            people = create_subjects(conn, vault, "contact", 50, 7)
        names |= {s.subject_key: s.subject_id for s in people}
    vault.checkpoint()
    written = Counter(re.findall(b"[a-z2-7]{12}", path.read_bytes()))
    copied = [n for n in names if written[n.encode()] > 2]  # more than in the table and its index
    assert copied, "no page was split with a copy left in it; make more subjects"
    with vault.begin() as conn:
        blank_pseudonyms(conn, [names[n] for n in copied])
    vault.checkpoint()
    content = path.read_bytes()
    assert [n for n in copied if n.encode() in content] == []


def test_subject_ids_are_never_given_twice(vault: Vault) -> None:
    with vault.begin() as conn:
        (first,) = create_subjects(conn, vault, "contact", 1, None)
        conn.execute(sa.delete(schema.subjects))
        (second,) = create_subjects(conn, vault, "contact", 1, None)
    assert second.subject_id > first.subject_id


def test_find_identifiers_answers_every_bearer_once(vault: Vault) -> None:
    pairs = [("email", vault.index.of("email", f"p{i}@voorbeeld.nl")) for i in range(1200)]
    with vault.begin() as conn:
        people = create_subjects(conn, vault, "contact", 1200, 1)
        rows = [(*p, s.subject_id, "crm") for p, s in zip(pairs, people, strict=True)]
        add_identifiers(conn, rows, 1)
        add_identifiers(conn, [*rows[:10], (*pairs[0], people[1].subject_id, "shop")], 2)
        found = find_identifiers(conn, [*pairs, ("phone", pairs[0][1]), ("email", b"?")])
    assert found.pop(pairs[0]) == (people[0].subject_id, people[1].subject_id)
    assert found == {p: (s.subject_id,) for p, s in list(zip(pairs, people, strict=True))[1:]}


def test_merged_subjects_are_followed_to_the_survivor(vault: Vault) -> None:
    pair = ("email", b"e" * 16)
    with vault.begin() as conn:
        a, b, c = create_subjects(conn, vault, "contact", 3, None)
        add_identifiers(conn, [(*pair, s.subject_id, "crm") for s in (a, b, c)], None)
        _merge(conn, a.subject_id, b.subject_id)
        _merge(conn, b.subject_id, c.subject_id)
        assert find_identifiers(conn, [pair]) == {pair: (c.subject_id,)}
        assert load_subjects(conn, [a.subject_id, c.subject_id]) == {
            a.subject_id: c, c.subject_id: c,
        }  # fmt: skip
        assert set(members(conn, a.subject_id)) == {s.subject_id for s in (a, b, c)}
        assert members(conn, a.subject_id)[0] == c.subject_id
        assert survivors(conn, []) == {}
        assert identifiers_of(conn, [a.subject_id]) == {pair}


@pytest.mark.parametrize("count", [0, 1, 2, 99, 100, 101, 500, 501, 1000])
def test_lookups_of_any_length_are_complete(vault: Vault, count: int) -> None:
    with vault.begin() as conn:
        people = create_subjects(conn, vault, "contact", count, None)
        assert load_subjects(conn, [s.subject_id for s in people]) == {
            s.subject_id: s for s in people
        }


@given(st.lists(st.integers()), st.integers(1, 7))
def test_chunks_lose_nothing(values: list[int], size: int) -> None:
    parts = list(chunks(values, size))
    assert [v for part in parts for v in part] == values
    assert all(0 < len(part) <= size for part in parts)
