-- Grain: month and topic. Closed months come from the seal, open ones are computed.
{{ shown_periods(
    ref('int_support_topics_disclosed'), ref('sealed_kpi_support_topics_monthly'),
    support_measure_types(), ['period_start'], ['topic'], ['period_end', 'is_partly_suppressed']
) }}
