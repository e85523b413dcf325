-- Grain: ticket with events. The moments of a ticket as its events tell them.
with

events as (select * from {{ ref('stg_ticket_events') }}),

-- Few tickets are reopened, and only those have more than one cycle to number.
reopened as (
    select distinct ticket_id from events
    where event_type = 'reopened'
),

cycled as (
    select
        ticket_id,
        event_type,
        sum(case when event_type = 'reopened' then 1 else 0 end) over (
            partition by ticket_id
            order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as cycle_number,
        max(case when event_type = 'solved' then 1 else 0 end) over (
            partition by ticket_id
            order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as was_solved
    from events
    where
        event_type in ('reopened', 'solved', 'escalated')
        and ticket_id in (select reopened.ticket_id from reopened)
),

cycles as (
    select
        ticket_id,
        max(case when event_type = 'reopened' and was_solved = 1 then 1 else 0 end)
            as has_reopened,
        1 + max(cycle_number) as cycles,
        count(distinct case when event_type = 'escalated' then cycle_number end)
            as escalated_cycles
    from cycled
    group by ticket_id
),

moments as (
    select
        ticket_id,
        min(case when event_type = 'created' then occurred_at end) as created_at,
        min(
            case when event_type = 'public_reply' and actor_type = 'agent' then occurred_at end
        ) as first_reply_at,
        max(case when event_type in ('public_reply', 'created') then 1 else 0 end) as has_dialogue,
        min(case when event_type = 'solved' then occurred_at end) as first_solved_at,
        max(case when event_type = 'solved' then occurred_at end) as last_solved_at,
        max(case when event_type = 'reopened' then occurred_at end) as last_reopened_at,
        max(case when event_type = 'closed' then occurred_at end) as last_closed_at,
        max(case when event_type = 'cancelled' then 1 else 0 end) as has_cancelled,
        max(case when event_type = 'escalated' then 1 else 0 end) as has_escalated
    from events
    group by ticket_id
),

final as (
    select
        moments.*,
        coalesce(cycles.has_reopened, 0) as has_reopened,
        coalesce(cycles.cycles, 1) as cycles,
        coalesce(cycles.escalated_cycles, moments.has_escalated) as escalated_cycles
    from moments
    left join cycles on moments.ticket_id = cycles.ticket_id
)

select * from final
