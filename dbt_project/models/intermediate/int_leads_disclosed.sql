-- Grain: month and source channel. Only months are published of what is cut by a channel, and no
-- total over channels, so that no cell can be had by subtraction. A lead is a contact, so a person.
with

leads as (
    select
        *,
        {{ local_month('created_at') }} as period_start,
        {{ acting_person('customer_key', 'lead_id') }} as person_key
    from {{ ref('fct_leads') }}
),

measured as (
    select
        period_start,
        source_channel,
        count(*) as leads,
        {{ ratio_columns(
            'lead_conversion_rate', 'sum(case when is_converted then 1 else 0 end)', 'count(*)'
        ) }},
        {{ percentile('convert_days', 0.5) }} as time_to_convert_days_median,
        count(convert_days) as time_to_convert_leads,
        count(exclusion_reason) as excluded_rows,
        count(distinct case when is_converted then person_key end) as converted_persons,
        count(distinct case when not is_converted then person_key end) as other_persons,
        count(distinct case when convert_days is not null then person_key end) as timed_persons,
        count(distinct case when exclusion_reason is not null then person_key end) as excluded_persons,
        count(distinct case when is_converted and convert_days is null then person_key end)
            as untimed_persons
    from leads
    group by period_start, source_channel
),

flagged as (
    select
        *,
        {{ period_end("'month'", 'period_start') }} as period_end,
        converted_persons {{ is_small() }} or other_persons {{ is_small() }}
        or timed_persons {{ is_small() }} or untimed_persons {{ is_small() }}
        or excluded_persons {{ is_small() }} as is_suppressed
    from measured
),

final as (
    select
        period_start,
        period_end,
        source_channel,
        is_suppressed,
        {{ is_period_closed('period_end', var('period_close_days')) }} as is_closed,
        {{ disclosed_figures(lead_measure_types(), 'flagged', 'is_suppressed') }}
    from flagged
)

select * from final
