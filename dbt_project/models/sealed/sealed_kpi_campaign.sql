-- Grain: campaign, month of its last send and version: kpi_campaign once that month has closed.
{{ sealed_periods(
    ref('int_campaigns_disclosed'), campaign_measure_types(), ['campaign_id', 'closing_month'],
    kept=['campaign_name', 'channel', 'objective', 'starts_at', 'currency']
) }}
