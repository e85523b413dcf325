"""Segments, retention, cohorts, expected value."""

from __future__ import annotations

from dashboards.specs import CUSTOMERS, Across, Cards, Grid, Matrix, Page, Trend

PAGE = Page(
    "customers",
    "/customers",
    (
        Cards(
            "customer_figures",
            "kpi_revenue_retention_monthly",
            (
                "new_customers",
                "new_revenue",
                "net_revenue_retention",
                "gross_revenue_retention",
                "customer_churn_rate",
            ),
        ),
        *(
            Across(
                kind,
                "kpi_customer_segments_monthly",
                ("customers",),
                category="segment",
                where={"segment_kind": kind},
            )
            for kind in ("lifecycle", "rfm", "clv_band", "churn")
        ),
        Grid(
            "segments",
            "kpi_customer_segments_monthly",
            (
                "period_start",
                "segment_kind",
                "segment",
                "customers",
                "orders_365_days",
                "margin_365_days",
                "clv",
            ),
        ),
        Trend(
            "retention",
            "kpi_revenue_retention_monthly",
            ("net_revenue_retention", "gross_revenue_retention"),
        ),
        Trend("churned", "kpi_revenue_retention_monthly", ("customer_churn_rate",)),
        Grid(
            "retention_table",
            "kpi_revenue_retention_monthly",
            (
                "period_start",
                "net_revenue_retention",
                "gross_revenue_retention",
                "customer_churn_rate",
                "new_customers",
                "new_revenue",
            ),
        ),
        Matrix(
            "cohorts",
            "kpi_cohorts_monthly",
            ("retention_rate",),
            down="cohort_start",
            across="months_since",
        ),
        Grid(
            "cohorts_table",
            "kpi_cohorts_monthly",
            (
                "period_start",
                "cohort_start",
                "months_since",
                "cohort_customers",
                "retention_rate",
                "orders",
                "revenue",
                "margin",
            ),
        ),
        Grid(
            "clv",
            "kpi_customer_clv",
            (
                "period_start",
                "state",
                "customers",
                "repeat_customers",
                "holdout_customers",
                "holdout_buyers",
                "holdout_purchases_error",
                "holdout_purchases_baseline_error",
                "holdout_margin_error",
                "holdout_margin_baseline_error",
            ),
        ),
    ),
    roles=CUSTOMERS,
)
