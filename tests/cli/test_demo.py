"""``demo``, ``init`` and ``run`` as the command line sees them; the pipeline has its own tests."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import pipelines.jobs
import pipelines.sample
from pipelines.batches.report import BatchReport, EntityCounts, LandSummary
from pipelines.cli.demo import APPROVED_BY
from pipelines.common.policy import load_policy
from pipelines.common.settings import Home
from pipelines.steps import RunSummary


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Stands in for the pipeline and the sample, which are slow; notes how they are called."""
    seen: list[dict[str, Any]] = []

    def run_pipeline(settings: Any, **options: Any) -> RunSummary:
        inbox = Home.of(settings).inbox
        files = sorted(str(p.relative_to(inbox)) for p in inbox.rglob("*") if p.is_file())
        seen.append({**options, "inbox": files})
        good = BatchReport(
            "crm",
            "contacts.csv",
            1,
            "landed",
            12,
            {"contacts": EntityCounts(12, 10, quarantined=2)},
        )
        bad = BatchReport("crm", "deals.csv", None, "failed", error="it is empty (file deals.csv).")
        good.unmapped = {"hobby": 1200}
        good.undeleted = ["contacts"]
        hollow = BatchReport("crm", "leads.csv", 2, "landed")
        batches = [good, hollow, bad] if options.get("select") else [good]
        return RunSummary("run", None, LandSummary(batches), 3, (), {"kpi_campaign": 4})

    def write_sample(out: Path, **options: Any) -> None:
        for name in ("crm/contacts.csv", "truth/persons.csv"):
            (out / name).parent.mkdir(parents=True)
            (out / name).write_text("id\n")

    monkeypatch.setattr(pipelines.jobs, "run_pipeline", run_pipeline)
    monkeypatch.setattr(pipelines.sample, "write_sample", write_sample)
    return seen


def test_demo_makes_a_home_and_says_who_approved(cli, calls: list[Any], tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    answer = cli("demo", "--home", home.root)
    assert answer.status == 0
    assert "not by you" in answer.out
    assert f'sql "from marts.kpi_campaign limit 5" --home {home.root}' in answer.out
    assert "Quarantined: 2" in answer.out
    assert "Published: 4 rows in 1 tables" in answer.out
    approvals = load_policy(home.policy).approvals
    assert {approval.approved_by for approval in approvals.values()} == {APPROVED_BY}


def test_demo_puts_files_into_the_inbox_without_the_truth(
    cli, calls: list[Any], tmp_path: Path
) -> None:
    cli("demo", "--home", tmp_path / "home")
    assert calls[0]["inbox"] == ["crm/contacts.csv"]


def test_demo_twice_uses_the_same_home(cli, calls: list[Any], tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    cli("demo", "--home", home.root)
    key = (home.keys / "master.key").read_text()
    assert cli("demo", "--home", home.root).status == 0
    assert (home.keys / "master.key").read_text() == key


@pytest.mark.parametrize("fresh", [[], ["--fresh"]])
def test_demo_leaves_a_home_alone_that_no_demo_made(
    cli, calls: list[Any], tmp_path: Path, fresh: list[str]
) -> None:
    home = tmp_path / "home"
    assert cli("init", "--home", home).status == 0
    answer = cli("demo", *fresh, "--home", home)
    assert answer.status == 2
    assert "no demo made" in answer.err
    assert (home / "keys" / "master.key").exists()
    assert calls == []


def test_demo_fresh_starts_with_new_keys(cli, calls: list[Any], tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    cli("demo", "--home", home.root)
    key = (home.keys / "master.key").read_text()
    assert cli("demo", "--fresh", "--home", home.root).status == 0
    assert (home.keys / "master.key").read_text() != key


def test_init_brings_a_home_of_an_older_version_up_to_date(cli, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert cli("init", "--home", home.root).status == 0
    with closing(sqlite3.connect(home.vault)) as vault:  # what 0008 and 0007 added is taken away
        vault.execute("DROP TABLE ledger_notes")
        vault.execute("ALTER TABLE erasures DROP COLUMN replays")
        vault.execute("DROP INDEX ix_identity_queue_record_id")
        vault.execute("ALTER TABLE identity_queue DROP COLUMN record_id")
        vault.execute("UPDATE alembic_version SET version_num = '0006'")
        vault.commit()
    refused = cli("request", "list", "--home", home.root)
    assert refused.status != 0
    assert "run klantkluis init, which brings it up to date" in refused.err
    told = cli("init", "--home", home.root)
    assert told.status == 0
    assert "was at 0006" in told.out
    assert cli("request", "list", "--home", home.root).status == 0
    again = cli("init", "--home", home.root)
    assert again.status == 2
    assert "vault already" in again.err


def test_init_makes_a_private_home_once(cli, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    assert cli("init", "--home", home.root).status == 0
    assert all(folder.stat().st_mode & 0o077 == 0 for folder in home.folders())
    assert all(key.stat().st_mode & 0o077 == 0 for key in home.keys.iterdir())
    again = cli("init", "--home", home.root)
    assert again.status == 2
    assert again.err.count("\n") == 1


def test_run_with_a_file_that_did_not_land_ends_with_status_2(
    cli, calls: list[Any], tmp_path: Path
) -> None:
    cli("init", "--home", tmp_path / "home")
    answer = cli("run", "--select", "kpi_campaign", "--home", tmp_path / "home")
    assert answer.status == 2
    assert "it is empty (file deals.csv)" in answer.out
    assert "hobby (1,200) of crm" in answer.out
    assert "contacts.csv of crm deleted nothing of contacts" in answer.out
    assert "hold no rows: 1 (crm/leads.csv)" in answer.out
    assert calls[0]["select"] == ("kpi_campaign",)


def test_run_as_json_is_one_document(cli, calls: list[Any], tmp_path: Path) -> None:
    cli("init", "--home", tmp_path / "home")
    answer = cli("run", "--home", tmp_path / "home", "--json")
    assert answer.document["published"] == {"kpi_campaign": 4}


def test_run_waits_as_long_as_it_is_told(cli, calls: list[Any], tmp_path: Path) -> None:
    cli("init", "--home", tmp_path / "home")
    cli("run", "--wait", "7", "--home", tmp_path / "home")
    assert calls[0]["wait_seconds"] == 7


def test_sample_refuses_a_folder_that_holds_something(
    cli, calls: list[Any], tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    answer = cli("sample", tmp_path / "out")
    assert answer.status == 2
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine.txt"]


def test_ingest_of_an_unknown_source_is_wrong_usage(cli, tmp_path: Path) -> None:
    cli("init", "--home", tmp_path / "home")
    answer = cli("ingest", "nowhere", "--home", tmp_path / "home")
    assert answer.status == 2
    assert "a source is unknown" in answer.err
