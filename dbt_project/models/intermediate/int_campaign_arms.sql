-- Grain: campaign with members. Its two arms: who was assigned to treatment and to the hold-out,
-- and what they bought. Intention to treat: what counts is the assignment, not whether anything
-- arrived. One window for both arms; a conversion event is none, since only recipients have them.
-- <figure>_beside_treatment: persons of whom only one of two counts tells, those treated or those that
-- the campaign reached, so that their difference tells of them.
with

members as (
    select
        campaign_id,
        customer_key,
        max(case when is_holdout then 1 else 0 end) as in_holdout,
        max(case when not coalesce(is_holdout, false) then 1 else 0 end) as in_treatment,
        min(added_at) as added_at
    from {{ ref('stg_campaign_members') }}
    where customer_key is not null
    group by campaign_id, customer_key
),

first_sends as (
    select
        campaign_id,
        min(occurred_at) as first_sent_at
    from {{ ref('stg_campaign_events') }}
    where event_type = 'sent'
    group by campaign_id
),

-- Somebody who is in both arms is in neither.
assigned as (
    select
        members.campaign_id,
        members.customer_key,
        members.in_holdout = 1 as is_holdout,
        case
            when members.added_at > campaigns.starts_at then members.added_at
            else coalesce(campaigns.starts_at, members.added_at, first_sends.first_sent_at)
        end as window_start
    from members
    left join {{ ref('stg_campaigns') }} as campaigns
        on members.campaign_id = campaigns.campaign_id
    left join first_sends on members.campaign_id = first_sends.campaign_id
    where members.in_holdout + members.in_treatment = 1
),

revenue as (
    select * from {{ ref('int_revenue_events') }}
    where customer_key is not null
),

bought as (
    select
        assigned.campaign_id,
        assigned.customer_key,
        sum(revenue.amount) as revenue
    from assigned
    inner join revenue
        on
            assigned.customer_key = revenue.customer_key
            and assigned.window_start <= revenue.occurred_at
            and revenue.occurred_at < {{ window_end('assigned.window_start') }}
    group by assigned.campaign_id, assigned.customer_key
),

people as (
    select
        assigned.campaign_id,
        assigned.customer_key,
        assigned.is_holdout,
        bought.customer_key is not null as has_bought,
        coalesce(bought.revenue, 0) as revenue
    from assigned
    left join bought
        on
            assigned.campaign_id = bought.campaign_id
            and assigned.customer_key = bought.customer_key
),

treated as (
    select * from people
    where not is_holdout
),

recipients as (
    select
        campaign_id,
        recipient_key,
        sum(sent) as sent,
        sum(failed) as failed,
        max(converted) as converted
    from {{ ref('int_campaign_recipients') }}
    where campaign_id in (select assigned.campaign_id from assigned)
    group by campaign_id, recipient_key
),

beside as (
    select
        coalesce(treated.campaign_id, recipients.campaign_id) as campaign_id,
        {%- for figure, condition in {
            'sent': 'coalesce(recipients.sent > 0, false)',
            'delivered': 'coalesce(recipients.sent > recipients.failed, false)',
        }.items() %}
        sum(case when {{ condition }} <> (treated.customer_key is not null) then 1 else 0 end)
            as {{ figure }}_beside_treatment,
        {%- endfor %}
        sum(
            case when coalesce(recipients.converted = 1, false) <> coalesce(treated.has_bought, false)
                then 1 else 0 end
        ) as converters_beside_treatment
    from treated
    full outer join recipients
        on
            treated.campaign_id = recipients.campaign_id
            and treated.customer_key = recipients.recipient_key
    group by coalesce(treated.campaign_id, recipients.campaign_id)
),

arms as (
    select
        campaign_id,
        {%- for arm, is_in in {'treatment': 'not is_holdout', 'holdout': 'is_holdout'}.items() %}
        sum(case when {{ is_in }} then 1 else 0 end) as {{ arm }}_persons,
        sum(case when {{ is_in }} and has_bought then 1 else 0 end) as {{ arm }}_converters,
        sum(case when {{ is_in }} then revenue else 0 end) as {{ arm }}_revenue
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from people
    group by campaign_id
),

final as (
    select
        arms.*,
        {%- for figure in ['sent', 'delivered', 'converters'] %}
        coalesce(beside.{{ figure }}_beside_treatment, 0) as {{ figure }}_beside_treatment
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from arms
    left join beside on arms.campaign_id = beside.campaign_id
)

select * from final
