-- Grain: person who may be profiled and has an order that stands. Quintile: 1 and five times the
-- share of persons who are strictly worse, so that equal values have equal scores.
with

orders as (
    select
        orders.customer_key,
        orders.ordered_at,
        orders.margin,
        case
            when orders.ordered_at > {{ as_of() }} - interval '365' day then 1 else 0
        end as is_recent
    from {{ ref('fct_orders') }} as orders
    inner join {{ ref('int_customers_profilable') }} as profilable
        on orders.customer_key = profilable.customer_key
    where orders.is_standing and orders.ordered_at <= {{ as_of() }}
),

measured as (
    select
        customer_key,
        max(ordered_at) as last_order_at,
        {{ elapsed('day', 'max(ordered_at)', as_of()) }} as days_since_last_order,
        cast(sum(is_recent) as bigint) as orders_365_days,
        cast(
            coalesce(sum(case when is_recent = 1 then margin end), 0) as decimal(38, 4)
        ) as margin_365_days,
        cast(sum(case when is_recent = 1 and margin is null then 1 else 0 end) as bigint)
            as excluded_margin_unknown
    from orders
    group by customer_key
),

final as (
    select
        customer_key,
        last_order_at,
        days_since_last_order,
        orders_365_days,
        margin_365_days,
        '{{ var("reporting_currency") }}' as currency,
        excluded_margin_unknown,
        {%- for score, order in [
            ('recency_quintile', 'days_since_last_order desc'),
            ('frequency_quintile', 'orders_365_days'), ('monetary_quintile', 'margin_365_days')
        ] %}
        cast(
            1 + floor(5 * (rank() over (order by {{ order }}) - 1) / count(*) over ()) as integer
        ) as {{ score }}{{ ',' if not loop.last }}
        {%- endfor %}
    from measured
)

select * from final
