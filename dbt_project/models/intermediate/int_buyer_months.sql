-- Grain: customer (the account where there is one, else the person) and month with revenue, with
-- the margin of what was bought and whether the customer is new.
with

revenue as (
    select
        coalesce(events.account_key, events.customer_key) as buyer_key,
        events.account_key,
        case when events.account_key is null then events.customer_key end as customer_key,
        {{ natural_person('natural_accounts', 'events.account_key', 'events.customer_key') }}
            as person_key,
        {{ local_month('events.occurred_at') }} as month_start,
        events.margin
    from {{ ref('int_revenue_events') }} as events
    {{ join_natural_accounts('natural_accounts', 'events.account_key') }}
    where events.account_key is not null or events.customer_key is not null
),

final as (
    select
        buyer_key,
        account_key,
        customer_key,
        person_key,
        month_start,
        sum(margin) as margin,
        count(*) - count(margin) as without_margin,
        row_number() over (partition by buyer_key order by month_start) = 1 as is_new
    from revenue
    group by buyer_key, account_key, customer_key, person_key, month_start
)

select * from final
