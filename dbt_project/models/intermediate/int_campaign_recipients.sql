-- Grain: campaign and recipient. What was sent to a recipient, what arrived, and what came back.
-- An event of nobody known is a recipient of its own, or an erasure would merge them into one.
with

events as (
    select
        *,
        coalesce(customer_key, event_id) as recipient_key
    from {{ ref('int_campaign_events_labelled') }}
),

failures as (
    select distinct
        campaign_id,
        recipient_key
    from events
    where event_type in ('bounce_hard', 'bounce_soft', 'dropped')
),

-- Only where something failed does it matter which send an event belongs to.
numbered as (
    select
        events.campaign_id,
        events.recipient_key,
        events.event_type,
        events.occurred_at,
        sum(case when events.event_type = 'sent' then 1 else 0 end) over (
            partition by events.campaign_id, events.recipient_key
            order by
                events.occurred_at,
                case when events.event_type = 'sent' then 0 else 1 end,
                events.event_id
            rows between unbounded preceding and current row
        ) as send_number
    from events
    inner join failures
        on
            events.campaign_id = failures.campaign_id
            and events.recipient_key = failures.recipient_key
    where events.event_type in ('sent', 'delivered', 'bounce_hard', 'bounce_soft', 'dropped')
),

sends as (
    select
        campaign_id,
        recipient_key,
        max(case when event_type = 'bounce_hard' then 1 else 0 end) as is_hard,
        max(case when event_type = 'dropped' then 1 else 0 end) as is_dropped,
        max(case when event_type = 'bounce_soft' then occurred_at end) as last_soft_at,
        max(case when event_type = 'delivered' then occurred_at end) as last_delivered_at
    from numbered
    where send_number > 0
    group by campaign_id, recipient_key, send_number
),

outcomes as (
    select
        campaign_id,
        recipient_key,
        is_dropped,
        case
            when is_hard = 1 then 1
            when last_soft_at is null or is_dropped = 1 then 0
            when last_delivered_at >= last_soft_at then 0
            else 1
        end as is_bounced
    from sends
),

failed as (
    select
        campaign_id,
        recipient_key,
        sum(is_bounced) as bounced_sends,
        sum(case when is_bounced = 1 or is_dropped = 1 then 1 else 0 end) as failed_sends
    from outcomes
    group by campaign_id, recipient_key
),

counted as (
    select
        campaign_id,
        recipient_key,
        max(customer_key) as customer_key,
        sum(case when event_type = 'sent' then 1 else 0 end) as sends,
        min(case when event_type = 'sent' then occurred_at end) as first_sent_at,
        max(case when event_type = 'sent' then occurred_at end) as last_sent_at,
        max(case when event_type in ('open', 'click') then 1 else 0 end) as has_opened_raw,
        max(case when event_type in ('open', 'click') and not is_machine then 1 else 0 end)
            as has_opened,
        max(case when event_type = 'click' and not is_machine then 1 else 0 end) as has_clicked,
        max(case when event_type = 'unsubscribe' then 1 else 0 end) as has_unsubscribed,
        max(case when event_type = 'complaint' then 1 else 0 end) as has_complained,
        min(case when event_type = 'conversion' then occurred_at end) as first_conversion_at,
        sum(case when event_type = 'open' then 1 else 0 end) as opens,
        sum(case when event_type = 'click' then 1 else 0 end) as clicks,
        sum(case when event_type = 'open' and is_machine then 1 else 0 end) as machine_opens,
        sum(case when event_type = 'click' and is_machine then 1 else 0 end) as machine_clicks
    from events
    group by campaign_id, recipient_key
),

final as (
    select
        counted.*,
        coalesce(failed.bounced_sends, 0) as bounced_sends,
        counted.sends - coalesce(failed.failed_sends, 0) as delivered_sends
    from counted
    left join failed
        on
            counted.campaign_id = failed.campaign_id
            and counted.recipient_key = failed.recipient_key
)

select * from final
