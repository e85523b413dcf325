-- Grain: month, kind of segment, segment and version: kpi_customer_segments_monthly of closed months.
{{ sealed_periods(
    ref('int_customer_segments_disclosed'), segment_types(), ['period_start'],
    ['segment_kind', 'segment'], ['period_end', 'currency', 'is_partly_suppressed']
) }}
