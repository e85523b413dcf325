select
    source,
    record_key,
    batch_id,
    rate_date,
    currency,
    rate_to_eur
from {{ source('pseudo', 'exchange_rates') }}
