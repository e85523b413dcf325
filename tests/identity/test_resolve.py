"""Resolution in bulk: what is looked up, and that what many share costs no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pipelines.identity import resolve
from pipelines.identity.decide import MOST_BEARERS
from pipelines.identity.resolve import SubjectResolver
from pipelines.vault.store import Vault
from tests.support.context import make_context


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    context = make_context(tmp_path)
    yield context.vault
    context.vault.close()


def resolver(vault: Vault, connection: sa.Connection) -> SubjectResolver:
    return SubjectResolver(vault, connection, 1, "crm", "NL")


def person(number: int, **values: Any) -> dict[str, Any]:
    return {"contact_id": f"P{number}", **values}


def queued(connection: sa.Connection) -> list[tuple[int, int, str]]:
    sql = "select subject_id, other_subject_id, reason from identity_queue order by 1, 2, 3"
    return [tuple(row) for row in connection.exec_driver_sql(sql)]


def test_thousands_of_the_same_name_are_nobody_to_each_other(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, bytes]] = []
    for name in ("find_identifiers", "find_oldest_bearers"):
        plain = getattr(resolve, name)

        def noting(connection: sa.Connection, pairs: Any, plain: Any = plain) -> Any:
            asked.extend(pairs)
            return plain(connection, pairs)

        monkeypatch.setattr(resolve, name, noting)
    rows = [person(n, full_name="Jan de Vries") for n in range(20_000)]
    with vault.begin() as connection:
        both = resolver(vault, connection)
        found = both.contacts("crm", rows[:10_000]) + both.contacts("crm", rows[10_000:])
        assert queued(connection) == []
    assert len({r.subject.subject_id for r in found if r.subject}) == 20_000
    assert {kind for kind, _ in asked} == {"source_key"}


@pytest.mark.parametrize("together", [True, False])
def test_a_mailbox_of_many_queues_each_with_the_oldest(vault: Vault, together: bool) -> None:
    rows = [person(n, full_name=f"N{n} Jansen", email="info@bedrijf.example") for n in range(30)]
    parts = [rows] if together else [rows[:10], rows[10:]]
    with vault.begin() as connection:
        found = [r for part in parts for r in resolver(vault, connection).contacts("crm", part)]
        ids = [r.subject.subject_id for r in found if r.subject]
        assert queued(connection) == [(ids[0], i, "role_mailbox") for i in ids[1:]]


@pytest.mark.parametrize("together", [True, False])
def test_an_address_of_many_names_queues_a_few_pairs_each(vault: Vault, together: bool) -> None:
    rows = [
        person(n, full_name=f"{chr(65 + n)}ert Smit{chr(65 + n)}", email="fam@thuis.example")
        for n in range(20)
    ]
    parts = [rows] if together else [rows[:8], rows[8:]]
    with vault.begin() as connection:
        found = [r for part in parts for r in resolver(vault, connection).contacts("crm", part)]
        assert len({r.subject for r in found}) == 20
        assert len(queued(connection)) <= 20 * MOST_BEARERS


def test_who_came_by_source_key_is_compared_by_the_names_of_before(vault: Vault) -> None:
    with vault.begin() as connection:
        first = resolver(vault, connection).contacts("crm", [person(1, full_name="Eva Smit")])
        rows = [
            person(1, email="eva@thuis.example"),
            person(2, full_name="Jan Bos", email="eva@thuis.example"),
        ]
        one, other = resolver(vault, connection).contacts("crm", rows)
        assert one.subject == first[0].subject
        assert other.subject != one.subject
        assert [reason for _, _, reason in queued(connection)] == ["conflicting_names"]


def test_the_same_doubt_is_queued_once(vault: Vault) -> None:
    rows = [person(n, full_name=f"N{n} Jansen", email="info@bedrijf.example") for n in range(3)]
    with vault.begin() as connection:
        for _ in range(2):
            resolver(vault, connection).contacts("crm", rows)
        assert len(queued(connection)) == 2
