"""``status`` and ``audit`` on a home with its stores, and ``sources``."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.common.settings import Home, Settings
from pipelines.vault import audit
from pipelines.vault.keyring import KeyRing
from pipelines.vault.store import Vault


@pytest.fixture
def home(tmp_path: Path) -> Home:
    settings = Settings(home=tmp_path / "home")
    home = Home.of(settings)
    for folder in home.folders():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    vault = Vault.create(home, settings, KeyRing.create(home, settings))
    with vault.begin() as connection:
        audit.append(connection, vault, actor="steward", action="looked", purpose="relationship")
    vault.note_audit_head()
    vault.close()
    return home


def test_status_of_an_empty_home_has_an_object_per_zone(cli, home: Home) -> None:
    found = cli("status", "--home", home.root, "--json").document
    zones = ["landing", "quarantine", "vault", "texts", "warehouse", "publication", "runs"]
    zones.append("requests")
    assert list(found) == zones
    assert found["quarantine"] == {"rows": 0, "rules": []}
    assert found["publication"]["state"] == "not_published"


def test_status_for_people_names_the_zones_in_their_language(cli, home: Home) -> None:
    answer = cli("status", "--home", home.root, "--lang", "nl")
    assert answer.status == 0
    assert "Quarantaine" in answer.out


def test_status_counts_what_waits_in_the_inbox(cli, home: Home) -> None:
    (home.inbox / "crm").mkdir()
    (home.inbox / "crm" / "contactpersonen-1.csv").write_text("contact_id\n1\n")
    (home.inbox / "crm" / "leesmij.txt").write_text("no file of a source")
    assert cli("status", "--home", home.root, "--json").document["landing"]["waiting"] == 1


def test_status_with_another_master_key_is_not_allowed(cli, home: Home) -> None:
    (home.keys / "master.key").write_text("00" * 32)
    assert cli("status", "--home", home.root).status == 3


def test_audit_shows_entries_and_that_they_are_whole(cli, home: Home) -> None:
    rows = cli("audit", "show", "--home", home.root, "--json").document
    assert "looked" in [row["action"] for row in rows]
    assert cli("audit", "verify", "--home", home.root, "--json").document["whole"] is True


def test_audit_verify_fails_when_an_entry_was_changed(cli, home: Home) -> None:
    import sqlite3

    with sqlite3.connect(home.vault) as connection:
        connection.execute("update audit_entries set actor = 'nobody'")
    connection.close()
    answer = cli("audit", "verify", "--home", home.root)
    assert answer.status == 1
    assert "the audit chain was changed from outside" in answer.err


MAPPING = """
source: shop
files:
  - pattern: orders*.csv
    entities:
      orders:
        columns: {order_id: id, ordered_at: date, amount: amount}
"""


def test_sources_lists_what_waits_and_what_is_not_recognised(
    cli, home: Home, tmp_path: Path
) -> None:
    mapping = tmp_path / "shop.yaml"
    mapping.write_text(MAPPING)
    assert cli("sources", "add", mapping, "--home", home.root).status == 0
    (home.inbox / "shop" / "orders_1.csv").write_text("id\n")
    (home.inbox / "shop" / "strange.txt").write_text("?")
    rows = {row["source"]: row for row in cli("sources", "--home", home.root, "--json").document}
    assert rows["shop"]["mapping"] == "home"
    assert rows["shop"]["waiting"] == ["orders_1.csv"]
    assert rows["shop"]["unmatched"] == ["strange.txt"]


def test_sources_add_of_a_faulty_mapping_keeps_nothing(cli, home: Home, tmp_path: Path) -> None:
    mapping = tmp_path / "shop.yaml"
    mapping.write_text(MAPPING.replace("orders:", "robots:"))
    answer = cli("sources", "add", mapping, "--home", home.root)
    assert answer.status == 2
    assert not list(home.sources.iterdir())


def test_quarantine_list_is_empty_at_first(cli, home: Home) -> None:
    assert cli("quarantine", "list", "--home", home.root, "--json").document == []


def test_flags_of_an_empty_home_are_none_and_a_strange_category_is_told(cli, tmp_path) -> None:
    home = tmp_path / "home"
    assert cli("init", "--home", home).status == 0
    assert cli("detect", "--flags", "--home", home, "--json").document == []
    assert cli("detect", "--category", "health", "--home", home, "--json").document == []
    wrong = cli("detect", "--category", "zodiac", "--home", home)
    assert wrong.status == 2
    assert "health" in wrong.err
