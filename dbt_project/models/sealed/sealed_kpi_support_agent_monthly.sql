-- Grain: period grain, period, agent and version: kpi_support_agent_monthly of closed periods.
{{ sealed_periods(
    ref('int_support_agents_disclosed'), support_measure_types(), ['period_grain', 'period_start'],
    ['user_key'], ['staff_alias', 'period_end', 'is_partly_suppressed']
) }}
