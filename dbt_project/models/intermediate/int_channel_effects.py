"""Grain: channel. What its removal would cost (pipelines/analytics/attribution.py)."""

from pipelines.analytics.attribution import removal_effects


def model(dbt, session):
    """The removal effects, from counted transitions."""
    dbt.config(materialized="table")
    rows = dbt.ref("int_channel_transitions").fetchall()
    effects = removal_effects({(origin, target): count for origin, target, count in rows})
    return session.sql(
        "select unnest(cast($1 as varchar[])) as channel, "
        "unnest(cast($2 as double[])) as removal_effect",
        params=[list(effects), list(effects.values())],
    )
