select
    source,
    record_key,
    batch_id,
    account_key,
    name,
    sector,
    size_class,
    revenue,
    country,
    city,
    parent_account_key,
    created_at
from {{ source('pseudo', 'accounts') }}
