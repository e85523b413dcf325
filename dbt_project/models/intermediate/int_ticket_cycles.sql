-- Grain: ticket with events, and cycle. The first begins with the ticket; each reopening of one that
-- was solved, closed or cancelled begins another. What happened in it, as the events tell.
with

events as (
    select
        event_id,
        ticket_id,
        event_type,
        actor_type,
        occurred_at,
        try_cast(tier as integer) as tier
    from {{ ref('stg_ticket_events') }}
),

-- Only where the order of events matters are they put in order: few tickets of all.
intricate as (
    select ticket_id from events
    group by ticket_id
    having
        max(case when event_type in ('reopened', 'escalated') then 1 else 0 end) = 1
        or min(tier) < max(tier)
),

ordered as (
    select * from events
    where ticket_id in (select intricate.ticket_id from intricate)
),

states as (
    select
        event_id,
        event_type,
        lag(event_type) over (partition by ticket_id order by occurred_at, event_id) as state_before
    from ordered
    where event_type in ('solved', 'closed', 'cancelled', 'reopened')
),

reopenings as (
    select
        event_id,
        case when state_before = 'cancelled' then 0 else 1 end as is_after_solution
    from states
    where event_type = 'reopened' and state_before in ('solved', 'closed', 'cancelled')
),

numbered as (
    select
        ordered.ticket_id,
        ordered.event_type,
        ordered.actor_type,
        ordered.occurred_at,
        ordered.tier,
        reopenings.is_after_solution,
        1 + count(reopenings.event_id) over (
            partition by ordered.ticket_id
            order by ordered.occurred_at, ordered.event_id
            rows between unbounded preceding and current row
        ) as cycle_number,
        lag(ordered.tier) over (
            partition by
                ordered.ticket_id, case when ordered.tier is null then 0 else 1 end
            order by ordered.occurred_at, ordered.event_id
        ) as tier_before
    from ordered
    left join reopenings on ordered.event_id = reopenings.event_id
),

told as (
    select
        *,
        case
            when tier > tier_before then 1
            when event_type = 'escalated' and (tier is null or tier_before is null) then 1
            else 0
        end as is_move_up
    from numbered
    union all
    select
        ticket_id,
        event_type,
        actor_type,
        occurred_at,
        tier,
        cast(null as integer) as is_after_solution,
        1 as cycle_number,
        cast(null as integer) as tier_before,
        0 as is_move_up
    from events
    where ticket_id not in (select intricate.ticket_id from intricate)
),

cycles as (
    select
        ticket_id,
        cast(cycle_number as integer) as cycle_number,
        min(case when is_after_solution is not null then occurred_at end) as reopened_at,
        coalesce(max(is_after_solution), 0) as is_after_solution,
        min(case when event_type = 'created' then occurred_at end) as created_at,
        min(
            case when event_type = 'public_reply' and actor_type = 'agent' then occurred_at end
        ) as first_reply_at,
        sum(case when event_type = 'public_reply' and actor_type = 'agent' then 1 else 0 end)
            as agent_replies,
        max(case when event_type in ('public_reply', 'created') then 1 else 0 end) as has_dialogue,
        min(case when event_type = 'solved' then occurred_at end) as solved_at,
        min(case when event_type = 'closed' then occurred_at end) as closed_at,
        min(case when event_type = 'cancelled' then occurred_at end) as cancelled_at,
        sum(is_move_up) as moves_up,
        max(tier) as highest_tier
    from told
    group by ticket_id, cycle_number
),

final as (
    select
        *,
        cycle_number = max(cycle_number) over (partition by ticket_id) as is_last
    from cycles
)

select * from final
