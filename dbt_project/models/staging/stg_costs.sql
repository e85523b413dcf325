select
    source,
    record_key as cost_id,
    batch_id,
    kind,
    campaign_id,
    cost_date,
    amount,
    currency
from {{ source('pseudo', 'costs') }}
