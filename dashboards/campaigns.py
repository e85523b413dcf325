"""Campaigns: delivery, opens, clicks, conversions and cost, from ``kpi_campaign``."""

from __future__ import annotations

import vizro.models as vm
import vizro.plotly.express as px

from dashboards.published import Published
from dashboards.tables import grid, source

TABLE = "kpi_campaign"
RATES = ("open_rate", "click_rate", "conversion_rate", "unsubscribe_rate")


def page(published: Published, columns: frozenset[str]) -> vm.Page:
    """The page for campaigns.

    Args:
        published: Where figures are read.
        columns: Columns that the table has; the chart is left out where its columns are not there.
    """
    data = source(published, TABLE)
    name = next((c for c in ("campaign_name", "name", "campaign_id") if c in columns), None)
    rates = [rate for rate in RATES if rate in columns]
    components: list[object] = []
    if name and rates:
        chart = px.bar(data, x=name, y=rates, barmode="group")
        components.append(vm.Graph(title="Rates by campaign", figure=chart))
    return vm.Page(
        id="campaigns",
        path="/campaigns",
        title="Campaigns",
        components=[*components, grid(published, TABLE)],
    )
