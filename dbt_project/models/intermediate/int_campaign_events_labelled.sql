-- Grain: campaign event. Says which opens and clicks were made by machines: opens and clicks of
-- privacy proxies and known robots, and scanner clicks, five or more by one recipient within a
-- second. The person stands in customer_key whether or not tracking was agreed to: that is for
-- counting here, and fct_campaign_events hides it.
with

events as (select * from {{ ref('stg_campaign_events') }}),

clicks as (
    select
        event_id,
        campaign_id,
        customer_key,
        occurred_at,
        case
            when {{ elapsed('minute', 'occurred_at', 'lead(occurred_at, 4) over (
                partition by campaign_id, customer_key order by occurred_at, event_id)') }}
                <= 1.0 / 60 then 1
            else 0
        end as starts_burst
    from events
    where event_type = 'click' and customer_key is not null
),

burst_clicks as (
    select
        event_id,
        max(starts_burst) over (
            partition by campaign_id, customer_key
            order by occurred_at, event_id
            rows between 4 preceding and current row
        ) as is_burst
    from clicks
),

scanner_clicks as (
    select event_id from burst_clicks
    where is_burst = 1
),

final as (
    select
        events.event_id,
        events.source,
        events.batch_id,
        events.campaign_id,
        events.customer_key,
        events.event_type,
        events.occurred_at,
        events.url_path,
        events.user_agent_class,
        events.value,
        coalesce(
            events.event_type in ('open', 'click')
            and (
                events.user_agent_class in ('privacy_proxy', 'bot')
                or scanner_clicks.event_id is not null
            ),
            false
        ) as is_machine
    from events
    left join scanner_clicks on events.event_id = scanner_clicks.event_id
)

select * from final
