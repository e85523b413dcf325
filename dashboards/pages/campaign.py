"""One campaign: funnel, days, links, cost, lift."""

from __future__ import annotations

from dashboards.specs import MARKETING, Facts, Funnel, Grid, Page, Trend

PAGE = Page(
    "campaign",
    "/campaign",
    (
        Funnel(
            "funnel",
            "kpi_campaign",
            ("sent", "delivered", "human_openers", "human_clickers", "converters"),
        ),
        Facts(
            "delivery",
            "kpi_campaign",
            ("channel", "objective", "starts_at", "delivery_rate", "bounce_rate", "open_rate",
             "open_rate_raw", "click_rate", "click_to_open_rate", "unsubscribe_rate",
             "complaint_rate", "conversion_rate"),
        ),
        Facts(
            "audience",
            "kpi_campaign",
            ("sent", "delivered", "bounced", "treatment_persons", "holdout_persons",
             "human_openers", "human_clickers", "unsubscribers", "complainers", "converters"),
        ),
        Facts(
            "cost",
            "kpi_campaign",
            ("cost", "cost_per_conversion", "attributed_conversions", "attributed_revenue",
             "attributed_margin", "roi", "roi_revenue", "roas", "attribution_model", "roi_basis"),
            remark="one_model",
        ),
        Grid(
            "channel_models",
            "kpi_attribution_monthly",
            ("attribution_model", "channel", "period_start", "attributed_conversions",
             "attributed_revenue", "cost", "roas"),
            follows=("channel",),
            is_latest=True,
            order=("attribution_model",),
        ),
        Facts(
            "lift",
            "kpi_campaign",
            ("treatment_conversion_rate", "holdout_conversion_rate", "incremental_lift", "incremental_lift_lower",
             "incremental_lift_upper", "incremental_revenue_per_person"),
        ),
        Trend(
            "timeline",
            "kpi_campaign_daily",
            ("human_openers", "human_clickers", "unsubscribers"),
            kind="bar",
        ),
        Grid(
            "days",
            "kpi_campaign_daily",
            ("day", "sent", "human_openers", "human_clickers", "unsubscribers"),
        ),
        Grid("links", "kpi_campaign_links", ("link", "human_clickers", "clicks", "click_share")),
    ),
    roles=MARKETING,
    filters=("campaign",),
    has_period=False,
    needs="campaign",
)  # fmt: skip
