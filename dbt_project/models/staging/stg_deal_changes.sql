select
    source,
    record_key as change_id,
    batch_id,
    deal_id,
    field,
    value,
    changed_at
from {{ source('pseudo', 'deal_changes') }}
