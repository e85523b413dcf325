-- Grain: period grain, period and version: kpi_support_monthly of closed periods, stored once.
{{ sealed_periods(
    ref('int_support_periods_disclosed'), support_measure_types(), ['period_grain', 'period_start'],
    [], ['period_end', 'is_partly_suppressed']
) }}
