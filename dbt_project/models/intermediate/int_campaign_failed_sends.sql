-- Grain: campaign, recipient and month of the send. Sends that bounced for good or were dropped,
-- per recipient and send. An event of nobody known is a recipient of its own, or an erasure would merge
-- them into one.
with

deliveries as (
    select
        campaign_id,
        coalesce(customer_key, event_id) as recipient_key,
        event_id,
        event_type,
        occurred_at
    from {{ ref('stg_campaign_events') }}
    where event_type in ('sent', 'delivered', 'bounce_hard', 'bounce_soft', 'dropped')
),

failures as (
    select distinct
        campaign_id,
        recipient_key
    from deliveries
    where event_type in ('bounce_hard', 'bounce_soft', 'dropped')
),

-- Only where something failed does it matter which send an event belongs to.
numbered as (
    select
        deliveries.campaign_id,
        deliveries.recipient_key,
        deliveries.event_type,
        deliveries.occurred_at,
        sum(case when deliveries.event_type = 'sent' then 1 else 0 end) over (
            partition by deliveries.campaign_id, deliveries.recipient_key
            order by
                deliveries.occurred_at,
                case when deliveries.event_type = 'sent' then 0 else 1 end,
                deliveries.event_id
            rows between unbounded preceding and current row
        ) as send_number
    from deliveries
    inner join failures
        on
            deliveries.campaign_id = failures.campaign_id
            and deliveries.recipient_key = failures.recipient_key
),

sends as (
    select
        campaign_id,
        recipient_key,
        min(case when event_type = 'sent' then occurred_at end) as sent_at,
        max(case when event_type = 'bounce_hard' then 1 else 0 end) as is_hard,
        min(case when event_type = 'delivered' then occurred_at end) as delivered_at,
        min(case when event_type = 'dropped' then occurred_at end) as dropped_at,
        max(case when event_type = 'bounce_soft' then occurred_at end) as last_soft_at,
        max(case when event_type = 'delivered' then occurred_at end) as last_delivered_at
    from numbered
    where send_number > 0
    group by campaign_id, recipient_key, send_number
),

-- What arrived was not dropped: a drop after it is of another send, that was never noted as sent.
told as (
    select
        *,
        case when dropped_at <= coalesce(delivered_at, dropped_at) then 1 else 0 end as is_dropped
    from sends
),

outcomes as (
    select
        campaign_id,
        recipient_key,
        sent_at,
        is_dropped,
        case
            when is_hard = 1 then 1
            when last_soft_at is null or is_dropped = 1 then 0
            when last_delivered_at >= last_soft_at then 0
            else 1
        end as is_bounced
    from told
),

final as (
    select
        campaign_id,
        recipient_key,
        {{ local_month('sent_at') }} as month_start,
        sum(is_bounced) as bounced,
        sum(case when is_bounced = 1 or is_dropped = 1 then 1 else 0 end) as failed
    from outcomes
    group by campaign_id, recipient_key, {{ local_month('sent_at') }}
)

select * from final
