"""Special categories in texts: counted per batch, sealed per record, never quoted."""

from __future__ import annotations

from pipelines.vault import audit
from pipelines.vault.text_flags import flag_counts, flagged_records
from tests.support.context import Context
from tests.support.stores import sqlite_tables

CONTACTS = "id,name,email,mobile\n1,Eva Smit,eva@voorbeeld.example,\n"
CALLS = """id,contact,channel,at,body
i1,1,phone,2026-01-02T10:00:00Z,Klant is sinds maandag ziek thuis en heeft een zoontje
i2,1,phone,2026-01-02T11:00:00Z,Ik word ziek van dat systeem
i3,,phone,2026-01-02T12:00:00Z,Hij is dia\u200bbeet en lid van de vakbond
"""


def test_flags_are_counted_and_the_record_is_told_on_record(context: Context) -> None:
    context.deliver("contacts.csv", CONTACTS)
    context.deliver("interactions.csv", CALLS)
    context.land()
    with context.vault.read() as conn:
        counts = {
            (r["source"], r["entity"], r["column_name"], r["category"], r["texts"])
            for r in flag_counts(conn)
        }
        before = audit.head(conn)[0]
    assert counts == {
        ("crm", "interactions", "body", "health", 2),
        ("crm", "interactions", "body", "children", 1),
        ("crm", "interactions", "body", "union_membership", 1),
    }
    with context.vault.begin() as conn:
        found = flagged_records(conn, context.vault, "health", actor="steward")
    assert [(r.record_key, r.cue_classes) for r in found] == [
        ("crm/i1", ("illness",)),
        ("crm/i3", ("illness",)),
    ]
    with context.vault.read() as conn:
        assert audit.head(conn)[0] == before + 1


def test_which_record_is_flagged_stands_nowhere_in_the_open(context: Context) -> None:
    context.deliver("contacts.csv", CONTACTS)
    context.deliver("interactions.csv", CALLS)
    context.land()
    for table, (columns, rows) in {
        t: (c, r) for t, c, r in sqlite_tables(context.home.vault)
    }.items():
        if table == "batch_text_flags":
            continue
        for row in rows:
            for column, value in zip(columns, row, strict=True):
                text = value if isinstance(value, str) else repr(value)
                assert "health" not in text, (table, column)


def test_same_file_again_counts_no_text_twice(context: Context) -> None:
    for _ in range(2):
        context.deliver("contacts.csv", CONTACTS)
        context.deliver("interactions.csv", CALLS)
        context.land()
    with context.vault.read() as conn:
        assert sum(r["texts"] for r in flag_counts(conn)) == 4
