-- Grain: click of a scanner: one of five or more by one recipient within a second.
with

clicks as (
    select
        event_id,
        campaign_id,
        customer_key,
        occurred_at,
        lead(occurred_at, 4) over (
            partition by campaign_id, customer_key order by occurred_at, event_id
        ) as fifth_at
    from {{ ref('stg_campaign_events') }}
    where event_type = 'click' and customer_key is not null
),

bursts as (
    select
        event_id,
        max(case when fifth_at <= occurred_at + interval '1' second then 1 else 0 end) over (
            partition by campaign_id, customer_key
            order by occurred_at, event_id
            rows between 4 preceding and current row
        ) as is_burst
    from clicks
),

final as (
    select event_id from bursts
    where is_burst = 1
)

select * from final
