-- Grain: order, those that do not stand too. In the reporting currency, by the rate of the day.
with

orders as (select * from {{ ref('stg_orders') }}),

lines as (
    select
        order_id,
        count(*) as lines,
        sum(quantity) as quantity
    from {{ ref('stg_order_lines') }}
    group by order_id
),

converted as (
    select
        orders.*,
        {{ in_reporting_currency('orders.amount', 'orders.currency', 'rates') }} as amount_reporting,
        {{ in_reporting_currency('orders.margin', 'orders.currency', 'rates') }} as margin_reporting
    from orders
    {{ join_rates('rates', 'orders.currency', local_date('orders.ordered_at')) }}
),

final as (
    select
        converted.order_id,
        converted.source,
        converted.account_key,
        converted.customer_key,
        converted.deal_id,
        converted.ordered_at,
        converted.status,
        lower(coalesce(converted.status, '')) not in ({{ void_order_statuses() }}) as is_standing,
        converted.amount_reporting as amount,
        converted.margin_reporting as margin,
        '{{ var("reporting_currency") }}' as currency,
        converted.amount as amount_original,
        coalesce(converted.currency, '{{ var("reporting_currency") }}') as currency_original,
        cast(coalesce(lines.lines, 0) as bigint) as lines,
        lines.quantity,
        case when converted.amount_reporting is null then 'rate_missing' end as exclusion_reason
    from converted
    left join lines on converted.order_id = lines.order_id
)

select * from final
