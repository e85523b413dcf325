"""Campaigns: opens, clicks, conversions and unsubscribes, from ``kpi_campaign``.

Its grain is the campaign. Rates of a campaign below the small-cell threshold are not there.
"""

from __future__ import annotations

import vizro.models as vm
import vizro.plotly.express as px

from dashboards.published import Published
from dashboards.tables import grid, source

TABLE = "kpi_campaign"
RATES = ["open_rate", "click_rate", "conversion_rate", "unsubscribe_rate"]


def page(published: Published) -> vm.Page:
    """The page for campaigns."""
    return vm.Page(
        id="campaigns",
        path="/campaigns",
        title="Campaigns",
        components=[
            vm.Graph(
                id="campaign_rates",
                title="Rates by campaign, of those delivered to",
                figure=px.bar(source(published, TABLE), x="campaign_id", y=RATES, barmode="group"),
            ),
            grid(published, TABLE),
        ],
    )
