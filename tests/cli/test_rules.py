"""``rules``: closed by default, live with a name and a date."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.common.settings import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    for folder in home.folders():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return home


def test_no_rule_is_live_without_an_approval(cli, home: Home) -> None:
    rows = cli("rules", "check", "--home", home.root, "--json").document
    assert rows
    assert not any(row["live"] for row in rows)


def test_approval_has_name_and_date_and_is_private(cli, home: Home) -> None:
    answer = cli(
        "rules", "approve", "--by", "A. Jansen", "--entity", "deals", "--home", home.root, "--json"
    )
    assert answer.document == {"approved": ["deals"]}
    rows = cli("rules", "check", "--home", home.root, "--json").document
    live = {row["entity"]: row["approved_by"] for row in rows if row["live"]}
    assert live == {"deals": "A. Jansen"}
    assert (home.policy / "approvals.yaml").stat().st_mode & 0o077 == 0


def test_second_approval_keeps_the_first_name(cli, home: Home) -> None:
    cli("rules", "approve", "--by", "A. Jansen", "--entity", "deals", "--home", home.root)
    cli("rules", "approve", "--by", "B. Smit", "--home", home.root)
    rows = cli("rules", "check", "--home", home.root, "--json").document
    names = {row["entity"]: row["approved_by"] for row in rows}
    assert names["deals"] == "A. Jansen"
    assert names["contacts"] == "B. Smit"


def test_unknown_entity_approves_nothing(cli, home: Home) -> None:
    words = ["rules", "approve", "--by", "A", "--entity", "deals", "--entity", "robots"]
    answer = cli(*words, "--home", home.root)
    assert answer.status == 2
    assert "robots" in answer.err
    assert not (home.policy / "approvals.yaml").exists()


def test_approval_without_a_name_is_refused(cli, home: Home) -> None:
    assert cli("rules", "approve", "--by", "  ", "--home", home.root).status == 2


def test_faulty_approvals_are_told_and_kept(cli, home: Home) -> None:
    (home.policy / "approvals.yaml").write_text(
        "robots: {approved_by: A, approved_on: 2026-01-01}\n"
    )
    answer = cli("rules", "approve", "--by", "A", "--home", home.root)
    assert answer.status == 2
    assert "robots" in (home.policy / "approvals.yaml").read_text()
