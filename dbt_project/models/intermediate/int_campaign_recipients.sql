-- Grain: campaign, recipient and month of the send. What was sent to somebody and what came of it.
-- A response belongs to the newest send of the campaign to that recipient before it, else to the
-- first one after it; without a send, to its own month. An event of nobody known is a recipient.
with

events as (select * from {{ ref('int_campaign_events_labelled') }}),

sends as (
    select
        campaign_id,
        coalesce(customer_key, event_id) as recipient_key,
        count(*) as sent,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from {{ ref('stg_campaign_events') }}
    where event_type = 'sent'
    group by campaign_id, coalesce(customer_key, event_id)
),

placed_sends as (
    select
        *,
        {{ local_month('first_at') }} as month_start,
        {{ local_month('first_at') }} = {{ local_month('last_at') }} as is_in_one_month
    from sends
),

-- Whoever was sent to in more months than one, send by send: few, or a newsletter's readers.
repeated_sends as (
    select
        events.campaign_id,
        events.customer_key as recipient_key,
        events.occurred_at,
        {{ local_month('events.occurred_at') }} as month_start
    from {{ ref('stg_campaign_events') }} as events
    inner join placed_sends
        on
            events.campaign_id = placed_sends.campaign_id
            and events.customer_key = placed_sends.recipient_key
    where events.event_type = 'sent' and not placed_sends.is_in_one_month
),

responses as (
    select
        events.event_id,
        events.campaign_id,
        coalesce(events.customer_key, events.event_id) as recipient_key,
        events.event_type,
        events.is_machine,
        events.occurred_at,
        coalesce(placed_sends.month_start, {{ local_month('events.occurred_at') }}) as month_start,
        not placed_sends.is_in_one_month as is_repeated
    from events
    left join placed_sends
        on
            events.campaign_id = placed_sends.campaign_id
            and events.customer_key = placed_sends.recipient_key
    where events.event_type in ('open', 'click', 'unsubscribe', 'complaint')
),

repeated_responses as (
    select
        responses.event_id,
        max(repeated_sends.occurred_at) as sent_at
    from responses
    inner join repeated_sends
        on
            responses.campaign_id = repeated_sends.campaign_id
            and responses.recipient_key = repeated_sends.recipient_key
            and repeated_sends.occurred_at <= responses.occurred_at
    where responses.is_repeated
    group by responses.event_id
),

facts as (
    select
        campaign_id,
        recipient_key,
        month_start,
        sent,
        0 as failed,
        0 as bounced,
        0 as opens,
        0 as clicks,
        0 as machine_opens,
        0 as machine_clicks,
        0 as unsubscribed,
        0 as complained,
        0 as converted
    from placed_sends
    where is_in_one_month
    union all
    select
        campaign_id,
        recipient_key,
        month_start,
        count(*) as sent,
        0 as failed,
        0 as bounced,
        0 as opens,
        0 as clicks,
        0 as machine_opens,
        0 as machine_clicks,
        0 as unsubscribed,
        0 as complained,
        0 as converted
    from repeated_sends
    group by campaign_id, recipient_key, month_start
    union all
    select
        responses.campaign_id,
        responses.recipient_key,
        coalesce({{ local_month('repeated_responses.sent_at') }}, responses.month_start)
            as month_start,
        0 as sent,
        0 as failed,
        0 as bounced,
        case when responses.event_type = 'open' then 1 else 0 end as opens,
        case when responses.event_type = 'click' then 1 else 0 end as clicks,
        case when responses.event_type = 'open' and responses.is_machine then 1 else 0 end as machine_opens,
        case when responses.event_type = 'click' and responses.is_machine then 1 else 0 end as machine_clicks,
        case when responses.event_type = 'unsubscribe' then 1 else 0 end as unsubscribed,
        case when responses.event_type = 'complaint' then 1 else 0 end as complained,
        0 as converted
    from responses
    left join repeated_responses on responses.event_id = repeated_responses.event_id
    union all
    select
        campaign_id,
        recipient_key,
        month_start,
        0 as sent,
        failed,
        bounced,
        0 as opens,
        0 as clicks,
        0 as machine_opens,
        0 as machine_clicks,
        0 as unsubscribed,
        0 as complained,
        0 as converted
    from {{ ref('int_campaign_failed_sends') }}
    union all
    select
        campaign_id,
        customer_key as recipient_key,
        month_start,
        0 as sent,
        0 as failed,
        0 as bounced,
        0 as opens,
        0 as clicks,
        0 as machine_opens,
        0 as machine_clicks,
        0 as unsubscribed,
        0 as complained,
        1 as converted
    from {{ ref('int_campaign_conversions') }}
),

final as (
    select
        campaign_id,
        recipient_key,
        month_start,
        cast(sum(sent) as integer) as sent,
        cast(sum(failed) as integer) as failed,
        cast(sum(bounced) as integer) as bounced,
        cast(sum(opens) as integer) as opens,
        cast(sum(clicks) as integer) as clicks,
        cast(sum(machine_opens) as integer) as machine_opens,
        cast(sum(machine_clicks) as integer) as machine_clicks,
        max(unsubscribed) as unsubscribed,
        max(complained) as complained,
        max(converted) as converted
    from facts
    group by campaign_id, recipient_key, month_start
)

select * from final
