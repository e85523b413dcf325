"""What channels and campaigns are credited with."""

from __future__ import annotations

from dashboards.specs import MARKETING, Across, Grid, Page

PAGE = Page(
    "attribution",
    "/attribution",
    (
        Across(
            "campaign_money",
            "kpi_campaign",
            ("cost", "attributed_revenue"),
            category="campaign_id",
        ),
        Across(
            "attribution_models",
            "kpi_attribution_monthly",
            ("attributed_revenue",),
            category="channel",
            split="attribution_model",
        ),
        Grid(
            "attribution_channels",
            "kpi_attribution_monthly",
            ("period_start", "channel", "attribution_model", "attributed_conversions",
             "attributed_revenue", "cost", "roas"),
        ),
        Grid(
            "cost",
            "kpi_campaign",
            ("campaign_id", "channel", "cost", "attributed_conversions", "attributed_revenue",
             "attributed_margin", "cost_per_conversion", "roi", "roas", "attribution_model"),
            link="/campaign",
        ),
    ),
    roles=MARKETING,
    filters=("channel",),
    opens_with="all",
)  # fmt: skip
