-- Grain: month, cohort and version: kpi_cohorts_monthly of closed months, stored once.
{{ sealed_periods(
    ref('int_cohorts_disclosed'), cohort_types(), ['period_start'], ['cohort_start']
) }}
