"""Signals, trends, correlations."""

from __future__ import annotations

from dashboards.specs import Grid, Page

SIGNALS = ("priority", "direction", "signal_kind", "kpi", "slice", "figure", "compared_with",
           "size_money", "suggested_action")  # fmt: skip
MOST_PRESSING = ("priority", "-size_money")

PAGE = Page(
    "trends",
    "/trends",
    (
        Grid("all_signals", "kpi_signals", SIGNALS, ignores_period=True, order=MOST_PRESSING),
        Grid(
            "trend_table",
            "kpi_trends",
            ("kpi", "figure", "previous_figure", "month_over_month", "year_over_year",
             "moving_mean", "baseline", "anomaly_score", "is_anomaly", "size_money"),
            is_latest=True,
            order=("-is_anomaly", "-size_money"),
        ),
        Grid(
            "correlations",
            "kpi_correlations",
            ("figure", "other_figure", "months", "correlation", "correlation_lower",
             "correlation_upper", "is_notable"),
            ignores_period=True,
            order=("-is_notable", "-correlation"),
        ),
    ),
)  # fmt: skip
