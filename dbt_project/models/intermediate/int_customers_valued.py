"""Grain: snapshot (now, month) and person who may be profiled and had bought by then."""

from pipelines.analytics.clv import value


def model(dbt, session):
    """The value of each person under the newest model."""
    dbt.config(materialized="table")
    models = dbt.ref("sealed_customer_clv_models").pl().sort("fitted_on", "version")
    return value(dbt.ref("int_customer_purchases").pl(), models).to_arrow()
