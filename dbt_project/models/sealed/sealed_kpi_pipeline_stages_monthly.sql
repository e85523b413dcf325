-- Grain: period, slice and version: kpi_pipeline_stages_monthly of closed periods, stored once.
{{ sealed_periods(
    ref('int_pipeline_stages_disclosed'), stage_measure_types(), ['period_start'], ['pipeline', 'stage'], ['period_end']
) }}
