-- Grain: revenue event with a touch. Last touch: the newest human click of a person who agreed to
-- tracking, within the window before the revenue. A click of anybody else belongs to nobody.
with

touches as (
    select
        campaign_id,
        customer_key,
        event_id,
        occurred_at
    from {{ ref('fct_campaign_events') }}
    where event_type = 'click' and not is_machine and customer_key is not null
),

revenue as (
    select * from {{ ref('int_revenue_events') }}
    where customer_key is not null
),

candidates as (
    select
        revenue.revenue_id,
        revenue.kind,
        revenue.customer_key,
        revenue.occurred_at,
        revenue.amount,
        revenue.margin,
        touches.campaign_id,
        row_number() over (
            partition by revenue.kind, revenue.revenue_id
            order by touches.occurred_at desc, touches.event_id desc
        ) as recency
    from revenue
    inner join touches
        on
            revenue.customer_key = touches.customer_key
            and touches.occurred_at <= revenue.occurred_at
            and revenue.occurred_at < {{ window_end('touches.occurred_at') }}
),

final as (
    select
        revenue_id,
        kind,
        campaign_id,
        customer_key,
        occurred_at,
        amount,
        margin
    from candidates
    where recency = 1
)

select * from final
