-- Grain: pair of states that follow one another on journeys. A journey is the path of a
-- conversion; or one person's touches that led to none, the window being over, each less than a
-- window after the one before.
with

converting as (
    select
        channel,
        lag(channel) over path as previous_channel,
        lead(channel) over path is null as is_last
    from {{ ref('int_attribution_paths') }}
    window path as (partition by kind, revenue_id order by position)
),

fruitless as (
    select
        touches.channel,
        touches.occurred_at,
        lag(touches.channel) over path as previous_channel,
        lag(touches.occurred_at) over path as previous_at,
        lead(touches.occurred_at) over path as next_at
    from {{ ref('fct_touches') }} as touches
    left join {{ ref('int_attribution_paths') }} as paths on touches.touch_id = paths.touch_id
    where paths.touch_id is null and {{ window_end('touches.occurred_at') }} <= {{ as_of() }}
    window path as (
        partition by touches.customer_key order by touches.occurred_at, touches.touch_id
    )
),

steps as (
    select
        coalesce(previous_channel, '(start)') as from_state,
        channel as to_state
    from converting
    union all
    select
        channel as from_state,
        '(conversion)' as to_state
    from converting
    where is_last
    union all
    select
        case
            when occurred_at < {{ window_end('previous_at') }} then previous_channel
            else '(start)'
        end as from_state,
        channel as to_state
    from fruitless
    union all
    select
        channel as from_state,
        '(nothing)' as to_state
    from fruitless
    where next_at is null or next_at >= {{ window_end('occurred_at') }}
),

final as (
    select
        from_state,
        to_state,
        count(*) as transitions
    from steps
    group by from_state, to_state
)

select * from final
order by from_state, to_state
