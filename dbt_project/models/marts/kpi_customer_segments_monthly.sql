-- Grain: month, kind of segment and segment, of customers as they stood at its end. Closed months
-- come from the seal.
{{ shown_periods(
    ref('int_customer_segments_disclosed'), ref('sealed_kpi_customer_segments_monthly'),
    segment_types(), ['period_start'], ['segment_kind', 'segment'],
    ['period_end', 'currency', 'is_partly_suppressed']
) }}
