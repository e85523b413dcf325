"""Requests, retention, consent: counts for stewards."""

from __future__ import annotations

from dashboards.specs import STEWARD, Grid, Page

PAGE = Page("privacy", "/privacy", (Grid("requests", "kpi_privacy_desk"),), roles=STEWARD)
