select
    source,
    record_key as interaction_id,
    batch_id,
    customer_key,
    account_key,
    user_key,
    ticket_id,
    deal_id,
    channel,
    direction,
    occurred_at,
    duration_seconds,
    subject_redacted,
    body_redacted
from {{ source('pseudo', 'interactions') }}
