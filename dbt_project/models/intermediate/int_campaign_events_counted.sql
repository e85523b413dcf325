-- Grain: campaign. Events, and the unique recipients behind them.
with

totals as (
    select
        campaign_id,
        count(distinct customer_key) as persons,
        sum(case when event_type = 'sent' then 1 else 0 end) as sent,
        min(case when event_type = 'sent' then occurred_at end) as first_sent_at,
        max(case when event_type = 'sent' then occurred_at end) as last_sent_at
    from {{ ref('stg_campaign_events') }}
    group by campaign_id
),

responders as (
    select
        campaign_id,
        coalesce(customer_key, event_id) as recipient_key,
        sum(case when event_type = 'open' then 1 else 0 end) as opens,
        sum(case when event_type = 'click' then 1 else 0 end) as clicks,
        sum(case when event_type = 'open' and is_machine then 1 else 0 end) as machine_opens,
        sum(case when event_type = 'click' and is_machine then 1 else 0 end) as machine_clicks,
        max(case when event_type = 'unsubscribe' then 1 else 0 end) as has_unsubscribed,
        max(case when event_type = 'complaint' then 1 else 0 end) as has_complained
    from {{ ref('int_campaign_events_labelled') }}
    where event_type in ('open', 'click', 'unsubscribe', 'complaint')
    group by campaign_id, coalesce(customer_key, event_id)
),

-- A click implies an open.
responses as (
    select
        campaign_id,
        sum(opens) as opens,
        sum(clicks) as clicks,
        sum(machine_opens) as machine_opens,
        sum(machine_clicks) as machine_clicks,
        sum(case when opens + clicks > 0 then 1 else 0 end) as openers_raw,
        sum(case when opens + clicks > machine_opens + machine_clicks then 1 else 0 end)
            as openers,
        sum(case when clicks > machine_clicks then 1 else 0 end) as clickers,
        sum(has_unsubscribed) as unsubscribers,
        sum(has_complained) as complainers
    from responders
    group by campaign_id
),

failed as (select * from {{ ref('int_campaign_failed_sends') }}),

final as (
    select
        totals.campaign_id,
        totals.persons,
        totals.first_sent_at,
        totals.last_sent_at,
        totals.sent,
        totals.sent - coalesce(failed.failed, 0) as delivered,
        coalesce(failed.bounced, 0) as bounced,
        coalesce(responses.opens, 0) as opens,
        coalesce(responses.clicks, 0) as clicks,
        coalesce(responses.machine_opens, 0) as machine_opens,
        coalesce(responses.machine_clicks, 0) as machine_clicks,
        coalesce(responses.openers, 0) as openers,
        coalesce(responses.openers_raw, 0) as openers_raw,
        coalesce(responses.clickers, 0) as clickers,
        coalesce(responses.unsubscribers, 0) as unsubscribers,
        coalesce(responses.complainers, 0) as complainers
    from totals
    left join responses on totals.campaign_id = responses.campaign_id
    left join failed on totals.campaign_id = failed.campaign_id
)

select * from final
