-- Grain: period grain, period, seller and version: kpi_sales_rep_monthly of closed periods.
{{ sealed_periods(
    ref('int_sales_reps_disclosed'), sales_rep_types(), ['period_grain', 'period_start'],
    ['user_key'], ['staff_alias', 'period_end', 'currency', 'suppressed_figures']
) }}
