"""Grain: campaign or period, and figure that is hidden there (pipelines/privacy/disclosure.py)."""

from pipelines.privacy.campaign_figures import hidden_figures


def model(dbt, session):
    """The figures that are hidden, from persons counted by what they have in common."""
    dbt.config(materialized="table")
    metadata = dbt.ref("metadata")
    ((k, year_start),) = metadata.project("small_cell_k, fiscal_year_start_month").fetchall()
    hidden = hidden_figures(
        dbt.ref("int_campaign_patterns")
        .project("campaign_id, month_start, roles, recipients, persons")
        .fetchall(),
        dbt.ref("int_campaign_month_persons")
        .project("family, unit, month_start, roles, persons_count, persons, is_unit_shown")
        .fetchall(),
        sealed(session, "sealed_kpi_campaign", "campaign_id, closing_month"),
        sealed(session, "sealed_kpi_campaign_monthly", "period_grain, period_start"),
        k,
        year_start,
    )
    return session.sql(
        "select unnest(cast($1 as varchar[])) as campaign_id, "
        "unnest(cast($2 as varchar[])) as period_grain, "
        "unnest(cast($3 as date[])) as period_start, unnest(cast($4 as varchar[])) as figure",
        params=[list(column) for column in zip(*hidden, strict=True)] or [[], [], [], []],
    )


def sealed(session, table, keys):
    """Keys and hidden figures of what is sealed, in its newest version; the seal builds on this."""
    found = session.execute(
        "select database_name from duckdb_tables() where schema_name = 'sealed' and table_name = $1",
        [table],
    ).fetchone()
    if found is None:
        return []
    return session.execute(
        f"select {keys}, suppressed_figures from {found[0]}.sealed.{table} "
        f"qualify row_number() over (partition by {keys} order by sealed_at desc, version desc) = 1"
    ).fetchall()
