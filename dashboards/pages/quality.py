"""What was published, and which checks hold."""

from __future__ import annotations

from dashboards.specs import Checks, Grid, Page, Publication

PAGE = Page(
    "quality",
    "/quality",
    (
        Checks("checks", ""),
        Publication("publication", ""),
        Grid(
            "data_quality",
            "kpi_data_quality",
            ("source", "entity", "batches", "landed_rows", "unchanged_rows", "quarantine_rate"),
            order=("source", "entity"),
        ),
    ),
    has_period=False,
)
