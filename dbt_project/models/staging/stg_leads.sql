select
    source,
    record_key as lead_id,
    batch_id,
    customer_key,
    source_channel,
    status,
    score,
    created_at,
    converted_at,
    deal_id
from {{ source('pseudo', 'leads') }}
