"""Dagster assets and checks: shells that call one step of the pipeline and return counts."""

import warnings

from dagster import BetaWarning

# A backfill in one run is what erasures need; that Dagster calls this beta is for us to know, and
# would stand in the midst of what every run says.
warnings.filterwarnings("ignore", message=".*backfill_policy", category=BetaWarning)
