-- Grain: month, topic and version: kpi_support_topics_monthly of closed months, stored once.
{{ sealed_periods(
    ref('int_support_topics_disclosed'), support_measure_types(), ['period_start'], ['topic'],
    ['period_end', 'is_partly_suppressed']
) }}
