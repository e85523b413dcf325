-- Grain: day. Days of closed months come from the seal, others are computed.
{{ shown_periods(
    ref('int_support_days_disclosed'), ref('sealed_kpi_support_daily'), support_day_types(),
    ['month_start'], ['day'], ['is_partly_suppressed']
) }}
