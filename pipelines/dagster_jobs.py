"""The jobs Dagster knows: which assets one run is made of."""

from __future__ import annotations

import dagster as dg
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
)

from pipelines.partitions import SUBJECT_BUCKETS

DAILY = "daily_pipeline"
ERASURE = "erasure_backfill"
RETENTION = "retention_sweep"
BACKUP = "backup"
REQUESTS = "subject_requests"


def daily_pipeline() -> dg.UnresolvedAssetJobDefinition:
    """Land, pseudonymise, build, check, publish."""
    groups = ("landing", "privacy", "staging", "marts", "publication")
    return dg.define_asset_job(
        DAILY, selection=dg.AssetSelection.groups(*groups), description=daily_pipeline.__doc__
    )


def erasure_backfill() -> dg.UnresolvedAssetJobDefinition:
    """Erase the persons who are queued, then build, check and publish once.

    Ask for the whole range of buckets: it is one run, and those without work return at once.
    """
    return dg.define_asset_job(
        ERASURE,
        selection=dg.AssetSelection.assets(dg.AssetKey(["vault", "erasures"])),
        description=erasure_backfill.__doc__,
    )


def subject_requests() -> dg.UnresolvedAssetJobDefinition:
    """Attend to the register of requests; a request is only ever named by its number."""
    return dg.define_asset_job(
        REQUESTS,
        selection=dg.AssetSelection.assets(dg.AssetKey(["vault", "requests"])),
        description=subject_requests.__doc__,
    )


def retention_sweep() -> dg.UnresolvedAssetJobDefinition:
    """Remove rejected rows and the history of runs whose time is over."""
    return dg.define_asset_job(
        RETENTION,
        selection=dg.AssetSelection.groups("retention"),
        description=retention_sweep.__doc__,
    )


def backup() -> dg.UnresolvedAssetJobDefinition:
    """Back up the data and the data keys apart, and read everything back."""
    return dg.define_asset_job(
        BACKUP, selection=dg.AssetSelection.groups("backups"), description=backup.__doc__
    )


def whole_range() -> dict[str, str]:
    """The tags by which one run asks for all buckets."""
    keys = SUBJECT_BUCKETS.get_partition_keys()
    return {ASSET_PARTITION_RANGE_START_TAG: keys[0], ASSET_PARTITION_RANGE_END_TAG: keys[-1]}
