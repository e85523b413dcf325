-- Grain: period grain and period. Closed periods come from the seal, open ones are computed.
{{ shown_periods(
    ref('int_campaign_periods_disclosed'), ref('sealed_kpi_campaign_monthly'),
    campaign_month_types(), ['period_grain', 'period_start']
) }}
