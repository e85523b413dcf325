"""What the desk has to do, in counts without persons."""

from __future__ import annotations

from datetime import UTC, date, datetime

import sqlalchemy as sa

from pipelines.desk import desk_counts
from pipelines.rights.requests import NewRequest, load_request, open_request
from pipelines.rights.steps import withdraw
from pipelines.vault import schema
from pipelines.vault.column_profiles import save_changes, save_profiles
from pipelines.vault.store import Vault

AT = datetime(2026, 5, 20, 8, tzinfo=UTC)


def _counted(vault: Vault, on: date) -> dict[tuple[str, str, str], int]:
    with vault.read() as conn:
        found = desk_counts(conn, AT, on, "NL")
    assert len({count[:3] for count in found}) == len(found)
    return {(c.topic, c.item, c.state): c.counted for c in found}


def test_a_new_vault_has_nothing_to_do(vault: Vault) -> None:
    assert _counted(vault, AT.date()) == {}


def test_requests_are_counted_by_state_and_by_what_is_left_of_their_time(vault: Vault) -> None:
    with vault.begin() as conn:
        for subject, day in enumerate((date(2026, 4, 1), date(2026, 4, 24), date(2026, 5, 18)), 1):
            open_request(conn, vault, NewRequest("access", subject, day))
        number = open_request(conn, vault, NewRequest("erasure", 9, date(2026, 4, 1))).number
        withdraw(conn, vault, load_request(conn, number))
    assert _counted(vault, AT.date()) == {
        ("request", "access", "received"): 3,
        ("request", "erasure", "withdrawn"): 1,
        ("deadline", "access", "overdue"): 1,
        ("deadline", "access", "due_soon"): 1,
        ("deadline", "access", "in_time"): 1,
    }


def test_quarantine_is_counted_by_rule_and_what_is_past_its_term_apart(vault: Vault) -> None:
    rows = [("required", 10), ("required", 30), ("range", 30)]
    with vault.begin() as conn:
        for number, (rule, day) in enumerate(rows, 1):
            conn.execute(
                sa.insert(schema.quarantine_rows).values(
                    quarantine_id=number, batch_id=1, line=number, rule=rule, key_id=1,
                    sealed=b"-", expires_at=datetime(2026, 5, day, tzinfo=UTC), state="held",
                )
            )  # fmt: skip
    assert _counted(vault, AT.date()) == {
        ("quarantine", "required", "held"): 2,
        ("quarantine", "range", "held"): 1,
        ("retention_due", "quarantine", ""): 1,
    }


def test_certificates_are_counted_lately_too_and_what_files_hold_by_kind(vault: Vault) -> None:
    days = [datetime(2026, 5, 17, 7, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)]
    with vault.begin() as conn:
        for number, done in enumerate(days, 1):
            conn.execute(
                sa.insert(schema.erasures).values(
                    subject_id=number, state="completed", started_at=done, completed_at=done,
                    certificate=f"{number:06}",
                )
            )  # fmt: skip
        profiles = {
            ("contacts", "email"): (9, {"email": 7}),
            ("contacts", "note"): (4, {"email": 1}),
        }
        save_profiles(conn, "crm", "contacts-*.csv", profiles)
        save_changes(conn, 1, [("contacts", "note", "email", 1, 4)])
    assert _counted(vault, AT.date()) == {
        ("erasure", "", "certified"): 2,
        ("certificate", "erasure", "certified"): 2,
        ("certificate", "erasure", "last_30_days"): 1,
        ("certificate", "erasure", "days_since"): 3,
        ("detection", "email", "values_found"): 8,
        ("detection", "", "columns_changed"): 1,
    }
