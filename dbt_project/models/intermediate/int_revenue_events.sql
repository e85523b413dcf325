-- Grain: revenue event, an order that stands or a won deal that has no order: one whose order was
-- cancelled brought nothing. In the reporting currency; amount NULL where no rate of that day is known.
with

orders as (
    select * from {{ ref('stg_orders') }}
    where lower(coalesce(status, '')) not in ({{ void_order_statuses() }})
),

converted_orders as (
    select
        orders.order_id as revenue_id,
        'order' as kind,
        orders.customer_key,
        orders.account_key,
        orders.deal_id,
        orders.ordered_at as occurred_at,
        {{ in_reporting_currency('orders.amount', 'orders.currency', 'rates') }} as amount,
        {{ in_reporting_currency('orders.margin', 'orders.currency', 'rates') }} as margin
    from orders
    {{ join_rates('rates', 'orders.currency', local_date('orders.ordered_at')) }}
),

ordered_deals as (
    select distinct deal_id from {{ ref('stg_orders') }}
    where deal_id is not null
),

won_deals as (
    select
        deals.deal_id as revenue_id,
        'deal' as kind,
        deals.customer_key,
        deals.account_key,
        deals.deal_id,
        deals.closed_at as occurred_at,
        deals.amount,
        cast(null as decimal(18, 4)) as margin
    from {{ ref('int_deals_measured') }} as deals
    left join ordered_deals on deals.deal_id = ordered_deals.deal_id
    where deals.outcome = 'won' and deals.closed_at is not null and ordered_deals.deal_id is null
),

final as (
    select * from converted_orders
    union all
    select * from won_deals
)

select * from final
