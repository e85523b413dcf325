-- Grain: family, unit, month and roles. Persons behind the figures of a month that no campaign adds
-- up to: leads (a unit is a channel of one month, as kpi_leads_monthly shows it), and customers,
-- new or not, and with a lifetime value or not. Hashes only where persons are few.
with

leads as (
    select distinct
        source_channel,
        {{ local_month('created_at') }} as month_start,
        {{ acting_person('customer_key', 'lead_id') }} as person_key
    from {{ ref('fct_leads') }}
),

persons as (
    select
        'leads' as family,
        leads.source_channel || ' ' || leads.month_start as unit,
        leads.month_start,
        1 as roles,
        leads.person_key,
        not coalesce(channels.is_suppressed, true) as is_unit_shown
    from leads
    left join {{ ref('kpi_leads_monthly') }} as channels
        on
            leads.month_start = channels.period_start
            and leads.source_channel = channels.source_channel
    union all
    select
        'customers' as family,
        '' as unit,
        buyers.month_start,
        case when not buyers.is_new then 2 when valued.clv is null then 3 else 7 end as roles,
        buyers.person_key,
        false as is_unit_shown
    from {{ ref('int_buyer_months') }} as buyers
    left join {{ ref('customer_clv') }} as valued on buyers.customer_key = valued.customer_key
    where buyers.person_key is not null
),

final as (
    select
        family,
        unit,
        month_start,
        roles,
        is_unit_shown,
        count(*) as persons_count,
        {{ persons_if_few('person_key') }} as persons
    from persons
    group by family, unit, month_start, roles, is_unit_shown
)

select * from final
