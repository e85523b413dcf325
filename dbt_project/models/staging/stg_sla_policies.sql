select
    source,
    record_key,
    batch_id,
    sla_policy_id,
    metric,
    priority,
    target_minutes,
    calendar,
    valid_from,
    valid_to
from {{ source('pseudo', 'sla_policies') }}
