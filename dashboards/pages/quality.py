"""What was published, and which checks hold."""

from __future__ import annotations

from dashboards.specs import Grid, Page, Publication

PAGE = Page(
    "quality",
    "/quality",
    (Publication("publication", ""), Grid("checks", "kpi_data_quality")),
    has_period=False,
)
