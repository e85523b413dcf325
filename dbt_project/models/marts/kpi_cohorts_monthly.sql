-- Grain: month and cohort. Closed months come from the seal.
{{ shown_periods(
    ref('int_cohorts_disclosed'), ref('sealed_kpi_cohorts_monthly'), cohort_types(),
    ['period_start'], ['cohort_start']
) }}
