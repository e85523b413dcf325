"""Forecast, pipeline, stages, leads, sellers."""

from __future__ import annotations

from dashboards.specs import SALES, Across, Cards, Grid, Page, Trend

PAGE = Page(
    "sales",
    "/sales",
    (
        Cards(
            "forecast",
            "kpi_sales_monthly",
            ("won_revenue", "quota", "quota_attainment", "forecast", "forecast_accuracy",
             "pipeline_coverage", "slippage_rate"),
        ),
        Trend(
            "forecast_series",
            "kpi_sales_monthly",
            ("quota", "forecast", "won_revenue"),
            kind="bar",
        ),
        Trend("win_rates", "kpi_sales_monthly", ("win_rate", "win_rate_value")),
        Across(
            "pipeline",
            "kpi_pipeline_snapshot",
            ("open_amount", "weighted_pipeline"),
            category="stage",
            where={"level": "stage"},
        ),
        Grid(
            "pipeline_table",
            "kpi_pipeline_snapshot",
            ("pipeline", "stage", "snapshot_date", "open_deals", "stale_deals", "open_amount",
             "weighted_pipeline", "pipeline_velocity"),
        ),
        Grid(
            "stages",
            "kpi_pipeline_stages_monthly",
            ("period_start", "pipeline", "stage", "entries", "stage_conversion", "censored",
             "days_in_stage_median"),
        ),
        Trend("leads", "kpi_leads_monthly", ("leads",), split="source_channel"),
        Grid(
            "leads_table",
            "kpi_leads_monthly",
            ("period_start", "source_channel", "leads", "lead_conversion_rate",
             "time_to_convert_days_median"),
        ),
        Grid(
            "sellers",
            "kpi_sales_rep_monthly",
            ("user_key", "won_deals", "won_revenue", "win_rate", "quota", "quota_attainment",
             "tasks_open", "tasks_overdue"),
            roles=SALES,
        ),
        Grid(
            "sales_table",
            "kpi_sales_monthly",
            ("period_start", "won_deals", "lost_deals", "won_revenue", "avg_deal_size", "win_rate",
             "win_rate_value", "sales_cycle_days_median"),
            is_series=True,
        ),
    ),
    roles=SALES,
    filters=("pipeline",),
)  # fmt: skip
