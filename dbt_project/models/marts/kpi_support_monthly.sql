-- Grain: period grain (month, quarter, year, all) and period. Closed periods come from the seal, open
-- ones and all time are computed.
{{ shown_periods(
    ref('int_support_periods_disclosed'), ref('sealed_kpi_support_monthly'), support_measure_types(),
    ['period_grain', 'period_start'], [], ['period_end', 'is_partly_suppressed']
) }}
