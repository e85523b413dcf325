-- Grain: person, by pseudonym. Everything a person did that may be known, in one row.
with

customers as (select * from {{ ref('dim_customer') }}),

interactions as (
    select
        customer_key,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at,
        count(*) as interactions,
        {%- for channel in ['email', 'phone', 'meeting', 'chat', 'social', 'webform', 'note'] %}
        sum(case when channel = '{{ channel }}' then 1 else 0 end)
            as {{ channel }}_interactions{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('fct_interactions') }}
    where customer_key is not null
    group by customer_key
),

deals as (
    select
        customer_key,
        sum(case when outcome = 'open' then 1 else 0 end) as open_deals,
        sum(case when outcome = 'won' then 1 else 0 end) as won_deals,
        sum(case when outcome = 'lost' then 1 else 0 end) as lost_deals
    from {{ ref('fct_deals') }}
    where customer_key is not null
    group by customer_key
),

revenue as (
    select
        customer_key,
        sum(case when kind = 'order' then 1 else 0 end) as orders,
        sum(amount) as revenue,
        sum(margin) as margin,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at,
        count(*) - count(amount) as excluded_revenue_rate_missing
    from {{ ref('int_revenue_events') }}
    where customer_key is not null
    group by customer_key
),

tickets as (
    select
        customer_key,
        count(*) as tickets,
        sum(case when first_resolved_at is null and not is_cancelled then 1 else 0 end)
            as unresolved_tickets,
        min(created_at) as first_at,
        max(created_at) as last_at
    from {{ ref('fct_tickets') }}
    where customer_key is not null
    group by customer_key
),

surveys as (
    select
        coalesce(surveys.customer_key, tickets.customer_key) as customer_key,
        sum(case when coalesce(surveys.satisfied, surveys.score >= 4) then 1 else 0 end)
            as satisfied,
        count(coalesce(surveys.satisfied, surveys.score >= 4)) as answered
    from {{ ref('stg_surveys') }} as surveys
    left join {{ ref('fct_tickets') }} as tickets on surveys.ticket_id = tickets.ticket_id
    group by coalesce(surveys.customer_key, tickets.customer_key)
),

campaigns as (
    select
        customer_key,
        count(distinct case when event_type = 'sent' then campaign_id end) as campaigns_received,
        count(
            distinct case
                when event_type in ('open', 'click') and not is_machine then campaign_id
            end
        ) as campaigns_opened,
        count(distinct case when event_type = 'click' and not is_machine then campaign_id end)
            as campaigns_clicked
    from {{ ref('fct_campaign_events') }}
    where customer_key is not null
    group by customer_key
),

consents as (
    select
        customer_key,
        {%- for purpose in ['marketing', 'tracking', 'profiling'] %}
        max(case when purpose = '{{ purpose }}' then case when is_given then 1 else 0 end end) = 1
            as has_{{ purpose }}_consent{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('int_customers_consented') }}
    group by customer_key
),

joined as (
    select
        customers.customer_key,
        customers.account_key,
        customers.country,
        customers.postcode_area,
        customers.language,
        customers.created_at,
        least(interactions.first_at, revenue.first_at, tickets.first_at) as first_contact_at,
        greatest(interactions.last_at, revenue.last_at, tickets.last_at) as last_contact_at,
        cast(coalesce(interactions.interactions, 0) as bigint) as interactions,
        {%- for channel in ['email', 'phone', 'meeting', 'chat', 'social', 'webform', 'note'] %}
        cast(coalesce(interactions.{{ channel }}_interactions, 0) as bigint)
            as {{ channel }}_interactions,
        {%- endfor %}
        cast(coalesce(deals.open_deals, 0) as bigint) as open_deals,
        cast(coalesce(deals.won_deals, 0) as bigint) as won_deals,
        cast(coalesce(deals.lost_deals, 0) as bigint) as lost_deals,
        cast(coalesce(revenue.orders, 0) as bigint) as orders,
        cast(
            case when revenue.customer_key is null then 0 else revenue.revenue end
            as decimal(38, 4)
        ) as revenue,
        cast(revenue.margin as decimal(38, 4)) as margin,
        '{{ var("reporting_currency") }}' as currency,
        cast(coalesce(revenue.excluded_revenue_rate_missing, 0) as bigint)
            as excluded_revenue_rate_missing,
        cast(coalesce(tickets.tickets, 0) as bigint) as tickets,
        cast(coalesce(tickets.unresolved_tickets, 0) as bigint) as unresolved_tickets,
        {{ ratio('surveys.satisfied', 'surveys.answered') }} as csat,
        cast(coalesce(surveys.satisfied, 0) as bigint) as csat_numerator,
        cast(coalesce(surveys.answered, 0) as bigint) as csat_denominator,
        cast(coalesce(campaigns.campaigns_received, 0) as bigint) as campaigns_received,
        cast(coalesce(campaigns.campaigns_opened, 0) as bigint) as campaigns_opened,
        cast(coalesce(campaigns.campaigns_clicked, 0) as bigint) as campaigns_clicked,
        consents.has_marketing_consent,
        consents.has_tracking_consent,
        consents.has_profiling_consent,
        revenue.customer_key is not null as is_buyer,
        revenue.last_at as last_revenue_at
    from customers
    left join interactions on customers.customer_key = interactions.customer_key
    left join deals on customers.customer_key = deals.customer_key
    left join revenue on customers.customer_key = revenue.customer_key
    left join tickets on customers.customer_key = tickets.customer_key
    left join surveys on customers.customer_key = surveys.customer_key
    left join campaigns on customers.customer_key = campaigns.customer_key
    left join consents on customers.customer_key = consents.customer_key
),

final as (
    select
        customer_key,
        account_key,
        country,
        postcode_area,
        language,
        created_at,
        first_contact_at,
        last_contact_at,
        interactions,
        {%- for channel in ['email', 'phone', 'meeting', 'chat', 'social', 'webform', 'note'] %}
        {{ channel }}_interactions,
        {%- endfor %}
        open_deals,
        won_deals,
        lost_deals,
        orders,
        revenue,
        margin,
        currency,
        excluded_revenue_rate_missing,
        tickets,
        unresolved_tickets,
        csat,
        csat_numerator,
        csat_denominator,
        campaigns_received,
        campaigns_opened,
        campaigns_clicked,
        has_marketing_consent,
        has_tracking_consent,
        has_profiling_consent,
        case
            when is_buyer and last_revenue_at + interval '365' day < {{ as_of() }} then 'lapsed'
            when is_buyer then 'customer'
            when open_deals > 0 then 'opportunity'
            when last_contact_at is not null then 'contact'
            else 'silent'
        end as lifecycle_stage
    from joined
)

select * from final
