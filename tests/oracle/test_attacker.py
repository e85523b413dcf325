"""The attacker on what the campaign tables publish, and that the attacker can find something."""

from __future__ import annotations

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.oracle.attacker import Told, attack
from tests.oracle.campaign_parts import told
from tests.oracle.campaign_strategies import crowds
from tests.oracle.project import Project, Rows, compiled
from tests.oracle.strategies import AS_OF

K = 3
TABLES = (
    "kpi_campaign", "kpi_campaign_monthly", "kpi_campaign_daily", "kpi_campaign_links",
    "kpi_attribution_monthly", "kpi_leads_monthly",
)  # fmt: skip


@pytest.fixture(scope="session")
def suppressing(tmp_path_factory: pytest.TempPathFactory) -> Project:
    base = tmp_path_factory.getbasetemp()
    return compiled(base.parent if base.name.startswith("popen-") else base, small_cell_k=K)


@settings(max_examples=25, deadline=None, derandomize=True, phases=[Phase.generate])
@given(rows=crowds(), later=st.booleans())
def test_campaign_tables_tell_about_nobody(suppressing: Project, rows: Rows, later: bool) -> None:
    as_of = AS_OF.replace(year=AS_OF.year + later)
    tables = suppressing.run(rows, as_of, *TABLES)
    assert not attack(told(rows, tables, as_of), K)


def _parts(*names: str) -> frozenset[tuple[str, ...]]:
    return frozenset((name,) for name in names)


def test_attacker_sees_a_small_cell_and_a_small_difference() -> None:
    cells = [
        Told("sent", {"table": "a", "row": 1}, _parts("p", "q")),
        Told("sent", {"table": "a", "row": 2}, _parts("r", "s", "t", "u")),
        Told("sent", {"table": "b", "row": 1}, _parts("r", "s", "t", "u", "v")),
    ]
    found = attack(cells, 3)
    assert "sent: table a, row 1" in found
    assert "sent: table b, row 1 less table a, row 2" in found
    assert attack(cells[1:2], 3) == []


def test_attacker_adds_up_slices() -> None:
    months = [
        Told("sent", {"grain": "month", "start": start}, _parts(*(f"{start}{n}" for n in range(3))))
        for start in "xyz"
    ]
    year = frozenset().union(*(m.parts for m in months), _parts("hidden"))
    found = attack([*months, Told("sent", {"grain": "year"}, year)], 3)
    assert found == ["sent: grain year less all of grain month"]
