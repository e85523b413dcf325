-- Grain: period grain (month, quarter, year) and period. Closed periods come from the seal, open
-- ones are computed; a period shows the newest version of its seal.
{{ shown_periods(
    ref('int_sales_periods_disclosed'), ref('sealed_kpi_sales_monthly'), sales_period_types(),
    ['period_grain', 'period_start'], [], ['period_end', 'currency', 'suppressed_figures']
) }}
