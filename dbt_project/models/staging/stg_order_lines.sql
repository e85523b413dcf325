select
    source,
    record_key as line_id,
    batch_id,
    order_id,
    product_id,
    quantity,
    unit_price,
    unit_cost
from {{ source('pseudo', 'order_lines') }}
