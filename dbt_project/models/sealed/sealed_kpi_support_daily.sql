-- Grain: day and version: kpi_support_daily of closed months, all days of a month stored at once.
{{ sealed_periods(
    ref('int_support_days_disclosed'), support_day_types(), ['month_start'], ['day'],
    ['is_partly_suppressed']
) }}
