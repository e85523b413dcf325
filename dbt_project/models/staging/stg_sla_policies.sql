select
    source,
    record_key,
    batch_id,
    source || '/' || sla_policy_id as sla_policy_id,
    metric,
    priority,
    target_minutes,
    calendar,
    valid_from,
    valid_to
from {{ source('pseudo', 'sla_policies') }}
