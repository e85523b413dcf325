from __future__ import annotations

from pipelines.vault.records import (
    NewRecord,
    add_mentions,
    delete_records,
    find_records,
    mentions_of,
    records_mentioning,
    records_of_subject,
    save_records,
)
from pipelines.vault.store import Vault
from pipelines.vault.suppression import find_suppressed, release, suppress


def _record(number: int, *, mac: bytes = b"m", subject: int | None = 1) -> NewRecord:
    blind = number.to_bytes(16, "big")
    return NewRecord(
        "tickets", "crm", blind, f"crm/{number}", subject, 9, 5, mac, b"sealed", "1"
    )  # fmt: skip


def test_save_updates_what_exists_and_keeps_its_id(vault: Vault) -> None:
    rows = [_record(i) for i in range(1100)]
    blinds = [r.record_blind for r in rows]
    with vault.begin() as conn:
        save_records(conn, 1, rows)
        before = find_records(conn, "tickets", "crm", blinds)
        save_records(conn, 2, [_record(3, mac=b"new"), _record(2000)])
        after = find_records(conn, "tickets", "crm", [*blinds, _record(2000).record_blind])
        assert find_records(conn, "tickets", "shop", blinds) == {}
        assert find_records(conn, "deals", "crm", blinds) == {}
    assert len(before) == 1100
    assert len(after) == 1101
    assert after[blinds[3]] == before[blinds[3]]._replace(content_mac=b"new")
    assert len({s.record_id for s in after.values()}) == 1101


def test_owned_records_are_found_as_person_and_as_account(vault: Vault) -> None:
    with vault.begin() as conn:
        save_records(conn, 1, [_record(1, subject=1), _record(2, subject=None)])
        assert [r.record_key for r in records_of_subject(conn, 1)] == ["crm/1"]
        assert [r.record_key for r in records_of_subject(conn, 9)] == ["crm/1", "crm/2"]


def test_mentions_replace_and_go_with_their_record(vault: Vault) -> None:
    one, two = ("email", b"e" * 16), ("name", b"n" * 16)
    blinds = [_record(i).record_blind for i in (1, 2)]
    with vault.begin() as conn:
        save_records(conn, 1, [_record(1), _record(2)])
        add_mentions(conn, "tickets", "crm", {blinds[0]: [one, two, one], blinds[1]: []})
        (record,) = records_mentioning(conn, [one, two])
        assert mentions_of(conn, [record.record_id]) == {record.record_id: {one, two}}
        add_mentions(conn, "tickets", "crm", {blinds[0]: [two], b"unknown": [one]})
        assert records_mentioning(conn, [one]) == []
        assert delete_records(conn, [record.record_id]) == 1
        assert records_mentioning(conn, [two]) == []
        assert mentions_of(conn, [record.record_id]) == {}


def test_suppressed_are_found_by_kind_and_released(vault: Vault) -> None:
    pair, other = ("email", b"e" * 16), ("phone", b"e" * 16)
    with vault.begin() as conn:
        assert find_suppressed(conn, [pair]) == set()
        suppress(conn, [pair, pair], "erasure")
        suppress(conn, [pair], "objection")
        assert find_suppressed(conn, [pair, other]) == {pair}
        release(conn, [pair])
        assert find_suppressed(conn, [pair]) == set()
