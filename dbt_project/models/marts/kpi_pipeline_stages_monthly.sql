-- Grain: month, pipeline and stage, placed by the entry into the stage. Closed periods come from the seal.
{{ shown_periods(
    ref('int_pipeline_stages_disclosed'), ref('sealed_kpi_pipeline_stages_monthly'), stage_measure_types(),
    ['period_start'], ['pipeline', 'stage'], ['period_end']
) }}
