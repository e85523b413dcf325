-- Grain: period grain, period and version: kpi_campaign_monthly of closed periods, stored once.
{{ sealed_periods(
    ref('int_campaign_periods_disclosed'), campaign_month_types(), ['period_grain', 'period_start']
) }}
