select
    source,
    record_key as consent_id,
    batch_id,
    customer_key,
    purpose,
    channel,
    lawful_basis,
    status,
    occurred_at,
    notice_version
from {{ source('pseudo', 'consents') }}
