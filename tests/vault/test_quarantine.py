from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from pipelines.common.clock import now
from pipelines.common.rejects import Reject
from pipelines.vault import audit, quarantine
from pipelines.vault.store import Vault

if TYPE_CHECKING:
    from tests.vault.conftest import Deployment

ROWS = [
    Reject(2, None, "ragged_row", None, {"a": "jan@voorbeeld.nl", "b": None}),
    Reject(3, "contacts", "type", "birth_date", {"a": "\ud800", "d": date(2020, 1, 2)}),
    Reject(9, "contacts", "type", "birth_date", {"a": Decimal("1.50"), "b": b"\xff"}),
]


def test_rows_come_back_released_and_audited(deployment: Deployment, vault: Vault) -> None:
    with vault.begin() as conn:
        assert quarantine.add_rejects(conn, vault, 4, ROWS) == 3
        assert quarantine.add_rejects(conn, vault, 4, []) == 0
    vault.checkpoint()
    assert b"jan@" not in deployment.home.vault.read_bytes()
    with vault.begin() as conn:
        held = quarantine.list_rows(conn, 4)
        assert [(r["line"], r["rule"]) for r in held] == [
            (2, "ragged_row"),
            (3, "type"),
            (9, "type"),
        ]
        assert [c.rows for c in quarantine.count_rows(conn, 4)] == [1, 2]
        ids = [r["quarantine_id"] for r in held]
        back = list(quarantine.release(conn, vault, ids, actor="steward", purpose="relationship"))
        assert back[0] == ROWS[0]
        assert back[1].row == {"a": "\ud800", "d": "2020-01-02"}
        assert quarantine.count_rows(conn) == []
        assert audit.head(conn)[0] == 1


def test_rows_are_found_by_identifier_and_deleted(vault: Vault) -> None:
    pair = ("email", b"e" * 16)
    with vault.begin() as conn:
        quarantine.add_rejects(conn, vault, 4, ROWS, [[pair], [], [pair, pair]])
        found = quarantine.rows_with(conn, [pair, ("phone", b"e" * 16)])
        assert len(found) == 2
        assert len(set(quarantine.key_ids_of(conn, found))) == 2
        assert quarantine.delete_rows(conn, found) == 2
        assert quarantine.rows_with(conn, [pair]) == []
        assert len(quarantine.list_rows(conn, 4)) == 1


def test_rows_expire_when_their_time_is_over(vault: Vault) -> None:
    with vault.begin() as conn:
        quarantine.add_rejects(conn, vault, 4, ROWS[:1], keep_days=30)
        assert quarantine.expired(conn, now() + timedelta(days=29)) == []
        assert len(quarantine.expired(conn, now() + timedelta(days=31))) == 1
