"""Line 7: running twice changes nothing; the same input, rules and keys give the same warehouse."""

from __future__ import annotations

from pathlib import Path

from tests.support.compare import UNSEALED, contents, differences
from tests.support.demo import Demo, new_home

# of what was delivered and is in quarantine
COUNTS = ("batch_counts", "kpi_data_quality")
QUARANTINED = '"topic": "quarantine"'


def test_running_again_changes_nothing(own_demo: Demo) -> None:
    before = contents(own_demo.home)
    published = own_demo.home.analytics.read_bytes()
    own_demo.run()
    assert contents(own_demo.home) == before
    assert own_demo.home.analytics.read_bytes() == published


def test_delivering_everything_again_changes_nothing_but_the_counts(own_demo: Demo) -> None:
    ignored = ("vault.batch", "vault.quarantine", "ops.", "metadata", *COUNTS, *UNSEALED)

    def compared() -> dict[str, list[str]]:
        return {
            table: [row for row in rows if QUARANTINED not in row]
            for table, rows in contents(own_demo.home).items()
            if not any(part in table for part in ignored)
        }

    before = compared()
    own_demo.deliver()
    summary = own_demo.run()
    assert sum(c.landed for c in summary.landed.entities.values()) == 0
    assert compared() == before


def test_same_input_and_keys_give_the_same_vault_and_warehouse(tmp_path: Path) -> None:
    first = new_home(tmp_path)
    (tmp_path / "copy").mkdir()
    second = first.copy(tmp_path / "copy")
    for demo in (first, second):
        demo.deliver()
        demo.run()
    assert differences(first.home, second.home) == {}
