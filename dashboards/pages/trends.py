"""Signals, trends, correlations."""

from __future__ import annotations

from dashboards.specs import Grid, Page

PAGE = Page(
    "trends",
    "/trends",
    (
        Grid("all_signals", "kpi_signals"),
        Grid("trend_table", "kpi_trends"),
        Grid("correlations", "kpi_correlations"),
    ),
)
