-- Grain: period, slice and version: kpi_leads_monthly of closed periods, stored once.
{{ sealed_periods(
    ref('int_leads_disclosed'), lead_measure_types(), ['period_start'], ['source_channel'], ['period_end']
) }}
