from __future__ import annotations

import pytest
import sqlalchemy as sa

from pipelines.vault import audit, schema
from pipelines.vault.store import Vault

T = schema.audit_entries


@pytest.fixture
def chained(vault: Vault) -> Vault:
    with vault.begin() as conn:
        for number in range(5):
            audit.append(
                conn, vault, actor="steward", action="customer_shown", purpose="support",
                request=str(number), subject_count=1, payload={"subject_keys": ["abc"]},
            )  # fmt: skip
    vault.note_audit_head()
    return vault


def test_untouched_chain_is_intact(chained: Vault) -> None:
    with chained.read() as conn:
        result = audit.verify(conn, chained)
        assert result.is_intact
        assert result.entry_count == 5
        assert audit.payload_of(conn, chained, 3) == {"subject_keys": ["abc"]}


@pytest.mark.parametrize(
    ("statement", "first_bad"),
    [
        (sa.update(T).where(T.c.sequence == 2).values(actor="nobody"), 2),
        (sa.update(T).where(T.c.sequence == 4).values(subject_count=0), 4),
        (sa.delete(T).where(T.c.sequence == 3), 3),
        (sa.delete(T).where(T.c.sequence == 5), 5),
        (sa.delete(T), 1),
        (sa.update(schema.audit_payloads).where(sa.text("sequence = 2")).values(sealed=b"x"), 2),
    ],
)
def test_tampering_is_found_where_it_begins(
    chained: Vault, statement: sa.Update | sa.Delete, first_bad: int
) -> None:
    with chained.begin() as conn:
        conn.execute(statement)
    with chained.read() as conn:
        assert audit.verify(conn, chained).first_bad == first_bad


def test_payloads_may_expire(chained: Vault) -> None:
    with chained.begin() as conn:
        conn.execute(sa.delete(schema.audit_payloads))
        assert audit.payload_of(conn, chained, 3) is None
        assert audit.verify(conn, chained).is_intact


def test_head_is_noted_once(chained: Vault) -> None:
    before = len(chained.ledger.entries())
    chained.note_audit_head()
    assert len(chained.ledger.entries()) == before
