-- Grain: month that is over and has a subscription. Closed months come from the seal.
{{ shown_periods(
    ref('int_revenue_retention_disclosed'), ref('sealed_kpi_revenue_retention_monthly'),
    retention_types(), ['period_start']
) }}
