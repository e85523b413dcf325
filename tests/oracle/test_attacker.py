"""The attacker on what the campaign tables publish, and that the attacker can find something."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.oracle.attacker import Told, attack
from tests.oracle.campaign_parts import told
from tests.oracle.campaign_strategies import buyers, crowds
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


@settings(max_examples=20, deadline=None, derandomize=True, phases=[Phase.generate])
@given(rows=crowds(), later=st.booleans())
def test_campaign_tables_tell_about_nobody(suppressing: Project, rows: Rows, later: bool) -> None:
    as_of = AS_OF.replace(year=AS_OF.year + later)
    tables = suppressing.run(rows, as_of, *TABLES)
    assert not attack(told(rows, tables, as_of), K)


def _credit(project: Project, examples: int, leaks: list[str]) -> Counter[str]:
    """What attribution shows of crowds, by figure; what the attacker makes of it is added to leaks."""
    figures: Counter[str] = Counter()

    @settings(max_examples=examples, deadline=None, derandomize=True, phases=[Phase.generate])
    @given(rows=buyers())
    def try_one(rows: Rows) -> None:
        parts = told(rows, project.run(rows, AS_OF, *TABLES), AS_OF)
        leaks.extend(attack(parts, K))
        figures.update(one.figure for one in parts if one.parts)

    try_one()
    return figures


def test_attribution_tells_about_nobody(suppressing: Project) -> None:
    leaks: list[str] = []
    figures = _credit(suppressing, 7, leaks)
    assert not leaks
    # Hiding everything would pass: something has to be shown about somebody, and be hidden.
    for figure in (
        "credit email last_touch", "credit phone markov", "credit unattributed linear",
        "credit email shapley - last_touch", "unrated email",
        "attributed", "revenue", "revenue email last_touch",
    ):  # fmt: skip
        assert figures[figure], figure
    assert [name for name in figures if name.startswith("credit of hidden channels")]


def test_attacker_finds_credit_where_nothing_is_hidden(project: Project) -> None:
    leaks: list[str] = []
    _credit(project, 4, leaks)
    assert {"credit", "revenue"} <= {line.replace(":", " ").split()[0] for line in leaks}


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
