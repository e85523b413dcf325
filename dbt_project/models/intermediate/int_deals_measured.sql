-- Grain: deal. Amounts in the reporting currency, the length of the cycle, and why a deal that
-- was decided cannot be counted somewhere.
with

deals as (
    select
        *,
        coalesce(outcome, 'open') as decided_outcome,
        coalesce(engaged_at, created_at) as started_at
    from {{ ref('stg_deals') }}
),

converted as (
    select
        deals.*,
        {{ in_reporting_currency('deals.amount', 'deals.currency', 'rates') }} as amount_reporting
    from deals
    {{ join_rates('rates', 'deals.currency', local_date('coalesce(deals.closed_at, deals.started_at)')) }}
),

final as (
    select
        deal_id,
        source,
        account_key,
        customer_key,
        user_key,
        product_id,
        pipeline,
        stage,
        decided_outcome as outcome,
        lost_reason,
        amount_reporting as amount,
        '{{ var("reporting_currency") }}' as currency,
        amount as amount_original,
        coalesce(currency, '{{ var("reporting_currency") }}') as currency_original,
        probability,
        created_at,
        engaged_at,
        expected_close_at,
        closed_at,
        case
            when decided_outcome in ('won', 'lost') and closed_at >= started_at
                then {{ elapsed('day', 'started_at', 'closed_at') }}
        end as cycle_days,
        case
            when decided_outcome not in ('won', 'lost') then null
            when closed_at is null then 'close_missing'
            when closed_at < started_at then 'closed_before_start'
            when started_at is null then 'start_missing'
            when amount is null then 'amount_missing'
            when amount_reporting is null then 'rate_missing'
        end as exclusion_reason
    from converted
)

select * from final
