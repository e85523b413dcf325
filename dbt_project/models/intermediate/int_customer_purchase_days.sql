-- Grain: person who may be profiled and local day with an order that stands.
select
    orders.customer_key,
    {{ local_date('orders.ordered_at') }} as purchase_date,
    cast(sum(orders.margin) as decimal(38, 4)) as margin,
    cast(count(*) as bigint) as orders,
    cast(count(*) - count(orders.margin) as bigint) as orders_without_margin
from {{ ref('fct_orders') }} as orders
inner join {{ ref('int_customers_profilable') }} as profilable
    on orders.customer_key = profilable.customer_key
where orders.is_standing and orders.ordered_at <= {{ as_of() }}
group by orders.customer_key, {{ local_date('orders.ordered_at') }}
