-- Grain: month, channel and attribution model and version: kpi_attribution_monthly once closed.
{{ sealed_periods(
    ref('int_attribution_months_disclosed'), attribution_month_types(), ['period_start'],
    ['channel', 'attribution_model'], ['period_end', 'currency']
) }}
