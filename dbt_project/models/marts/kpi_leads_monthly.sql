-- Grain: month and source channel, placed by the creation of the lead. Closed periods come from the seal.
{{ shown_periods(
    ref('int_leads_disclosed'), ref('sealed_kpi_leads_monthly'), lead_measure_types(),
    ['period_start'], ['source_channel'], ['period_end']
) }}
