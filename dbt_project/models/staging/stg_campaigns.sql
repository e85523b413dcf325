select
    source,
    record_key as campaign_id,
    batch_id,
    name,
    channel,
    status,
    objective,
    starts_at,
    ends_at,
    budget,
    currency
from {{ source('pseudo', 'campaigns') }}
