"""All campaigns and how they did over time."""

from __future__ import annotations

from dashboards.specs import MARKETING, Across, Cards, Grid, Page, Trend

PAGE = Page(
    "campaigns",
    "/campaigns",
    (
        Cards(
            "campaign_figures",
            "kpi_campaign_monthly",
            ("sent", "open_rate", "click_rate", "conversion_rate", "cost", "attributed_revenue",
             "roi", "roas"),
        ),
        Across(
            "campaign_rates",
            "kpi_campaign",
            ("open_rate", "click_rate", "conversion_rate"),
            category="campaign_id",
        ),
        Grid(
            "campaign_list",
            "kpi_campaign",
            ("campaign_id", "channel", "objective", "starts_at", "sent",
             "delivery_rate", "open_rate", "click_rate", "conversion_rate", "cost",
             "attributed_revenue", "roi", "roas"),
            link="/campaign",
        ),
        Trend("campaign_series", "kpi_campaign_monthly", ("open_rate", "click_rate", "conversion_rate")),
        Trend("campaign_spend", "kpi_campaign_monthly", ("cost", "attributed_revenue"), kind="bar"),
        Grid(
            "campaign_months",
            "kpi_campaign_monthly",
            ("period_start", "sent", "delivery_rate", "open_rate", "click_rate",
             "unsubscribe_rate", "conversion_rate", "cost", "cost_per_conversion",
             "attributed_revenue", "roi", "roas"),
            is_series=True,
        ),
    ),
    roles=MARKETING,
    filters=("channel", "objective"),
    opens_with="all",
)  # fmt: skip
