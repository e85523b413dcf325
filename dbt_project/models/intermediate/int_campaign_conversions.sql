-- Grain: campaign. Recipients who converted within the window after a send: an order, a won deal
-- without an order, or a conversion event. No touch is asked for: that is attribution.
with

recipients as (
    select * from {{ ref('int_campaign_recipients') }}
    where sends > 0
),

revenue as (
    select * from {{ ref('int_revenue_events') }}
    where customer_key is not null
),

buyers as (
    select distinct
        recipients.campaign_id,
        recipients.recipient_key
    from recipients
    inner join revenue
        on
            recipients.customer_key = revenue.customer_key
            and recipients.first_sent_at <= revenue.occurred_at
            and revenue.occurred_at < {{ window_end('recipients.last_sent_at') }}
),

converters as (
    select
        campaign_id,
        recipient_key
    from buyers
    union
    select
        campaign_id,
        recipient_key
    from recipients
    where
        first_conversion_at >= first_sent_at
        and first_conversion_at < {{ window_end('last_sent_at') }}
),

final as (
    select
        campaign_id,
        count(*) as converters
    from converters
    group by campaign_id
)

select * from final
