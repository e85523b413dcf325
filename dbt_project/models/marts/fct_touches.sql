-- Grain: touch, what somebody did that may have led to a conversion. A click or a form of somebody
-- who did not agree to tracking by then belongs to nobody and is no touch (Tw 11.7a).
with

spans as (select * from {{ ref('int_tracking_spans') }}),

clicks as (
    select
        'click:' || events.event_id as touch_id,
        events.source,
        events.customer_key,
        'click' as touch_kind,
        coalesce(campaigns.channel, 'campaign') as channel,
        events.campaign_id,
        events.occurred_at
    from {{ ref('fct_campaign_events') }} as events
    left join {{ ref('dim_campaign') }} as campaigns
        on events.campaign_id = campaigns.campaign_id
    where
        events.event_type = 'click'
        and not events.is_machine
        and events.customer_key is not null
),

forms as (
    select
        'form:' || visits.event_id as touch_id,
        visits.source,
        visits.customer_key,
        'form' as touch_kind,
        'website' as channel,
        cast(null as varchar) as campaign_id,
        visits.occurred_at
    from {{ ref('stg_web_events') }} as visits
    inner join spans
        on {{ is_tracked('spans', 'visits') }}
    where visits.event_type = 'form'
),

contacts as (
    select
        'contact:' || interaction_id as touch_id,
        source,
        customer_key,
        case channel when 'webform' then 'form' when 'phone' then 'call' else 'meeting' end
            as touch_kind,
        case channel when 'webform' then 'website' else channel end as channel,
        cast(null as varchar) as campaign_id,
        occurred_at
    from {{ ref('fct_interactions') }}
    where channel in ('webform', 'phone', 'meeting') and customer_key is not null
),

final as (
    select * from clicks
    union all
    select * from forms
    union all
    select * from contacts
)

select * from final
