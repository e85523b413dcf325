"""Response, resolution, backlog, topics, agents."""

from __future__ import annotations

from dashboards.specs import SUPPORT, Across, Cards, Grid, Page, Trend

PAGE = Page(
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
            roles=SUPPORT,
        ),
    ),
    roles=SUPPORT,
)  # fmt: skip
