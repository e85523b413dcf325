"""Sales: won revenue and win rate by month, from ``kpi_sales_monthly``."""

from __future__ import annotations

import vizro.models as vm
import vizro.plotly.express as px

from dashboards.published import Published
from dashboards.tables import grid, source

TABLE = "kpi_sales_monthly"


def page(published: Published, columns: frozenset[str]) -> vm.Page:
    """The page for sales.

    Args:
        published: Where figures are read.
        columns: Columns that the table has; a chart is left out where its columns are not there.
    """
    data = source(published, TABLE)
    month = next((c for c in ("month", "period_start", "month_start_date") if c in columns), None)
    components: list[object] = []
    for title, figure in (("Won revenue by month (EUR)", "won_revenue"), ("Win rate", "win_rate")):
        column = next((c for c in (figure, f"{figure}_eur") if c in columns), None)
        if month and column:
            chart = px.bar if figure == "won_revenue" else px.line
            components.append(vm.Graph(title=title, figure=chart(data, x=month, y=column)))
    return vm.Page(
        id="sales", path="/", title="Sales", components=[*components, grid(published, TABLE)]
    )
