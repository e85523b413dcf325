"""What the period says, beside the one before and last year."""

from __future__ import annotations

from dashboards.pages.trends import MOST_PRESSING, SIGNALS
from dashboards.specs import Cards, Grid, Page, Trend

PAGE = Page(
    "overview",
    "/",
    (
        Cards(
            "sales_figures",
            "kpi_sales_monthly",
            ("won_revenue", "won_deals", "win_rate", "avg_deal_size", "quota_attainment",
             "sales_cycle_days_median"),
        ),
        Cards(
            "campaign_figures",
            "kpi_campaign_monthly",
            ("sent", "open_rate", "click_rate", "conversion_rate", "cost", "roas"),
        ),
        Cards(
            "support_figures",
            "kpi_support_monthly",
            ("tickets_created", "first_response_minutes_median", "resolution_hours_median",
             "sla_attainment", "csat", "reopen_rate"),
        ),
        Trend("won_revenue", "kpi_sales_monthly", ("won_revenue",), kind="bar"),
        Trend("tickets", "kpi_support_monthly", ("tickets_created", "tickets_resolved")),
        Grid("signals", "kpi_signals", SIGNALS, ignores_period=True, order=MOST_PRESSING),
    ),
)  # fmt: skip
