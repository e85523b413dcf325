"""Campaigns of the sample, as the pipeline landed it, before the attacker."""

from __future__ import annotations

import pytest

from tests.oracle.attacker import attack
from tests.oracle.campaign_parts import told
from tests.oracle.project import Rows, compiled
from tests.oracle.test_attacker import TABLES as SHOWN
from tests.support.demo import AS_OF


@pytest.mark.parametrize("k", [5, 10])
def test_attacker_learns_of_nobody_in_the_sample(
    tmp_path_factory: pytest.TempPathFactory, campaign_rows: Rows, k: int
) -> None:
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-") else base
    tables = compiled(shared, small_cell_k=k).run(campaign_rows, AS_OF, *SHOWN)
    shown = [row["human_openers"] for row in tables["kpi_campaign"] if row["human_openers"]]
    assert shown, "all is hidden, so nothing was tried"
    assert not attack(told(campaign_rows, tables, AS_OF), k)
