"""All pages, declared."""

from __future__ import annotations

from dashboards.specs import (
    Across,
    Cards,
    Facts,
    Funnel,
    Grid,
    Matrix,
    Page,
    Publication,
    Role,
    Trend,
)

_MARKETING: frozenset[Role] = frozenset({"marketer", "steward"})
_SALES: frozenset[Role] = frozenset({"sales", "steward"})
_SUPPORT: frozenset[Role] = frozenset({"support", "steward"})
_CUSTOMERS: frozenset[Role] = frozenset({"marketer", "sales", "steward"})
_STEWARD: frozenset[Role] = frozenset({"steward"})

_OVERVIEW = Page(
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
        Grid("signals", "kpi_signals"),
    ),
)  # fmt: skip

_CAMPAIGNS = Page(
    "campaigns",
    "/campaigns",
    (
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
    roles=_MARKETING,
    filters=("channel", "objective"),
    opens_with="all",
)  # fmt: skip

_CAMPAIGN = Page(
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
            "cost",
            "kpi_campaign",
            ("cost", "cost_per_conversion", "attributed_conversions", "attributed_revenue",
             "attributed_margin", "roi", "roi_revenue", "roas", "attribution_model", "roi_basis"),
        ),
        Facts(
            "lift",
            "kpi_campaign",
            ("treatment_persons", "holdout_persons", "treatment_conversion_rate",
             "holdout_conversion_rate", "incremental_lift", "incremental_lift_lower",
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
    roles=_MARKETING,
    filters=("campaign",),
    has_period=False,
    needs="campaign",
)  # fmt: skip

_ATTRIBUTION = Page(
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
    roles=_MARKETING,
    filters=("channel",),
    opens_with="all",
)  # fmt: skip

_SALES_PAGE = Page(
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
            roles=_SALES,
        ),
        Grid(
            "sales_table",
            "kpi_sales_monthly",
            ("period_start", "won_deals", "lost_deals", "won_revenue", "avg_deal_size", "win_rate",
             "win_rate_value", "sales_cycle_days_median"),
            is_series=True,
        ),
    ),
    roles=_SALES,
    filters=("pipeline",),
)  # fmt: skip

_CUSTOMERS_PAGE = Page(
    "customers",
    "/customers",
    (
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
    roles=_CUSTOMERS,
)

_SUPPORT_PAGE = Page(
    "support",
    "/support",
    (
        Cards(
            "support_figures",
            "kpi_support_monthly",
            ("tickets_created", "tickets_resolved", "tickets_unanswered",
             "first_response_minutes_median", "resolution_hours_median", "sla_attainment", "csat",
             "escalation_rate"),
        ),
        Trend("tickets", "kpi_support_monthly", ("tickets_created", "tickets_resolved")),
        Trend(
            "quality_of_service",
            "kpi_support_monthly",
            ("sla_attainment", "csat", "reopen_rate", "escalation_rate"),
        ),
        Trend(
            "response",
            "kpi_support_monthly",
            ("resolution_hours_median", "resolution_hours_median_business",
             "full_resolution_hours_median"),
            kind="bar",
        ),
        Grid(
            "support_table",
            "kpi_support_monthly",
            ("period_start", "tickets_created", "tickets_resolved", "tickets_unanswered",
             "first_response_minutes_median", "first_response_minutes_median_business",
             "first_response_minutes_p90", "resolution_hours_median", "sla_attainment", "csat",
             "first_contact_resolution_rate", "reopen_rate", "escalation_rate"),
            is_series=True,
        ),
        Trend("backlog", "kpi_support_daily", ("backlog",)),
        Across(
            "support_topics",
            "kpi_support_topics_monthly",
            ("tickets_created", "tickets_resolved"),
            category="topic",
        ),
        Grid(
            "support_days",
            "kpi_support_daily",
            ("day", "tickets_created", "tickets_resolved", "tickets_unanswered", "backlog",
             "backlog_age_days_median", "first_response_minutes_median",
             "resolution_hours_median"),
        ),
        Grid(
            "topics_table",
            "kpi_support_topics_monthly",
            ("period_start", "topic", "tickets_created", "tickets_resolved",
             "first_response_minutes_median", "resolution_hours_median", "sla_attainment",
             "csat", "escalation_rate"),
        ),
        Grid(
            "support_agents",
            "kpi_support_agent_monthly",
            ("user_key", "tickets_resolved", "first_response_minutes_median",
             "resolution_hours_median", "sla_attainment", "csat", "reopen_rate",
             "escalation_rate"),
            roles=_SUPPORT,
        ),
    ),
    roles=_SUPPORT,
)  # fmt: skip

PAGES: tuple[Page, ...] = (
    _OVERVIEW,
    _CAMPAIGNS,
    _CAMPAIGN,
    _ATTRIBUTION,
    _SALES_PAGE,
    _CUSTOMERS_PAGE,
    _SUPPORT_PAGE,
    Page(
        "trends",
        "/trends",
        (
            Grid("all_signals", "kpi_signals"),
            Grid("trend_table", "kpi_trends"),
            Grid("correlations", "kpi_correlations"),
        ),
    ),
    Page("privacy", "/privacy", (Grid("requests", "kpi_privacy_desk"),), roles=_STEWARD),
    Page(
        "quality",
        "/quality",
        (Publication("publication", ""), Grid("checks", "kpi_data_quality")),
        has_period=False,
    ),
)


def pages_for(roles: frozenset[Role]) -> tuple[Page, ...]:
    """The pages that somebody with these roles sees, in order."""
    return tuple(page for page in PAGES if page.roles & roles)


def tables_for(roles: frozenset[Role]) -> frozenset[str]:
    """The tables that somebody with these roles may export."""
    return frozenset(
        part.table
        for page in pages_for(roles)
        for part in page.parts
        if part.table and part.roles & roles
    )
