-- Grain: customer (the account where there is one, else the person) and month with revenue, with
-- the margin of what was bought and whether the customer is new.
with

revenue as (
    select
        coalesce(account_key, customer_key) as buyer_key,
        account_key,
        case when account_key is null then customer_key end as customer_key,
        {{ local_month('occurred_at') }} as month_start,
        margin
    from {{ ref('int_revenue_events') }}
    where account_key is not null or customer_key is not null
),

final as (
    select
        buyer_key,
        account_key,
        customer_key,
        month_start,
        sum(margin) as margin,
        count(*) - count(margin) as without_margin,
        row_number() over (partition by buyer_key order by month_start) = 1 as is_new
    from revenue
    group by buyer_key, account_key, customer_key, month_start
)

select * from final
