"""Line 7: running twice changes nothing; the same input, rules and keys give the same warehouse."""

from __future__ import annotations

from pathlib import Path

from tests.support.compare import contents, differences
from tests.support.demo import Demo, new_home


def test_running_again_changes_nothing(own_demo: Demo) -> None:
    before = contents(own_demo.home)
    published = own_demo.home.analytics.read_bytes()
    own_demo.run()
    assert contents(own_demo.home) == before
    assert own_demo.home.analytics.read_bytes() == published


def test_delivering_everything_again_changes_nothing_but_the_counts(own_demo: Demo) -> None:
    ignored = ("vault.batch", "vault.quarantine", "ops.", "metadata", "batch_counts")
    before = {t: r for t, r in contents(own_demo.home).items() if not any(i in t for i in ignored)}
    own_demo.deliver()
    summary = own_demo.run()
    assert sum(c.landed for c in summary.landed.entities.values()) == 0
    after = {t: r for t, r in contents(own_demo.home).items() if not any(i in t for i in ignored)}
    assert after == before


def test_same_input_and_keys_give_the_same_vault_and_warehouse(tmp_path: Path) -> None:
    first = new_home(tmp_path)
    (tmp_path / "copy").mkdir()
    second = first.copy(tmp_path / "copy")
    for demo in (first, second):
        demo.deliver()
        demo.run()
    assert differences(first.home, second.home) == {}
