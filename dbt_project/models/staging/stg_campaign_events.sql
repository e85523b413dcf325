select
    source,
    record_key as event_id,
    batch_id,
    campaign_id,
    customer_key,
    event_type,
    occurred_at,
    url_path,
    user_agent_class,
    value
from {{ source('pseudo', 'campaign_events') }}
