select
    source,
    record_key as order_id,
    batch_id,
    customer_key,
    account_key,
    deal_id,
    ordered_at,
    amount,
    margin,
    currency,
    status
from {{ source('pseudo', 'orders') }}
