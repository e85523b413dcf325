select
    source,
    record_key as task_id,
    batch_id,
    user_key,
    deal_id,
    ticket_id,
    title_redacted,
    status,
    due_at,
    completed_at,
    created_at
from {{ source('pseudo', 'tasks') }}
