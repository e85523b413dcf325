select
    source,
    record_key as event_id,
    batch_id,
    ticket_id,
    event_type,
    actor_type,
    user_key,
    occurred_at,
    body_redacted,
    tier
from {{ source('pseudo', 'ticket_events') }}
