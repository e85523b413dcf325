-- Grain: conversion and touch on its path; a conversion without a touch has one row, unattributed,
-- with the whole credit. Money is split by cumulated credit, so that shares sum exactly.
-- Shapley: what a set of channels is worth is the conversions whose channels are all in it. That is
-- a sum of unanimity games, whose value is the conversion divided equally by its channels.
-- Source: Shapley (1953). Markov: each conversion is divided by its channels in proportion to their
-- removal effect over all journeys, then equally by a channel's touches.
with

revenue as (select * from {{ ref('int_revenue_events') }}),

paths as (select * from {{ ref('int_attribution_paths') }}),

counted as (
    select
        revenue.kind,
        revenue.revenue_id,
        revenue.occurred_at,
        revenue.amount,
        paths.touch_id,
        coalesce(paths.touch_kind, 'unattributed') as touch_kind,
        coalesce(paths.channel, 'unattributed') as channel,
        paths.campaign_id,
        paths.touched_at,
        coalesce(paths.position, 1) as position,
        coalesce(power(0.5, epoch(paths.occurred_at - paths.touched_at) / 604800.0), 1.0) as decay,
        coalesce(effects.removal_effect, 1.0) as removal_effect,
        count(*) over conversion as touches,
        sum(case when coalesce(paths.channel_position, 1) = 1 then 1 else 0 end) over conversion
            as channels,
        count(*) over (
            partition by revenue.kind, revenue.revenue_id, paths.channel
        ) as channel_touches
    from revenue
    left join paths
        on revenue.kind = paths.kind and revenue.revenue_id = paths.revenue_id
    left join {{ ref('int_channel_effects') }} as effects on paths.channel = effects.channel
    window conversion as (partition by revenue.kind, revenue.revenue_id)
),

credited as (
    select
        counted.*,
        {%- for model, credit in attribution_models() %}
        cast({{ credit }} as double) as credit_{{ model }}{{ ',' if not loop.last }}
        {%- endfor %}
    from counted
    window path as (partition by kind, revenue_id)
),

cumulated as (
    select
        credited.*,
        {%- for model, _ in attribution_models() %}
        {{ money_until(model) }} as until_{{ model }}{{ ',' if not loop.last }}
        {%- endfor %}
    from credited
    window until_touch as (partition by kind, revenue_id order by position)
),

final as (
    select
        kind,
        revenue_id,
        occurred_at,
        touch_id,
        touch_kind,
        channel,
        campaign_id,
        touched_at,
        position,
        touches,
        touch_id is not null as is_attributed,
        {%- for model, _ in attribution_models() %}
        credit_{{ model }},
        cast(
            until_{{ model }} - coalesce(lag(until_{{ model }}) over path, 0) as decimal(38, 4)
        ) as revenue_{{ model }},
        {%- endfor %}
        '{{ var("reporting_currency") }}' as currency
    from cumulated
    window path as (partition by kind, revenue_id order by position)
)

select * from final
