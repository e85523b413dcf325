select
    source,
    record_key as quota_id,
    batch_id,
    user_key,
    period_start,
    period_end,
    amount,
    currency
from {{ source('pseudo', 'quotas') }}
