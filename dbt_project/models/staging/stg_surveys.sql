select
    source,
    record_key as survey_id,
    batch_id,
    customer_key,
    ticket_id,
    asked_at,
    answered_at,
    score,
    satisfied,
    comment_redacted
from {{ source('pseudo', 'surveys') }}
