-- Grain: campaign event. Says which opens and clicks were made by machines: those of privacy
-- proxies and known robots, and scanner clicks. The person stands in customer_key whether or not
-- tracking was agreed to: that is for counting here, and fct_campaign_events hides it.
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
from {{ ref('stg_campaign_events') }} as events
left join {{ ref('int_campaign_scanner_clicks') }} as scanner_clicks
    on events.event_id = scanner_clicks.event_id
