-- Grain: deal and role (created, closed). Where a deal counts, by month; a decided deal without
-- a close date has no month and counts in totals over all time only.
with

deals as (
    select
        deals.*,
        {{ natural_person('natural_accounts', 'deals.account_key', 'deals.customer_key') }}
            as person_key
    from {{ ref('fct_deals') }} as deals
    {{ join_natural_accounts('natural_accounts', 'deals.account_key') }}
),

created as (
    select
        deals.*,
        'created' as role,
        {{ local_month('created_at') }} as month_start
    from deals
    where created_at is not null
),

closed as (
    select
        deals.*,
        'closed' as role,
        {{ local_month('closed_at') }} as month_start
    from deals
    where outcome in ('won', 'lost')
),

final as (
    select * from created
    union all
    select * from closed
)

select * from final
