from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from pipelines.common.clock import now
from pipelines.common.rejects import Reject
from pipelines.vault import audit, quarantine
from pipelines.vault.store import Vault

if TYPE_CHECKING:
    from tests.support.vaults import Deployment

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


def test_a_row_that_comes_again_renews_the_one_that_is_held(vault: Vault) -> None:
    twice = [ROWS[0], ROWS[0]._replace(line=3), ROWS[2]]
    pair = ("email", b"e" * 16)
    with vault.begin() as conn:
        quarantine.add_rejects(conn, vault, 4, twice, origin="shop/a", keep_days=10)
        before = quarantine.list_rows(conn, 4)
        assert len(before) == 3
        again = [r._replace(line=r.line + 5) for r in twice]
        assert quarantine.add_rejects(conn, vault, 5, again, [[pair], [], []], origin="shop/a") == 3
        after = quarantine.list_rows(conn, 5)
        assert quarantine.list_rows(conn, 4) == []
        assert [r["quarantine_id"] for r in after] == [r["quarantine_id"] for r in before]
        assert [r["line"] for r in after] == [7, 8, 14]
        assert quarantine.expired(conn, now() + timedelta(days=20)) == []
        assert quarantine.rows_with(conn, [pair]) == [before[0]["quarantine_id"]]
        assert quarantine.read_rows(conn, vault, [before[0]["quarantine_id"]])[0].row == ROWS[0].row


def test_what_differs_was_released_or_is_due_is_not_renewed(vault: Vault) -> None:
    with vault.begin() as conn:
        quarantine.add_rejects(conn, vault, 1, ROWS[:1], origin="shop/a", keep_days=0)
        for batch, origin in ((2, "shop/a"), (3, "shop/b")):
            quarantine.add_rejects(conn, vault, batch, ROWS[:1], origin=origin)
        other_rule = ROWS[0]._replace(rule="empty_row")
        quarantine.add_rejects(conn, vault, 4, [other_rule], origin="shop/a")
        assert [c.rows for c in quarantine.count_rows(conn)] == [1, 1, 1, 1]
        (row,) = quarantine.list_rows(conn, 2)
        purpose = {"actor": "steward", "purpose": "relationship"}
        list(quarantine.release(conn, vault, [row["quarantine_id"]], **purpose))
        quarantine.add_rejects(conn, vault, 5, ROWS[:1], origin="shop/a")
        assert [c.batch_id for c in quarantine.count_rows(conn)] == [1, 3, 4, 5]
