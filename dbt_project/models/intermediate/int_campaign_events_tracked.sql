-- Grain: campaign event, as it is published. Source of the rule: Tw 11.7a.
with

events as (select * from {{ ref('int_campaign_events_labelled') }}),

tracked as (
    select customer_key from {{ ref('int_customers_consented') }}
    where purpose = 'tracking' and is_given
),

final as (
    select
        events.event_id,
        events.source,
        events.batch_id,
        events.campaign_id,
        case
            when events.event_type in ('open', 'click') then tracked.customer_key
            else events.customer_key
        end as customer_key,
        events.event_type,
        events.occurred_at,
        events.url_path,
        events.user_agent_class,
        events.value,
        events.is_machine
    from events
    left join tracked on events.customer_key = tracked.customer_key
)

select * from final
