-- Grain: conversion and touch within the window before it, oldest first.
select
    revenue.kind,
    revenue.revenue_id,
    revenue.occurred_at,
    touches.touch_id,
    touches.touch_kind,
    touches.channel,
    touches.campaign_id,
    touches.customer_key,
    touches.occurred_at as touched_at,
    row_number() over (
        partition by revenue.kind, revenue.revenue_id
        order by touches.occurred_at, touches.touch_id
    ) as position,
    row_number() over (
        partition by revenue.kind, revenue.revenue_id, touches.channel
        order by touches.occurred_at, touches.touch_id
    ) as channel_position
from {{ ref('int_revenue_events') }} as revenue
inner join {{ ref('fct_touches') }} as touches
    on
        revenue.customer_key = touches.customer_key
        and touches.occurred_at <= revenue.occurred_at
        and revenue.occurred_at < {{ window_end('touches.occurred_at') }}
