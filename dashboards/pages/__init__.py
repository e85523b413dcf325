"""All pages, one file each, in their order."""

from __future__ import annotations

from dashboards.pages import (
    attribution,
    campaign,
    campaigns,
    customers,
    overview,
    privacy,
    quality,
    sales,
    support,
    trends,
)
from dashboards.specs import Page, Role

PAGES: tuple[Page, ...] = (
    overview.PAGE,
    campaigns.PAGE,
    campaign.PAGE,
    attribution.PAGE,
    sales.PAGE,
    customers.PAGE,
    support.PAGE,
    trends.PAGE,
    privacy.PAGE,
    quality.PAGE,
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
