from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from pipelines.common.errors import CheckError
from pipelines.vault.batches import (
    NewBatch,
    batch_report,
    finish_batch,
    landed_batches,
    landed_fingerprint,
    start_batch,
    unmapped_columns,
)
from pipelines.vault.store import Vault

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BATCH = NewBatch("run", "crm", "contacts.csv", "contacts*", "f", "m", "p", "upsert", NOON)


@dataclass
class Tally:
    rows_read: int = 0
    landed: int = 0
    changed: int = 0
    unchanged: int = 0
    quarantined: int = 0
    suppressed: int = 0
    deleted: int = 0


def test_finished_batch_is_known_by_all_its_fingerprints(vault: Vault) -> None:
    with vault.begin() as conn:
        batch_id = start_batch(conn, BATCH)
        assert landed_fingerprint(conn, "crm", "f", "m", "p") is None
        tally = Tally(rows_read=10, landed=4, changed=1, unchanged=3, quarantined=2, suppressed=1)
        finish_batch(
            conn, batch_id, {"contacts": tally}, rows_read=10, landed_at=NOON, unmapped={"x": 3}
        )
    with vault.read() as conn:
        row = landed_fingerprint(conn, "crm", "f", "m", "p")
        assert row is not None
        assert (row["batch_id"], row["landed_at"]) == (batch_id, NOON)
        for other in (("shop", "f", "m", "p"), ("crm", "g", "m", "p"), ("crm", "f", "m", "q")):
            assert landed_fingerprint(conn, *other) is None
        assert landed_batches(conn) == {batch_id}
        (report,) = batch_report(conn)
        assert (report["entity"], report["landed"], report["file_rows_read"]) == ("contacts", 4, 10)
        assert unmapped_columns(conn, batch_id) == {"x": 3}


def test_lost_rows_stop_the_batch(vault: Vault) -> None:
    with pytest.raises(CheckError) as error, vault.begin() as conn:
        batch_id = start_batch(conn, BATCH)
        lost = {"contacts": Tally(rows_read=10, landed=9)}
        finish_batch(conn, batch_id, lost, rows_read=10, landed_at=NOON)
    assert error.value.code == "rows_lost"
    with vault.read() as conn:
        assert batch_report(conn) == []


def test_batch_without_rows_is_reported(vault: Vault) -> None:
    with vault.begin() as conn:
        batch_id = start_batch(conn, BATCH)
        finish_batch(conn, batch_id, {}, rows_read=0, landed_at=NOON)
        (report,) = batch_report(conn, batch_id)
        assert report["entity"] is None
        assert batch_report(conn, batch_id + 1) == []
