select
    source,
    record_key as product_id,
    batch_id,
    name,
    category,
    unit_price,
    unit_cost,
    currency
from {{ source('pseudo', 'products') }}
