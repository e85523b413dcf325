-- Grain: campaign, recipient and month of the send. Recipients who converted within the window
-- after a send: an order, a won deal without an order, or a conversion event. No touch is asked for: that
-- is attribution.
with

sends as (
    select
        campaign_id,
        customer_key,
        occurred_at
    from {{ ref('stg_campaign_events') }}
    where event_type = 'sent' and customer_key is not null
),

conversions as (
    select
        cast(null as varchar) as campaign_id,
        customer_key,
        occurred_at
    from {{ ref('int_revenue_events') }}
    where customer_key is not null
    union all
    select
        campaign_id,
        customer_key,
        occurred_at
    from {{ ref('stg_campaign_events') }}
    where event_type = 'conversion' and customer_key is not null
),

final as (
    select distinct
        sends.campaign_id,
        sends.customer_key,
        {{ local_month('sends.occurred_at') }} as month_start
    from sends
    inner join conversions
        on
            sends.customer_key = conversions.customer_key
            and sends.occurred_at <= conversions.occurred_at
            and conversions.occurred_at < {{ window_end('sends.occurred_at') }}
            and (conversions.campaign_id = sends.campaign_id or conversions.campaign_id is null)
)

select * from final
