-- Grain: period grain, period and version. Figures of closed periods, stored once: an erasure or
-- a retention sweep later does not change them. A restatement appends a version with its reason.
{{ sealed_periods(
    ref('int_sales_periods_disclosed'), sales_period_types(), ['period_grain', 'period_start'], [],
    ['period_end', 'currency', 'suppressed_figures']
) }}
