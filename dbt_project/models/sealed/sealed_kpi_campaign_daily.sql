-- Grain: campaign and day and version: kpi_campaign_daily once it has closed, stored once.
{{ sealed_periods(
    ref('int_campaign_days_disclosed'), campaign_day_types(),
    ['campaign_id', 'closing_month'], ['day'], ['month_start']
) }}
