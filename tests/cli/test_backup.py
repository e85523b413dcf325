"""`backup` from the command line: made, listed, verified, restored."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from pipelines.common.settings import Home
from pipelines.rights.holds import hold_person
from pipelines.vault import schema
from tests.support.context import make_context


def home_with_backup(tmp_path: Path, cli) -> Home:
    context = make_context(tmp_path)
    context.deliver("contacts.csv", "id,name,email,mobile\n1,Jan Smit,jan@voorbeeld.example,\n")
    context.land()
    context.vault.close()
    return context.home


def test_backup_goes_round(cli, tmp_path: Path) -> None:
    home = home_with_backup(tmp_path, cli)
    made = cli("backup", "create", "--home", home.root, "--json")
    assert made.status == 0
    name = made.document["backup"]
    listed = cli("backup", "list", "--home", home.root, "--json").document
    assert [row["backup"] for row in listed] == [name]
    checked = cli("backup", "verify", "--home", home.root, "--json").document
    assert [(row["backup"], row["records"], row["dead_records"]) for row in checked] == [
        (name, 1, 0)
    ]
    restored = cli("backup", "restore", "latest", "--home", home.root, "--json").document
    assert restored == {
        "backup": name, "replayed_persons": 0, "restored_data_keys": False,
        "entered_words": 0, "entered_requests": 0, "lost_words": 0, "lost_requests": [],
        "entered_rows": 0, "lost_rows": 0, "lost_numbers": [], "outbox_files_removed": 0,
    }  # fmt: skip
    text = cli("backup", "verify", name, "--home", home.root, "--lang", "nl")
    assert "is heel" in text.out


def test_restore_of_an_unknown_backup_says_what_to_do(cli, tmp_path: Path) -> None:
    home = home_with_backup(tmp_path, cli)
    answer = cli("backup", "restore", "gisteren", "--home", home.root, "--lang", "nl")
    assert answer.status == 2
    assert "backup list" in answer.err


def test_restore_names_the_hold_of_who_landed_after_the_backup(cli, tmp_path: Path) -> None:
    context = make_context(tmp_path)
    cli("backup", "create", "--home", context.home.root)
    context.deliver("contacts.csv", "id,name,email,mobile\n1,Jan Smit,jan@voorbeeld.example,\n")
    context.land()
    with context.vault.begin() as conn:
        (jan,) = conn.scalars(sa.select(schema.subjects.c.subject_id))
        number = hold_person(conn, context.vault, jan, "2026/118").number
    context.vault.close()
    restored = cli("backup", "restore", "latest", "--home", context.home.root, "--lang", "nl")
    assert restored.status == 0
    assert f"met een nummer: {number})" in restored.out
