-- Grain: month, channel and attribution model. Closed ones come from the
-- seal, the rest is computed.
{{ shown_periods(
    ref('int_attribution_months_disclosed'), ref('sealed_kpi_attribution_monthly'),
    attribution_month_types(), ['period_start'], ['channel', 'attribution_model'], ['period_end', 'currency']
) }}
