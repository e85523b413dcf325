-- Grain: snapshot, pipeline and stage; stage is empty on the row of the whole pipeline. Closed periods come from the seal.
{{ shown_periods(
    ref('int_pipeline_snapshots_disclosed'), ref('sealed_kpi_pipeline_snapshot'), pipeline_measure_types(),
    ['snapshot_date'], ['level', 'pipeline', 'stage'], ['currency']
) }}
