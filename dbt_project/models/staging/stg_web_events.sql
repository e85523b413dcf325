select
    source,
    record_key as event_id,
    batch_id,
    customer_key,
    session_id,
    event_type,
    occurred_at,
    url_path,
    referrer_path,
    user_agent_class
from {{ source('pseudo', 'web_events') }}
