-- Grain: person who may be profiled and has bought. With subscriptions churned when all of them
-- have ended, else after 365 days without an order; the definition used is a column.
with

subscriptions as (
    select
        customer_key,
        max(coalesce(ended_at, {{ as_of() }} + interval '1' day)) as ended_at
    from {{ ref('stg_subscriptions') }}
    where customer_key is not null and started_at <= {{ as_of() }}
    group by customer_key
),

orders as (
    select
        customer_key,
        max(ordered_at) as last_order_at
    from {{ ref('fct_orders') }}
    where is_standing and customer_key is not null and ordered_at <= {{ as_of() }}
    group by customer_key
),

dated as (
    select
        profilable.customer_key,
        orders.last_order_at,
        case
            when subscriptions.customer_key is not null then 'all_subscriptions_ended'
            else 'no_order_for_365_days'
        end as churn_definition,
        coalesce(subscriptions.ended_at, orders.last_order_at + interval '365' day) as due_at
    from {{ ref('int_customers_profilable') }} as profilable
    left join subscriptions on profilable.customer_key = subscriptions.customer_key
    left join orders on profilable.customer_key = orders.customer_key
    where subscriptions.customer_key is not null or orders.customer_key is not null
)

select
    customer_key,
    churn_definition,
    last_order_at,
    due_at <= {{ as_of() }} as is_churned,
    case when due_at <= {{ as_of() }} then due_at end as churned_at
from dated
