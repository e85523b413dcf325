"""Grain: fitted model, one a month once there are enough customers; never changed afterwards.

A model is fitted on what was bought before the month of the run, so that it stands for a month.
"""

import polars as pl

from pipelines.analytics.clv import MODEL_SCHEMA, fit_models


def model(dbt, session):
    """The new model, or no row where the month has one."""
    dbt.config(materialized="incremental", incremental_strategy="append")
    known = pl.DataFrame(schema=MODEL_SCHEMA)
    if dbt.is_incremental:
        known = session.sql(f"select * from {dbt.this} order by fitted_on, version").pl()
    run = dbt.ref("metadata").pl().row(0, named=True)
    fitted = fit_models(dbt.ref("int_customer_purchases").pl(), known, run["small_cell_k"])
    version = known.filter(pl.col("fitted_on").is_in(fitted["fitted_on"].implode())).height + 1
    return fitted.with_columns(
        pl.lit(version, pl.Int32).alias("version"),
        pl.lit(run["as_of"], pl.Datetime("us", "UTC")).alias("sealed_at"),
    ).to_arrow()
