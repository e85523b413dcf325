-- Grain: campaign and day. Sends by their day; a recipient who opened, clicked or unsubscribed on
-- the first day of doing so, so that the days of a campaign add up to it. A figure of a campaign that
-- is hidden has no days. Days about few are hidden, and the smallest other one with them where they
-- are about few together. A day of which nothing that happened is shown says no zeros either.
with

responses as (
    select
        campaign_id,
        coalesce(customer_key, event_id) as recipient_key,
        min(case when not is_machine and event_type in ('open', 'click') then occurred_at end)
            as opened_at,
        min(case when not is_machine and event_type = 'click' then occurred_at end) as clicked_at,
        min(case when event_type = 'unsubscribe' then occurred_at end) as unsubscribed_at
    from {{ ref('int_campaign_events_labelled') }}
    where event_type in ('open', 'click', 'unsubscribe')
    group by campaign_id, coalesce(customer_key, event_id)
),

happened as (
    select
        campaign_id,
        'sent' as figure,
        {{ local_date('occurred_at') }} as day,
        count(*) as quantity,
        count(distinct coalesce(customer_key, event_id)) as persons
    from {{ ref('stg_campaign_events') }}
    where event_type = 'sent'
    group by campaign_id, {{ local_date('occurred_at') }}
    {%- for figure, instant in [
        ('human_openers', 'opened_at'), ('human_clickers', 'clicked_at'),
        ('unsubscribers', 'unsubscribed_at')
    ] %}
    union all
    select
        campaign_id,
        '{{ figure }}' as figure,
        {{ local_date(instant) }} as day,
        count(*) as quantity,
        count(*) as persons
    from responses
    where {{ instant }} is not null
    group by campaign_id, {{ local_date(instant) }}
    {%- endfor %}
),

{{ disclosed_parts('happened', 'day', ['human_openers', 'human_clickers', 'unsubscribers']) }},

shown as (
    select
        campaign_id,
        day,
        {%- for figure in ['sent', 'human_openers', 'human_clickers', 'unsubscribers'] %}
        cast(sum(case when figure = '{{ figure }}' then quantity end) as bigint) as {{ figure }},
        max(case when figure = '{{ figure }}' and is_hidden then '{{ figure }} ' else '' end)
            as {{ figure }}_hidden,
        {%- endfor %}
        max(case when not is_hidden then 1 else 0 end) = 0 as is_suppressed
    from disclosed_parts
    group by campaign_id, day
),

final as (
    select
        shown.campaign_id,
        campaigns.channel,
        shown.day,
        cast({{ dbt.date_trunc('month', 'shown.day') }} as date) as month_start,
        {%- for figure in ['sent', 'human_openers', 'human_clickers', 'unsubscribers'] %}
        case
            when shown.{{ figure }}_hidden = '' and not shown.is_suppressed
                then coalesce(shown.{{ figure }}, 0)
        end as {{ figure }},
        {%- endfor %}
        trim(
            shown.sent_hidden || shown.human_openers_hidden || shown.human_clickers_hidden
            || shown.unsubscribers_hidden
        ) as suppressed_figures,
        shown.is_suppressed,
        campaigns.closing_month,
        campaigns.is_closed
    from shown
    inner join {{ ref('int_campaigns_disclosed') }} as campaigns
        on shown.campaign_id = campaigns.campaign_id
)

select * from final
