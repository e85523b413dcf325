-- Grain: account. Everything that happened with it, in one row.
with

contacts as (
    select
        account_key,
        count(*) as contacts
    from {{ ref('dim_customer') }}
    where account_key is not null
    group by account_key
),

interactions as (
    select
        account_key,
        count(*) as interactions,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at
    from {{ ref('fct_interactions') }}
    where account_key is not null
    group by account_key
),

deals as (
    select
        account_key,
        sum(case when outcome = 'open' then 1 else 0 end) as open_deals,
        sum(case when outcome = 'won' then 1 else 0 end) as won_deals,
        sum(case when outcome = 'lost' then 1 else 0 end) as lost_deals
    from {{ ref('fct_deals') }}
    where account_key is not null
    group by account_key
),

revenue as (
    select
        account_key,
        sum(case when kind = 'order' then 1 else 0 end) as orders,
        sum(amount) as revenue,
        sum(margin) as margin,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at,
        count(*) - count(amount) as excluded_revenue_rate_missing
    from {{ ref('int_revenue_events') }}
    where account_key is not null
    group by account_key
),

tickets as (
    select
        account_key,
        count(*) as tickets,
        min(created_at) as first_at,
        max(created_at) as last_at
    from {{ ref('fct_tickets') }}
    where account_key is not null
    group by account_key
)

select
    accounts.account_key,
    accounts.sector,
    accounts.size_class,
    accounts.country,
    least(interactions.first_at, revenue.first_at, tickets.first_at) as first_contact_at,
    greatest(interactions.last_at, revenue.last_at, tickets.last_at) as last_contact_at,
    cast(coalesce(contacts.contacts, 0) as bigint) as contacts,
    cast(coalesce(interactions.interactions, 0) as bigint) as interactions,
    cast(coalesce(deals.open_deals, 0) as bigint) as open_deals,
    cast(coalesce(deals.won_deals, 0) as bigint) as won_deals,
    cast(coalesce(deals.lost_deals, 0) as bigint) as lost_deals,
    cast(coalesce(revenue.orders, 0) as bigint) as orders,
    cast(
        case when revenue.account_key is null then 0 else revenue.revenue end as decimal(38, 4)
    ) as revenue,
    cast(revenue.margin as decimal(38, 4)) as margin,
    '{{ var("reporting_currency") }}' as currency,
    cast(coalesce(revenue.excluded_revenue_rate_missing, 0) as bigint)
        as excluded_revenue_rate_missing,
    cast(coalesce(tickets.tickets, 0) as bigint) as tickets
from {{ ref('dim_account') }} as accounts
left join contacts on accounts.account_key = contacts.account_key
left join interactions on accounts.account_key = interactions.account_key
left join deals on accounts.account_key = deals.account_key
left join revenue on accounts.account_key = revenue.account_key
left join tickets on accounts.account_key = tickets.account_key
