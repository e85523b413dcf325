"""The jobs Dagster knows: which assets one run is made of."""

from __future__ import annotations

import dagster as dg

DAILY = "daily_pipeline"


def daily_pipeline() -> dg.UnresolvedAssetJobDefinition:
    """Land, pseudonymise, build, check, publish."""
    groups = ("landing", "privacy", "staging", "marts", "publication")
    return dg.define_asset_job(
        DAILY, selection=dg.AssetSelection.groups(*groups), description=daily_pipeline.__doc__
    )
