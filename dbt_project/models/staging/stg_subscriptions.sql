select
    source,
    record_key as subscription_id,
    batch_id,
    customer_key,
    account_key,
    product_id,
    started_at,
    ended_at,
    amount_per_month,
    currency
from {{ source('pseudo', 'subscriptions') }}
