-- Grain: product. Prices stay in their own currency.
select
    product_id,
    source,
    name,
    category,
    unit_price,
    unit_cost,
    coalesce(currency, '{{ var("reporting_currency") }}') as currency
from {{ ref('stg_products') }}
