select
    source,
    record_key as member_id,
    batch_id,
    campaign_id,
    customer_key,
    is_holdout,
    added_at
from {{ source('pseudo', 'campaign_members') }}
