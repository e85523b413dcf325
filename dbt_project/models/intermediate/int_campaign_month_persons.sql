-- Grain: figure, unit and month. Persons behind the figures of a month that no campaign adds up to:
-- leads (a unit is a channel of one month, as kpi_leads_monthly shows it), new customers, and
-- customers who ordered. Hashes only where persons are few. An account is no natural person.
with

leads as (
    select
        'leads' as figure,
        coalesce(source_channel, '') || ' ' || {{ local_month('created_at') }} as unit,
        source_channel,
        {{ local_month('created_at') }} as month_start,
        customer_key
    from {{ ref('fct_leads') }}
    where account_key is null and customer_key is not null
),

persons as (
    select distinct
        leads.figure,
        leads.unit,
        leads.month_start,
        leads.customer_key,
        not coalesce(channels.is_suppressed, true) as is_unit_shown
    from leads
    left join {{ ref('kpi_leads_monthly') }} as channels
        on
            leads.month_start = channels.period_start
            and coalesce(leads.source_channel, '') = coalesce(channels.source_channel, '')
    union all
    select distinct
        figure,
        '' as unit,
        month_start,
        customer_key,
        false as is_unit_shown
    from {{ ref('int_customer_months') }}
    where account_key is null
),

final as (
    select
        figure,
        unit,
        month_start,
        is_unit_shown,
        count(*) as persons_count,
        case
            when count(*) < {{ var('small_cell_k') | int }} then {{ person_numbers('customer_key') }}
        end as persons
    from persons
    group by figure, unit, month_start, is_unit_shown
)

select * from final
