"""Requests, deadlines, consent, what is due: counts for stewards."""

from __future__ import annotations

from dashboards.specs import STEWARD, Grid, Page

TOPICS = {
    "requests": "request", "deadlines": "deadline", "consent": "consent",
    "retention_due": "retention_due", "quarantine": "quarantine", "detection": "detection",
    "certificates": "certificate",
}  # fmt: skip

PAGE = Page(
    "privacy",
    "/privacy",
    (
        *(
            Grid(
                title,
                "kpi_privacy_desk",
                ("item", "state", "counted"),
                where={"topic": topic},
                remark="detection_scores" if topic == "detection" else "",
            )
            for title, topic in TOPICS.items()
        ),
        Grid("desk", "kpi_privacy_desk", ("topic", "item", "state", "counted"), order=("topic",)),
    ),
    roles=STEWARD,
    has_period=False,
)
