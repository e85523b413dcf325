-- Grain: lead. Turned into a deal where a deal or the moment of it is known.
with

leads as (select * from {{ ref('stg_leads') }}),

deals as (
    select
        deal_id,
        created_at
    from {{ ref('stg_deals') }}
),

dated as (
    select
        leads.*,
        leads.converted_at is not null or leads.deal_id is not null as is_converted,
        coalesce(leads.converted_at, deals.created_at) as turned_at
    from leads
    left join deals on leads.deal_id = deals.deal_id
),

final as (
    select
        dated.lead_id,
        dated.source,
        dated.customer_key,
        customers.account_key,
        coalesce(dated.source_channel, 'unknown') as source_channel,
        dated.status,
        dated.score,
        dated.created_at,
        dated.turned_at as converted_at,
        dated.deal_id,
        dated.is_converted,
        case
            when dated.turned_at >= dated.created_at
                then {{ elapsed('day', 'dated.created_at', 'dated.turned_at') }}
        end as convert_days,
        case
            when not dated.is_converted then null
            when dated.turned_at is null then 'conversion_undated'
            when dated.turned_at < dated.created_at then 'converted_before_creation'
        end as exclusion_reason
    from dated
    left join {{ ref('dim_customer') }} as customers
        on dated.customer_key = customers.customer_key
)

select * from final
