-- Grain: period grain (month, quarter, year, all), period and seller. Closed periods come from the
-- seal, open ones and all time are computed.
{{ shown_periods(
    ref('int_sales_reps_disclosed'), ref('sealed_kpi_sales_rep_monthly'), sales_rep_types(),
    ['period_grain', 'period_start'], ['user_key'],
    ['staff_alias', 'period_end', 'currency', 'suppressed_figures']
) }}
