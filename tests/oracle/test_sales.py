"""Every sales figure of the models against the oracle."""

from __future__ import annotations

from typing import Any

from hypothesis import Phase, given, settings

from tests.oracle import sales
from tests.oracle.project import Project, Rows
from tests.oracle.rules import differences
from tests.oracle.strategies import AS_OF, crm
from tests.oracle.strategies import sales as sales_part

TABLES = (
    "kpi_sales_monthly", "kpi_sales_rep_monthly", "kpi_leads_monthly",
    "kpi_pipeline_stages_monthly", "kpi_pipeline_snapshot",
)  # fmt: skip


def faults_of(rows: Rows, tables: Rows, as_of: Any) -> dict[str, list[str]]:
    """What differs, by table."""
    by_seller = sales.monthly(rows, as_of, by_seller=True)
    for key, tasks in sales.overdue_tasks(rows, as_of).items():
        by_seller[key] |= tasks
    period = ["period_grain", "period_start"]
    expected = {
        "kpi_sales_monthly": (sales.monthly(rows, as_of), period),
        "kpi_sales_rep_monthly": (by_seller, [*period, "user_key"]),
        "kpi_leads_monthly": (sales.leads_monthly(rows), ["period_start", "source_channel"]),
        "kpi_pipeline_stages_monthly": (
            sales.stages_monthly(rows, as_of), ["period_start", "pipeline", "stage"],
        ),
        "kpi_pipeline_snapshot": (
            sales.snapshots(rows, as_of), ["snapshot_date", "level", "pipeline", "stage"],
        ),
    }  # fmt: skip
    found = {name: differences(tables[name], *told) for name, told in expected.items()}
    return {name: faults[:8] for name, faults in found.items() if faults}


@settings(max_examples=20, deadline=None, derandomize=True, phases=[Phase.generate])
@given(rows=crm(sales_part))
def test_sales_of_adversarial_crms(project: Project, rows: Rows) -> None:
    # Without shrinking: a failure names table, period and column, which is enough to find it.
    tables = project.run(rows, AS_OF, *TABLES)
    assert not faults_of(rows, tables, AS_OF)
