-- Grain: campaign. All that was spent on it, in the reporting currency.
with

costs as (
    select * from {{ ref('stg_costs') }}
    where campaign_id is not null
),

converted as (
    select
        costs.campaign_id,
        {{ in_reporting_currency('costs.amount', 'costs.currency', 'rates') }} as amount
    from costs
    {{ join_rates('rates', 'costs.currency', 'costs.cost_date') }}
),

final as (
    select
        campaign_id,
        -- A cost without a rate makes the sum unknown, not smaller.
        case when count(*) = count(amount) then sum(amount) end as cost,
        count(*) - count(amount) as costs_without_rate
    from converted
    group by campaign_id
)

select * from final
