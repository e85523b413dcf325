"""Sales: won revenue and win rate by month, from ``kpi_sales_monthly``.

Its grain is (period_grain, period_start); a chart takes the months, the table shows all. A
period that is suppressed or has no closed deals has no figure, which is a gap and not a zero.
"""

from __future__ import annotations

import pandas as pd
import vizro.models as vm
import vizro.plotly.express as px
from vizro.managers import data_manager

from dashboards.published import Published
from dashboards.tables import grid

TABLE = "kpi_sales_monthly"
MONTHS = "sales_months"


def page(published: Published) -> vm.Page:
    """The page for sales."""

    def months() -> pd.DataFrame:
        figures = published.figures(TABLE)
        return figures[figures["period_grain"] == "month"].sort_values("period_start")

    data_manager[MONTHS] = months
    return vm.Page(
        id="sales",
        path="/",
        title="Sales",
        components=[
            vm.Graph(
                id="sales_won_revenue",
                title="Won revenue by month (reporting currency)",
                figure=px.bar(MONTHS, x="period_start", y="won_revenue"),
            ),
            vm.Graph(
                id="sales_win_rate",
                title="Win rate by month (won / won and lost)",
                figure=px.line(MONTHS, x="period_start", y="win_rate", markers=True),
            ),
            grid(published, TABLE),
        ],
    )
