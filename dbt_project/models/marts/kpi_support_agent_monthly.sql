-- Grain: period grain (month, quarter, year, all), period and agent. Closed periods come from the
-- seal, open ones and all time are computed.
{{ shown_periods(
    ref('int_support_agents_disclosed'), ref('sealed_kpi_support_agent_monthly'),
    support_measure_types(), ['period_grain', 'period_start'], ['user_key'],
    ['staff_alias', 'period_end', 'is_partly_suppressed']
) }}
