-- Grain: period, slice and version: kpi_pipeline_snapshot of closed periods, stored once.
{{ sealed_periods(
    ref('int_pipeline_snapshots_disclosed'), pipeline_measure_types(), ['snapshot_date'], ['level', 'pipeline', 'stage'], ['currency']
) }}
