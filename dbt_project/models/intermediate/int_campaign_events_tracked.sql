-- Grain: campaign event, as it is published. Source of the rule: Tw 11.7a.
with

events as (select * from {{ ref('int_campaign_events_labelled') }}),

spans as (select * from {{ ref('int_tracking_spans') }}),

final as (
    select
        events.event_id,
        events.source,
        events.batch_id,
        events.campaign_id,
        case
            when events.event_type in ('open', 'click') then spans.customer_key
            else events.customer_key
        end as customer_key,
        events.event_type,
        events.occurred_at,
        events.url_path,
        events.user_agent_class,
        events.value,
        events.is_machine
    from events
    left join spans
        on
            events.event_type in ('open', 'click')
            and {{ is_tracked('spans', 'events') }}
)

select * from final
